"""The table of results on a terminal."""

from itertools import zip_longest

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lossedu.grading.results._model import StudentResult
from lossedu.grading.strangers import for_terminal

NOTHING = "–"  # in place of points that do not exist


def print_results(results, console=None):
    """Print a table of all points and, below it, an explanation of what is wrong.

    Args:
        results: what `read_results` gives.
        console: a `rich.console.Console`; by default, one for the standard output.
    """
    console = console or Console()
    graded = next((result for result in results if result.exercises), StudentResult("", ()))
    names = [exercise.exercise for exercise in graded.exercises]

    points = Table(box=box.SIMPLE_HEAD, padding=0)
    points.add_column("student", overflow="fold")
    for heading in [*map(str, range(1, len(names) + 1)), "total"]:
        points.add_column(heading, justify="right", no_wrap=True)
    worth = [f"{exercise.max_points:g}" for exercise in graded.exercises]
    points.add_row("worth", *worth, f"{graded.max_points:g}", style="dim", end_section=True)
    for result in results:
        earned = {exercise.exercise: show_points(exercise) for exercise in result.exercises}
        total = show_points(result) if earned else NOTHING
        points.add_row(harmless(result.student), *(earned.get(name, NOTHING) for name in names), total)
    console.print(points)
    console.print(Columns([f"{number:4} {name}" for number, name in enumerate(names, 1)]))
    console.print(f"\n {count_graded(results)}")

    words = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    words.add_column("student", overflow="fold")
    for heading in ("exercise", "points"):
        words.add_column(heading, no_wrap=True)
    words.add_column("in words", overflow="fold")
    for result in results:
        remarks = [exercise for exercise in result.exercises if exercise.words]
        rows = [("", NOTHING, result.problem)] if result.problem else []
        rows += [("", "", remark) for remark in result.remarks]
        rows += [(each.exercise, f"{each.points:g} of {each.max_points:g}", each.words) for each in remarks]
        for student, (exercise, earned, words_of_row) in zip_longest([result.student][: len(rows)], rows, fillvalue=""):
            words.add_row(harmless(student), harmless(exercise), earned, harmless(words_of_row))
    console.print(words)


def count_graded(results):
    """Return in words how many submissions are graded, and how many answers wait for a grade by hand."""
    graded = sum(bool(result.exercises) for result in results)
    waiting = sum(result.waiting for result in results)
    answers = f" Answers that wait for a grade by hand: {waiting}." if waiting else ""
    return f"{graded} of {len(results)} graded.{answers}"


def harmless(words):
    """Return text from strangers so that neither the table nor the terminal takes it for markup or a command."""
    return Text(for_terminal(words))


def show_points(result):
    """The points of an exercise or a student; in red where some were lost."""
    return Text(f"{result.points:g}", style="" if result.points == result.max_points else "bold red")
