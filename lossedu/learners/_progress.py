"""How far a learner has come, and what comes next, from the notes in their copy of the course."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

from lossedu.checking import columns, link_to, notes, show
from lossedu.exercises import chapters, get, names, of_chapter
from lossedu.files import for_shell
from lossedu.language import in_one_language, say
from lossedu.learners._due import describe_due, due_date
from lossedu.learners._stubs import module_file

TABLE = "border-collapse: collapse; margin: 4px 0"
CELL = "text-align: left; padding: 2px 16px 2px 0"


BAR = 10  # characters of a bar in a terminal


@dataclass(frozen=True)
class Standing:
    """How an exercise stands by the last check of it.

    Attributes:
        exercise: its name.
        points: the points of the last check; None if there was none.
        passed: whether all of it was right.
        seen: whether the worked solution was shown, before or after.
    """

    exercise: str
    points: float | None
    passed: bool
    seen: bool = False

    @property
    def in_words(self):
        """`done`, `2 of 4 points`, or `not checked`; then `solution seen` if it was."""
        if self.passed or self.points is None:
            words = say("done") if self.passed else say("not checked")
        else:
            worth = get(self.exercise).points
            words = say("{points} of {worth} points", points=f"{self.points:g}", worth=f"{worth:g}")
        return say("{standing}, solution seen", standing=words) if self.seen else words


@dataclass(frozen=True)
class Cell:
    """A cell of a table: as text for a terminal, and as HTML for a notebook."""

    text: str
    html: str


def standings(course):
    """The `Standing` of every exercise by name, in the order of the course.

    Args:
        course: the folder of the copy; None for the verdicts of this session alone.
    """
    nothing = {"points": None, "passed": False}
    noted = notes.read_notes(course)
    last = {note["exercise"]: note for note in noted if nothing.keys() <= note.keys()}
    seen = {note["exercise"] for note in noted if note.get("seen")}
    found = {name: last.get(name, nothing) for name in names()}
    return {name: Standing(name, note["points"], note["passed"], name in seen) for name, note in found.items()}


def chapters_in(course):
    """Return the chapters that a learner has: those with a folder in `course`, such as those that a class has released.

    Args:
        course: the folder that holds the chapters' folders; None, or one without any of them, stands for all chapters.
    """
    there = [each for each in chapters() if course is not None and Path(course, each).is_dir()]
    return there or chapters()


def following(course):
    """Return the next exercise in the chapters that the learner has.

    It is the first that is not done: in the chapter checked last, then in later chapters, then in earlier ones.

    Returns:
        Its name, or None if all are done.
    """
    standing = standings(course)
    noted = (note["exercise"] for note in reversed(notes.read_notes(course)))
    last = next((get(name).chapter for name in noted if name in standing), "")
    in_turn = sorted(chapters_in(course), key=lambda chapter: (chapter < last, chapter))
    undone = (each.name for chapter in in_turn for each in of_chapter(chapter) if not standing[each.name].passed)
    return next(undone, None)


def progress(chapter: str | None = None) -> None:
    """Show what is done and what is next, in one chapter exercise by exercise, or chapter by chapter.

    Raises:
        ValueError: there is no such chapter.
    """
    show(bundle(notes.course_of(), chapter))


def bundle(course, chapter=None):
    """The progress in a copy of the course, as text and as HTML, by MIME type.

    Args:
        course: the folder of the copy; None for the verdicts of this session alone.
        chapter: the one to show exercise by exercise; None shows the course chapter by chapter.

    Raises:
        ValueError: there is no such chapter.
    """
    found = in_one_language(lambda: report(course, chapter))
    return {"text/plain": as_text(*found), "text/html": as_html(*found)}


def as_text(title, head, rows, closing):
    """A report for a terminal: its columns stand below each other."""
    rows = [head, *([cell.text for cell in row] for row in rows)]
    widths = [max(map(columns, column)) + 2 for column in zip(*rows, strict=True)]
    lines = ["".join(map(padded, row, widths)).rstrip() for row in rows]
    return "\n".join([title, "", *(f"  {line}" for line in lines), "", *(line.text for line in closing)])


def padded(text, width):
    """A text that takes that many columns of a terminal."""
    return text + " " * (width - columns(text))


def as_html(title, head, rows, closing):
    """A report for a notebook: a table with a caption and headings, for those who have it read to them."""
    headings = "".join(f'<th scope="col" style="{CELL}">{escape(heading)}</th>' for heading in head)
    body = ""
    for first, *others in rows:
        cells = "".join(f'<td style="{CELL}">{other.html}</td>' for other in others)
        body += f'<tr><th scope="row" style="{CELL}; font-weight: normal">{first.html}</th>{cells}</tr>'
    return (
        f'<table style="{TABLE}"><caption style="text-align: left"><strong>{escape(title)}</strong></caption>'
        f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{' '.join(line.html for line in closing)}</p>"
    )


def plain(text):
    """A cell that says the same in a terminal and in a notebook."""
    return Cell(text, escape(text))


def bar(part, whole, label):
    """A cell with a bar; `label` is what it says to those who don't see it."""
    filled = int(BAR * part / whole) if whole else 0  # full only if nothing is missing
    html = f'<progress max="{whole:g}" value="{part:g}" aria-label="{escape(label)}"></progress>'
    return Cell(f"[{'#' * filled}{'.' * (BAR - filled)}]", html)


