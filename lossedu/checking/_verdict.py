"""What a check finds, as plain data."""

import inspect
import re
import traceback
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import get_origin

from lossedu.checking._advice import advise_on_error
from lossedu.checking._curves import Curve, is_finite
from lossedu.checking.probe import words_of
from lossedu.exercises import Misconception
from lossedu.language import join_sentences, say

LONGEST = 120  # characters of a summary
LONGEST_ERROR = 500  # characters of an error that advice is looked up for


@dataclass(frozen=True)
class Stopped:
    """An error that stopped the code of a new answer, so that an earlier answer, or none, was judged.

    Attributes:
        error: the name of the error, or "TypeError: ..." with the message of Python or NumPy.
        file: the module of the code, such as "kl_divergence.py"; None if it is a cell.
        line: the line of the module in which it stopped.
        is_late: whether the code was interrupted because it took too long.
        has_ended: whether the code ended the process in which the answers run.
    """

    error: str
    file: str | None = None
    line: int = 0
    is_late: bool = False
    has_ended: bool = False


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
    """The verdict on one exercise.

    Attributes:
        diagnosis: the name of the misconception that explains the answer, or None.
        message: the message of the first aspect that is not right.
        summary: the same in one short line, for tables.
        accident: the error of lossedu itself, if it kept lossedu from judging the answer; else None.
        stale: a sentence that says that the answer's cell stopped and an earlier answer was judged; else None.
        language: the language of its texts, such as "en" or "zh_CN".
        curve: the curve of the answer beside the expected one, if a picture shows what is wrong; else None.
    """

    exercise: str
    passed: bool
    points: float
    max_points: float
    aspects: tuple[Aspect, ...]
    diagnosis: str | None
    message: str
    summary: str
    accident: str | None = None
    stale: str | None = None
    language: str = "en"
    curve: Curve | None = None

    @classmethod
    def of(cls, exercise, aspects, diagnosis=None, summary=None, accident=None, curve=None):
        """Add up the aspects of an exercise; the message is that of the first one that failed.

        Without a `summary`, the first line of the message is the summary.
        """
        failed = [aspect for aspect in aspects if not aspect.passed]
        message = failed[0].message if failed else say("right")
        return cls(
            exercise=exercise.name,
            passed=not failed,
            points=sum(aspect.points for aspect in aspects),
            max_points=exercise.points,
            aspects=tuple(aspects),
            diagnosis=diagnosis,
            message=message,
            summary=shortened(summary or message.partition("\n")[0]),
            accident=accident,
            curve=curve,
        )

    def as_dict(self):
        """The verdict as plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data):
        """Return the verdict that `as_dict` gave as data; ValueError if the data has another form."""
        aspects = data.get("aspects") if isinstance(data, dict) else None
        if not isinstance(aspects, list | tuple):
            raise ValueError("a verdict has a list of aspects")
        curve = data.get("curve")
        parts = {
            "aspects": tuple(built(Aspect, each) for each in aspects),
            "curve": None if curve is None else built(Curve, curve),
        }
        return built(cls, data | parts)


def built(kind, data):
    """Return a part of a verdict from plain data; ValueError if a field is missing or of another type.

    Other versions of lossedu may have written other fields: what this one does not know, it leaves out.
    """
    known = {field.name: field.type for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    if not isinstance(data, dict) or not needed <= set(data):
        raise ValueError(f"expected the fields {', '.join(known)}")
    given = {name: tuple(data[name]) if isinstance(data[name], list) else data[name] for name in known if name in data}
    for name, value in given.items():
        if not fits(value, known[name]):
            raise ValueError(f"{name}: expected {known[name]}")
    return kind(**given)


def fits(value, form):
    """Tell whether a value is of a declared type; a truth value is no number here, and neither is infinity."""
    if form is float:
        return is_finite(value)
    return isinstance(value, get_origin(form) if get_origin(form) is tuple else form)


def shortened(text):
    """Return a text in one line of at most 120 characters, without a full stop."""
    line = " ".join(text.split()).rstrip(".。")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def judged(exercise, name, passed, message):
    """An `Aspect` with the points that the exercise declares for it, all or none."""
    points = exercise.aspects[name]
    return Aspect(name, passed, points if passed else 0, points, message)


def explain(exercise, diagnosis):
    """The lines that say what is wrong and where, ask on from there, and say where to read again.

    `diagnosis` is a `Diagnosis`, or a `Misconception` that holds everywhere.
    """
    name, where = getattr(diagnosis, "title", None) or say(diagnosis.name), getattr(diagnosis, "where", None)
    fact, hint = diagnosis.fact, diagnosis.hint
    if isinstance(diagnosis, Misconception):  # as it is declared, in English
        fact, hint = say(fact), say(hint)
    begins_with_code = name.split()[0] in parameters_of(exercise)
    name = name if begins_with_code else f"{name[0].upper()}{name[1:]}"
    if where is None:
        first = say("{name}: {fact}", name=name, fact=fact)
    else:
        first = say("{name} where {region}: {fact}", region=where, name=name, fact=fact)
        if getattr(diagnosis, "right_elsewhere", False):
            first = join_sentences(first, say("Elsewhere your result is right."))
    return [first, f"{hint}   -> {say(exercise.section)}"]


def parameters_of(exercise):
    """Return the names of the arguments of a function exercise; none for others."""
    stub = getattr(exercise, "stub", None)
    return inspect.signature(stub).parameters if inspect.isfunction(stub) else ()


def not_tried_yet(first):
    """What is said of an aspect that waits for the first one."""
    return say("not tried yet: first the {aspect}.", aspect=say(first))


def unanswered(exercise, words, diagnosis=None):
    """The verdict on what is no answer of the learner's: nothing is earned."""
    first, *others = exercise.aspects
    aspects = [judged(exercise, first, False, f"{words}\n-> {say(exercise.section)}")]
    aspects += [judged(exercise, name, None, not_tried_yet(first)) for name in others]
    return Verdict.of(exercise, aspects, diagnosis)


