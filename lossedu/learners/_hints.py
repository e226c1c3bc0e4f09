"""Hints to the learner's last answer, one step stronger each time; the last step is the worked solution."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from lossedu.checking import link_to, notes, show
from lossedu.exercises import ExpressionExercise, FunctionExercise, NumberExercise, get
from lossedu.language import in_one_language, say, spoken
from lossedu.learners._offers import offers_solutions
from lossedu.learners._worked import worked

CODE = "margin: 4px 0; padding: 0; background: none; font-family: monospace; white-space: pre-wrap"
GIVES_AWAY = ("first line", "solution")  # the steps that a class can switch off


class Code(str):
    """A part of a hint whose line breaks stay: code, or the message of a check."""


@dataclass(frozen=True)
class Hint:
    """One step: its kind ("question", "where", "step", "first line" or "solution"), and its parts in order."""

    kind: str
    parts: tuple[str, ...]


# --- What the notes say ---------------------------------------------------------------------------------------------


def last_verdict(name, course):
    """Return the note of the last verdict on an exercise (None if there is none), and how many hints followed it.

    The same verdict again is no new answer, so the hints go on.
    """
    last, given = None, 0
    for note in notes.read_notes(course):
        if note["exercise"] != name:
            continue
        if isinstance(note.get("hint"), int):
            given = note["hint"]
        elif "passed" in note:
            last, given = note, (given if note == last else 0)
    return last, given


def last_failed(course):
    """Return the exercise that failed its last check most recently; None if no exercise has."""
    failed = {}  # in the order of the last checks
    for note in notes.read_notes(course):
        if "passed" in note:
            failed.pop(note["exercise"], None)
            failed |= {} if note["passed"] is True else {note["exercise"]: note}
    return next(reversed(failed), None)


def message_of(verdict):
    """Return the aspect and the message that a verdict's note keeps, if they are in the language spoken now."""
    aspect, message = verdict.get("aspect"), verdict.get("message")
    if not isinstance(aspect, str) or not isinstance(message, str) or verdict.get("language") != spoken():
        return None, ""
    return aspect, message


def question_in(message, section):
    """Split a message at the question that its diagnosis ends with; the question is empty if there is none.

    >>> question_in("wrong.\\nArguments swapped.\\nWhich one weighs?   -> The divergence", "The divergence")
    ('wrong.\\nArguments swapped.', 'Which one weighs?')
    """
    before, _, last = message.rpartition("\n")
    question, arrow, where = last.partition("->")
    return (before, question.strip()) if arrow and where.strip() == section else (message, "")


def question_of(exercise, diagnosis):
    """Return the question of a declared misconception in the language spoken now; an empty text if there is none."""
    return next((say(known.hint) for known in exercise.misconceptions if known.name == diagnosis), "")


# --- The steps ------------------------------------------------------------------------------------------------------


def hints_to(exercise, verdict=None):
    """Return all hints to an exercise, the weakest first, in the language spoken now.

    Args:
        exercise: the exercise.
        verdict: the note of the last verdict on it; None before the first check.
    """
    aspect, message = message_of(verdict or {})
    message, question = question_in(message, say(exercise.section))
    question = question or question_of(exercise, (verdict or {}).get("diagnosis"))
    solution = worked(exercise.name)
    found = [Hint("question", (question_for(exercise, verdict, question),)), where_to_look(exercise, aspect, message)]
    if solution.step:
        found.append(Hint("step", (say("The next step: {step}", step=say(solution.step)),)))
    if solution.first_line:
        found.append(Hint("first line", (say("The worked solution begins with:"), Code(solution.first_line))))
    return [*found, Hint("solution", solution_parts(solution))]


def question_for(exercise, verdict, question):
    """Return the first hint: the question of the diagnosis, or else one about the contract."""
    if question:
        return say("Ask yourself: {question}", question=question)
    if verdict is None:
        return say("Before you begin: what is asked for? {asked}", asked=asked(exercise))
    return say("What is asked for that your answer does not give yet? {asked}", asked=asked(exercise))


def where_to_look(exercise, aspect, message):
    """Return the second hint: the section, and what failed in the last check."""
    section = say("Read “{section}” in {chapter} again.", section=say(exercise.section), chapter=exercise.chapter)
    if not message:
        return Hint("where", (section,))
    failed = say("In your last check, look at “{aspect}”:", aspect=say(aspect))
    return Hint("where", (section, failed, Code(message)))


