"""How far a learner has come, from the notes in their copy of the course."""

from dataclasses import dataclass
from html import escape

from lossedu.checking import notes, show
from lossedu.exercises import chapters, get, names, of_chapter

TABLE = "border-collapse: collapse; margin: 4px 0"
CELL = "text-align: left; padding: 2px 16px 2px 0"


@dataclass(frozen=True)
class Standing:
    """How an exercise stands by the last check of it. `points` is None if there was none."""

    exercise: str
    points: float | None
    passed: bool

    @property
    def in_words(self):
        """`done`, `2 of 4 points`, or `not checked`."""
        if self.passed or self.points is None:
            return "done" if self.passed else "not checked"
        return f"{self.points:g} of {get(self.exercise).points:g} points"


def standings(course):
    """The `Standing` of every exercise by name, in the order of the course.

    Args:
        course: the folder of the copy; None for the verdicts of this session alone.
    """
    last = {note["exercise"]: note for note in notes.read(course) if "passed" in note}
    return {
        name: Standing(name, last[name].get("points", 0), bool(last[name]["passed"]))
        if name in last
        else Standing(name, None, False)
        for name in names()
    }


def following(course):
    """The exercise that is next: the first that is not done in the chapter checked last, or in one after it, or before.

    Returns:
        Its name, or None if all are done.
    """
    checked = [note["exercise"] for note in notes.read(course) if note["exercise"] in names()]
    last = get(checked[-1]).chapter if checked else ""
    in_turn = sorted(chapters(), key=lambda chapter: (chapter < last, chapter))
    standing = standings(course)
    undone = (each.name for chapter in in_turn for each in of_chapter(chapter) if not standing[each.name].passed)
    return next(undone, None)


def progress(chapter=None):
    """Show what is done and what is next, in one chapter exercise by exercise, or chapter by chapter.

    Raises:
        ValueError: there is no such chapter.
    """
    show(bundle(notes.course_of(), chapter))


def bundle(course, chapter=None):
    """The progress in a copy of the course, as text and as HTML, by MIME type."""
    title, head, rows, closing = report(course, chapter)
    widths = [max(map(len, column)) + 2 for column in zip(head, *rows, strict=True)]
    padded = ("".join(map(str.ljust, row, widths)).rstrip() for row in [head, *rows])
    text = "\n".join([title, "", *(f"  {line}" for line in padded), "", *closing])
    columns = "".join(f'<th scope="col" style="{CELL}">{escape(heading)}</th>' for heading in head)
    body = "".join(
        f'<tr><th scope="row" style="{CELL}; font-weight: normal">{escape(first)}</th>'
        + "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in others)
        + "</tr>"
        for first, *others in rows
    )
    html = (
        f'<table style="{TABLE}"><caption style="text-align: left"><strong>{escape(title)}</strong></caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
        + "".join(f"<p>{escape(line)}</p>" for line in closing)
    )
    return {"text/plain": text, "text/html": html}


def report(course, chapter):
    """A title, the head and the rows of a table, and the lines that say what is next."""
    standing = standings(course)
    if chapter is None:
        declared = [standing[name] for name in names()]
        head = ["chapter", "exercises", "points"]
        rows = [[each, *sums([standing[exercise.name] for exercise in of_chapter(each)])] for each in chapters()]
    elif chapter in chapters():
        declared = [standing[exercise.name] for exercise in of_chapter(chapter)]
        head = ["exercise", "so far", "section"]
        rows = [[each.exercise, each.in_words, get(each.exercise).section] for each in declared]
    else:
        raise ValueError(f"chapter: expected one of {', '.join(chapters())}; got {chapter!r}")
    exercises, points = sums(declared)
    title = f"{chapter or 'The course'}: {exercises} exercises, {points} points"
    return title, head, rows, closing_lines(course, chapter, standing)


def sums(declared):
    """`3 of 15` exercises and `7 of 32` points."""
    done = sum(each.passed for each in declared)
    earned = sum(each.points or 0 for each in declared)
    worth = sum(get(each.exercise).points for each in declared)
    return f"{done} of {len(declared)}", f"{earned:g} of {worth:g}"


def closing_lines(course, chapter, standing):
    """What is next, and whether this is kept."""
    undone = [each.name for each in of_chapter(chapter) if not standing[each.name].passed]
    name = undone[0] if undone else following(course)
    lines = [f"Next: {name}, in “{get(name).section}” of {get(name).chapter}." if name else "All done."]
    if course is None or notes.UNWRITTEN:
        lines.append("This lasts as long as the session: there is no copy of the course to keep it in.")
    return lines
