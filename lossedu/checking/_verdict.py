"""What a check finds, as plain data."""

from dataclasses import asdict, dataclass

from lossedu.checking._problems import in_words
from lossedu.language import say


@dataclass(frozen=True)
class Aspect:
    """One thing that an exercise asks for. `passed` is None where it could not be tried yet."""

    name: str
    passed: bool | None
    points: float
    max_points: float
    message: str


@dataclass(frozen=True)
class Verdict:
    """The verdict on one exercise. `diagnosis` is the name of the misconception that explains the answer, or None."""

    exercise: str
    passed: bool
    points: float
    max_points: float
    aspects: tuple[Aspect, ...]
    diagnosis: str | None
    message: str

    @classmethod
    def of(cls, exercise, aspects, diagnosis=None):
        """Add up the aspects of an exercise; the message is that of the first one that failed."""
        failed = [aspect for aspect in aspects if not aspect.passed]
        return cls(
            exercise=exercise.name,
            passed=not failed,
            points=sum(aspect.points for aspect in aspects),
            max_points=exercise.points,
            aspects=tuple(aspects),
            diagnosis=diagnosis,
            message=failed[0].message if failed else say("right"),
        )

    def as_dict(self):
        """The verdict as plain data, for JSON."""
        return asdict(self)


def judged(exercise, name, passed, message):
    """An `Aspect` with the points that the exercise declares for it, all or none."""
    points = exercise.aspects[name]
    return Aspect(name, passed, points if passed else 0, points, message)


def explain(exercise, misconception):
    """The lines that name a recognised misconception, ask on from there, and say where to read again."""
    name = say(misconception.name)
    return [
        say("{name}: {fact}", name=f"{name[0].upper()}{name[1:]}", fact=say(misconception.fact)),
        f"{say(misconception.hint)}   -> {say(exercise.section)}",
    ]


def not_tried_yet(first):
    """What is said of an aspect that waits for the first one."""
    return say("not tried yet: first the {aspect}.", aspect=say(first))


def unanswered(exercise, words, diagnosis=None):
    """The verdict on what is no answer of the learner's: nothing is earned."""
    first, *others = exercise.aspects
    aspects = [judged(exercise, first, False, f"{in_words(words)}\n-> {say(exercise.section)}")]
    aspects += [judged(exercise, name, None, not_tried_yet(first)) for name in others]
    return Verdict.of(exercise, aspects, diagnosis)
