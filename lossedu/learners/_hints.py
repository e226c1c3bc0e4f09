"""Hints that get stronger one at a time, taken from an exercise's declaration; none of them is the answer."""

import inspect

from lossedu.checking import notes, show_line
from lossedu.exercises import ExpressionExercise, FunctionExercise, NumberExercise, get
from lossedu.language import in_one_language, say


def hints(name):
    """All hints to an exercise, the weakest first: where to read, what was asked, what often goes wrong, questions.

    Raises:
        KeyError: there is no such exercise.

    >>> hints("wasted_bits")[0]
    'Read “A question” in 07_kl_divergence again. The answer is a number, in bits per symbol.'
    """
    exercise = get(name)
    return in_one_language(lambda: hints_to(exercise))


def hints_to(exercise):
    """All hints to an exercise, in the language spoken now."""
    section, chapter = say(exercise.section), exercise.chapter
    where = say("Read “{section}” in {chapter} again. {asked}", section=section, chapter=chapter, asked=asked(exercise))
    found = [where]
    if exercise.misconceptions:
        mistakes = "; ".join(say(known.name) for known in exercise.misconceptions)
        found.append(say("What often goes wrong here: {mistakes}. Could it be one of these?", mistakes=mistakes))
    questions = dict.fromkeys(say(known.hint) for known in exercise.misconceptions)
    return found + [say("Ask yourself: {question}", question=question) for question in questions]


def asked(exercise):
    """What the answer is to be, in a sentence."""
    if isinstance(exercise, FunctionExercise):
        return say("The contract: {contract}", contract=say(contract_of(exercise)))
    if isinstance(exercise, ExpressionExercise):
        return say("The answer is a SymPy expression in {symbols}.", symbols=", ".join(exercise.symbols))
    if isinstance(exercise, NumberExercise):
        wanted = say(exercise.precision, unit=say(exercise.unit))
    else:
        wanted = say(exercise.asks)
    return say("The answer is {wanted}.", wanted=wanted)


def contract_of(exercise):
    """The first paragraph of the contract of a function, in one line."""
    return " ".join(inspect.cleandoc(exercise.stub.__doc__).partition("\n\n")[0].split())


def next_hint(name, course=None):
    """The next hint to an exercise, stronger than the one before, and a note that it was given; then the first again.

    Returns:
        The hint, headed by its place among all of them.

    Raises:
        KeyError: there is no such exercise.
    """
    count = len(hints(name))
    given = sum(1 for note in notes.read(course) if note["exercise"] == name and note.get("hint")) % count
    notes.add({"exercise": name, "hint": given + 1}, course)

    def numbered():
        return say(
            "{name}, hint {number} of {count}. {hint}",
            **{"name": name, "number": given + 1, "count": count, "hint": hints_to(get(name))[given]},
        )

    return in_one_language(numbered)


def hint(exercise):
    """Show the next hint to an exercise: `hint(kl_divergence)` for a function, `hint("wasted_bits")` for any.

    Raises:
        TypeError: it is neither a function nor a name.
        KeyError: there is no such exercise.
    """
    name = getattr(exercise, "__name__", exercise)
    if not isinstance(name, str):
        raise TypeError(f'give the name of the exercise, as in hint("wasted_bits"); got a {type(exercise).__name__}')
    show_line(next_hint(name, notes.course_of()))
