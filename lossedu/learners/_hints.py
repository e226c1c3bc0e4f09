"""Hints that get stronger one at a time, taken from an exercise's declaration; none of them is the answer."""

import inspect

from lossedu.checking import notes, show_line
from lossedu.exercises import CounterexampleExercise, ExpressionExercise, FunctionExercise, get


def hints(name):
    """All hints to an exercise, the weakest first: where to read, what was asked, what often goes wrong, questions.

    Raises:
        KeyError: there is no such exercise.

    >>> hints("wasted_bits")[0]
    'Read “A question” in 07_kl_divergence again. The answer is a number, in bits per symbol.'
    """
    exercise = get(name)
    found = [f"Read “{exercise.section}” in {exercise.chapter} again. {asked(exercise)}"]
    if exercise.misconceptions:
        mistakes = "; ".join(known.name for known in exercise.misconceptions)
        found.append(f"What often goes wrong here: {mistakes}. Could it be one of these?")
    questions = dict.fromkeys(known.hint for known in exercise.misconceptions)
    return found + [f"Ask yourself: {question}" for question in questions]


def asked(exercise):
    """What the answer is to be, in a sentence."""
    if isinstance(exercise, FunctionExercise):
        return f"The contract: {inspect.cleandoc(exercise.stub.__doc__).partition(chr(10) * 2)[0]}"
    if isinstance(exercise, ExpressionExercise):
        return f"The answer is a SymPy expression in {', '.join(exercise.symbols)}."
    return f"The answer is {exercise.asks if isinstance(exercise, CounterexampleExercise) else exercise.unit}."


def next_hint(name, course=None):
    """The next hint to an exercise, stronger than the one before, and a note that it was given; then the first again.

    Returns:
        The hint, headed by its place among all of them.

    Raises:
        KeyError: there is no such exercise.
    """
    found = hints(name)
    given = sum(1 for note in notes.read(course) if note["exercise"] == name and note.get("hint")) % len(found)
    notes.add({"exercise": name, "hint": given + 1}, course)
    return f"{name}, hint {given + 1} of {len(found)}. {found[given]}"


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