def undecided(exercise, error):
    """Return the verdict if lossedu itself failed: no aspect is right or wrong, and a person has to decide."""
    first, *others = exercise.aspects
    what = words_of(error)[:300]
    places = [place for place in traceback.extract_tb(error.__traceback__) if "lossedu" in Path(place.filename).parts]
    if places:
        what += f" ({Path(places[-1].filename).name}, line {places[-1].lineno})"
    summary = say("not judged: lossedu itself failed here ({error}).", error=what)
    aspects = [judged(exercise, first, None, f"{summary} {say('This is not your mistake.')}")]
    aspects += [judged(exercise, name, None, not_tried_yet(first)) for name in others]
    return Verdict.of(exercise, aspects, summary=summary, accident=what)


def of_stopped_cell(found, stop, function=None, value=None):
    """Add to a verdict that the learner's code stopped, so the verdict is about an earlier answer or none.

    Args:
        found: the verdict.
        stop: a `Stopped`.
        function: the name of the earlier function that was judged.
        value: the text of the earlier value that was judged.
    """
    name = shortened(stop.error.partition(":")[0])
    begins_with_vowel = re.match(r"[AEIOaeio]|Un(?!i)", name)
    fields = {"error": say("an {error}" if begins_with_vowel else "a {error}", error=name)}
    if stop.file:
        return of_stopped_module(found, stop, fields["error"])
    if function:
        stale = say("Your cell stopped with {error}, so this is still your earlier {name}.", **fields, name=function)
    elif value:
        fields["answer"] = shortened(value)
        stale = say("Your cell stopped with {error}, so this is still your earlier answer, {answer}.", **fields)
    else:
        stale = say("Your cell stopped with {error}.", **fields)
    stale = with_advice(stale, stop.error)
    return replace(found, stale=stale, message=f"{stale}\n{found.message}")


def of_stopped_module(found, stop, error):
    """Add to a verdict that the learner's module stopped, in plain words if it took too long."""
    place = {"file": stop.file, "line": stop.line}
    if stop.is_late:
        short = stale = say("{file} did not end in time: it was still running line {line}.", **place)
    elif stop.has_ended:
        short = stale = say("{file} ended the whole process in line {line}.", **place)
    else:
        short = say("{file} stopped in line {line} with {error}.", **place, error=error)
        stale = with_advice(short, stop.error)
    return replace(found, stale=stale, summary=shortened(short), message=f"{stale}\n{found.message}")


def with_advice(sentence, error):
    """Add the advice on an error of Python or NumPy to a sentence, if there is advice."""
    advice = advise_on_error(error[:LONGEST_ERROR])
    return sentence if advice is None else join_sentences(sentence, advice)
