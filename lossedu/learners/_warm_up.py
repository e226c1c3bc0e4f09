"""The questions at the start of a chapter on those that it builds on: checked at once, and without points."""

import math
from html import escape
from types import EllipsisType

from lossedu.checking import link_to, notes, show
from lossedu.exercises import warm_up_of
from lossedu.language import in_one_language, say


def warm_up(chapter: str, *answers: float | EllipsisType) -> None:
    """Show which answers to the first questions of a chapter are right: `warm_up("06_dense_softmax_loss", 0, 1, 2)`.

    Nothing is noted, and no points are given. `...` stands for a question that has no answer yet.

    Raises:
        KeyError: there are no such questions.
        TypeError: an answer is not a number.
    """
    show(warmed_up(chapter, answers, notes.course_of()))


def warmed_up(chapter, answers, course=None):
    """Return the verdicts on the answers as text and as HTML, by MIME type.

    Args:
        chapter: the name of the chapter.
        answers: numbers, in the order of the questions; `...` for those that are still open.
        course: the folder of the learner's copy; None if links are to start from the notebook.
    """
    return in_one_language(lambda: rendered(warm_up_of(chapter), answers, course))


def rendered(questions, answers, course):
    """Return one line per question, or one line in all if none has an answer yet."""
    given = [*answers, *[...] * (len(questions) - len(answers))]
    if all(answer is ... for answer in given):
        text = say("Put your numbers in place of the dots, and run the cell.")
        return {"text/plain": text, "text/html": f"<div>{escape(text)}</div>"}
    lines, page = [], []
    for number, (question, answer) in enumerate(zip(questions, given, strict=False), start=1):
        section = say(question.section)
        if answer is ...:
            verdict = say("still open")
        elif is_right(question, answer):
            verdict = f"✓ {say('right.')}"
        else:
            again = say("Read “{section}” in {chapter} again.", section=section, chapter=question.chapter)
            verdict = f"✗ {say('not right yet.')} {again}"
        lines.append(f"{number}. {verdict}")
        link = link_to(question.chapter, question.section, section, course or "..")
        page.append(f"<div>{escape(lines[-1]).replace(f'“{escape(section)}”', f'“{link}”')}</div>")
    return {"text/plain": "\n".join(lines), "text/html": "".join(page)}


def is_right(question, answer):
    """Tell whether a number is the answer, to the digits that the question asks for."""
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise TypeError(f"expected a number as the answer, got {answer!r}") from None
    return math.isclose(number, question.answer, rel_tol=0, abs_tol=0.5 * 10.0**-question.digits + 1e-9)