def report(course, chapter):
    """A title, the head and the rows of a table, and the lines that say what is next."""
    standing = standings(course)
    if chapter is None:
        of_each = {each: [standing[exercise.name] for exercise in of_chapter(each)] for each in chapters_in(course)}
        declared = [found for standings_of_one in of_each.values() for found in standings_of_one]
        head = [say("chapter"), say("exercises"), say("points"), say("progress")]
        rows = [row_of_chapter(each, found, course) for each, found in of_each.items()]
        dates = [due_in(course, each) for each in of_each]
        if any(dates):
            head, rows = [*head, say("due")], [[*row, plain(date)] for row, date in zip(rows, dates, strict=True)]
    elif chapter in chapters():
        declared = [standing[exercise.name] for exercise in of_chapter(chapter)]
        head = [say("exercise"), say("so far"), say("section")]
        rows = [
            [plain(each.exercise), plain(each.in_words), section_of(get(each.exercise), course)] for each in declared
        ]
    else:
        raise ValueError(f"chapter: expected one of {', '.join(chapters())}; got {chapter!r}")
    exercises, points = sums(declared)
    what = chapter or say("The course")
    title = say("{what}: {exercises} exercises, {points} points", what=what, exercises=exercises, points=points)
    return title, head, rows, closing_lines(course, chapter, standing)


def due_in(course, chapter):
    """When a chapter of a class is due, in words; an empty text if this is not known."""
    due = due_date(Path(course, chapter)) if course is not None else None
    return describe_due(due) if due else ""


def row_of_chapter(chapter, declared, course):
    """The cells of a chapter: its name as a link, what is done of it, and a bar."""
    exercises, points = sums(declared)
    link = link_to(chapter, None, chapter, course) if course is not None else escape(chapter)
    return [Cell(chapter, link), plain(exercises), plain(points), bar(*earned(declared), points)]


def section_of(exercise, course):
    """The cell of an exercise's section: a link to the heading."""
    text = say(exercise.section)
    return Cell(text, link_to(exercise.chapter, exercise.section, text, course))


def earned(declared):
    """The points earned, and the points that can be."""
    return sum(each.points or 0 for each in declared), sum(get(each.exercise).points for each in declared)


def sums(declared):
    """`3 of 15` exercises and `7 of 32` points."""
    done = sum(each.passed for each in declared)
    return tuple(
        say("{number} of {all}", number=f"{number:g}", all=f"{all_of_them:g}")
        for number, all_of_them in ((done, len(declared)), earned(declared))
    )


def closing_lines(course, chapter, standing):
    """What is next, and whether this is kept."""
    undone = [each.name for each in of_chapter(chapter) if not standing[each.name].passed]
    name = undone[0] if undone else following(course)
    lines = [next_line(get(name), course) if name else plain(say("All done."))]
    if due := chapter and due_in(course, chapter):
        lines.append(plain(say("Due: {date}.", date=due)))
    if course is None or notes.UNWRITTEN:
        lines.append(plain(say("This lasts as long as the session: there is no copy of the course to keep it in.")))
    return lines


def next_line(exercise, course):
    """The line that says which exercise comes next, and where; the section is a link."""
    section = section_of(exercise, course)
    line = say("Next: {name}, in “{section}” of {chapter}.", name=exercise.name, section="\0", chapter=exercise.chapter)
    return Cell(line.replace("\0", section.text), escape(line).replace("\0", section.html))


def what_is_next(course):
    """Name the next exercise, its place and its file, as text and as HTML, by MIME type.

    Args:
        course: the folder of the copy; None for the verdicts of this session alone.
    """

    def make():
        name = following(course)
        if name is None:
            return plain(say("All done."))
        exercise = get(name)
        line = next_line(exercise, course)
        file = Path(course or ".", exercise.chapter, f"{exercise.chapter}.ipynb")
        if not file.is_file():
            return line
        command = "lossedu next --open"
        if notes.course_of() != Path(course).resolve():
            command += f" {for_shell(course)}"
        places = [say("The chapter is {file}; open it with  {command}", file=for_shell(file), command=command)]
        module = Path(course, module_file(exercise.chapter))
        if module.is_file():
            command = f"lossedu check {for_shell(module)}"
            places.append(say("Or write it in an editor, and check it with  {command}", command=command))
        return Cell("\n".join([line.text, *places]), line.html)

    line = in_one_language(make)
    return {"text/plain": line.text, "text/html": f"<p>{line.html}</p>"}


def next_exercise() -> None:
    """Show which exercise comes next, with its chapter, section and file: the first that is not right yet."""
    show(what_is_next(notes.course_of()))