def solution_parts(solution):
    """Return the worked solution and its reason."""
    why = say("Why: {reason}", reason=say(solution.reason))
    return say("A worked solution:"), Code(solution.code), why, say("Your progress now says “solution seen”.")


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


# --- What learners call ---------------------------------------------------------------------------------------------


def next_hint(name, course=None):
    """Return the next hint to an exercise as text and as HTML, by MIME type, and note that it was given.

    The hints start from the last verdict, and again from the first one after a new answer. The last one stays.

    Args:
        name: the exercise.
        course: the folder of the learner's copy; None for the verdicts of this session alone.

    Raises:
        KeyError: there is no such exercise.
    """
    exercise = get(name)
    verdict, given = last_verdict(name, course)
    if verdict is not None and verdict["passed"] is True:
        return in_one_language(lambda: rendered(name, [solved_already(name)], exercise, course))
    offered = offers_solutions(exercise.chapter, course)

    def make():
        steps = [each for each in hints_to(exercise, verdict) if offered or each.kind not in GIVES_AWAY]
        place = min(given, len(steps) - 1)
        fields = {"name": name, "number": place + 1, "count": len(steps)}
        parts = list(steps[place].parts)
        if not offered and place == len(steps) - 1:
            parts.append(switched_off())
        return (
            steps[place].kind,
            place,
            rendered(say("{name}, hint {number} of {count}", **fields), parts, exercise, course),
        )

    kind, place, bundle = in_one_language(make)
    note_given(name, course, hint=place + 1, **({"seen": True} if kind == "solution" else {}))
    return bundle


def worked_solution(name, course=None):
    """Return the worked solution of an exercise with its reason as text and as HTML, and note that it was seen.

    If the class has switched worked solutions off, this says so instead.

    Raises:
        KeyError: there is no such exercise.
    """
    exercise = get(name)
    offered = offers_solutions(exercise.chapter, course)
    if offered:
        note_given(name, course, seen=True)
    return in_one_language(
        lambda: rendered(name, solution_parts(worked(name)) if offered else [switched_off()], exercise, course)
    )


def note_given(name, course, **what):
    """Note what was shown."""
    notes.add({"exercise": name, **what}, course)


def solved_already(name):
    """Say that there is nothing to hint at."""
    return say('It is right by its last check. To see a worked solution and its reason: solution("{name}")', name=name)


def switched_off():
    """Say that the class does not offer worked solutions."""
    return say("Your class has switched worked solutions off. If you are stuck, ask your teacher.")


def rendered(title, parts, exercise, course):
    """Return a title and parts as text and as HTML; in HTML the section is a link."""
    section = say(exercise.section)
    link = link_to(exercise.chapter, exercise.section, section, course)
    page = [f"<p><strong>{escape(title)}</strong></p>"]
    for part in parts:
        text = escape(part)
        page.append(f'<pre style="{CODE}">{text}</pre>' if isinstance(part, Code) else f"<p>{text}</p>")
    html = "".join(page).replace(f"“{escape(section)}”", f"“{link}”", 1)
    return {"text/plain": "\n\n".join([title, *parts]), "text/html": html}


def hint(exercise: str | Callable[..., Any] | None = None) -> None:
    """Show the next hint to an exercise: `hint(kl_divergence)` for a function, `hint("wasted_bits")` for any.

    `hint()` is about the exercise that failed its last check most recently.

    Raises:
        TypeError: it is neither a function nor a name, or none is given and none has failed.
        KeyError: there is no such exercise.
    """
    course = notes.course_of()
    name = last_failed(course) if exercise is None else name_of(exercise, "hint")
    if name is None:
        raise TypeError('no exercise has failed its last check; name one, as in hint("wasted_bits")')
    show(next_hint(name, course))


def solution(exercise: str | Callable[..., Any]) -> None:
    """Show the worked solution of an exercise and its reason: `solution("wasted_bits")`. The progress says so.

    Raises:
        TypeError: it is neither a function nor a name.
        KeyError: there is no such exercise.
    """
    show(worked_solution(name_of(exercise, "solution"), notes.course_of()))


def name_of(exercise, call):
    """Return the name of an exercise that was given by name or as a function."""
    name = getattr(exercise, "__name__", exercise)
    if not isinstance(name, str):
        raise TypeError(f'give the name of the exercise, as in {call}("wasted_bits"); got a {type(exercise).__name__}')
    return name
