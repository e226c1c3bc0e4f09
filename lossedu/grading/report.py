"""A class's results as one HTML page: scores, exercises, misconceptions, times, and what a person should look at.

The page loads nothing from elsewhere. Names, ids and outputs are strangers' text: all is escaped by the template.
"""

import math
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean, median
from urllib.parse import quote

import jinja2

from lossedu import exercises
from lossedu.files import write_whole
from lossedu.grading.course import open_gradebook
from lossedu.grading.results import StudentResult, results_in

__all__ = ["write_report"]

COLUMNS = 12  # how many a chart has, at most, where the range can be cut as one likes
WIDTHS = [timedelta(hours=hours) for hours in (1, 2, 6, 12, 24, 48, 24 * 7, 24 * 28)]


@dataclass(frozen=True)
class Column:
    """A column of a chart: what it stands for, how many there are, and whether they are late."""

    label: str
    count: int
    late: bool = False


def write_report(course, assignment, output=None):
    """Write the report on an assignment.

    Args:
        course: the nbgrader course directory.
        assignment: a chapter, such as "07_kl_divergence".
        output: the file; by default `ASSIGNMENT.html` in the feedback directory, which nbgrader hands out to nobody.

    Returns:
        The path of the page.

    Raises:
        NotGradedError: there is no gradebook, or no such assignment in it.
    """
    with open_gradebook(course) as (gradebook, folders):
        results = results_in(gradebook, folders, assignment)
    output = Path(output or Path(folders.root, folders.feedback_directory, f"{assignment}.html"))

    def page_of(student):
        folder = Path(folders.format_path(folders.feedback_directory, student, assignment))
        page = folder / f"{assignment}.html"
        if not page.exists():  # the assignment's notebooks have other names
            page = min(folder.glob("*.html"), default=None)
        return quote(Path(os.path.relpath(page, output.parent)).as_posix()) if page else None

    write_whole(output, render_report(results, assignment, page_of).encode())
    return output


def render_report(results, assignment, page_of=lambda student: None):
    """The page; `page_of` gives the address of a student's feedback, or None."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lossedu.grading"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": lambda number: f"{round(number, 2):g}", "score": score}
    environment.tests["late"] = late
    graded = [result for result in results if result.exercises]
    misconceptions, mistakes = what_went_wrong(graded)
    return environment.get_template("report.html").render(
        assignment=assignment,
        results=results,
        graded=graded,
        worth=graded[0].max_points if graded else 0,
        median=median(map(score, graded)) if graded else 0,
        scores=score_columns(graded),
        exercises=by_exercise(graded),
        misconceptions=misconceptions,
        mistakes=mistakes,
        times=time_columns(results),
        due=due_date(results),
        review=to_review(results),
        editions=sorted({result.graded_by for result in graded if result.graded_by}),
        page_of={result.student: page_of(result.student) for result in results},
    )


def score(result):
    """The points of a student, less the penalty for being late; never below zero, as in nbgrader."""
    return max(0, result.points - result.penalty)


def late(result):
    """Whether it was handed in after it was due."""
    return None not in (result.handed_in, result.due) and result.handed_in > result.due


def due_date(results):
    """When it was due for who has no extension; None if it was not."""
    return min((result.due for result in results if result.due), default=None)


def score_columns(graded):
    """How many students have how many points."""
    if not graded:
        return []
    top = max(graded[0].max_points, *map(score, graded))  # extra credit may go beyond what there is
    width = math.ceil(top / COLUMNS) or 1
    counts = [0] * max(1, math.ceil(top / width))
    for result in graded:
        counts[min(int(score(result) // width), len(counts) - 1)] += 1
    return [Column(f"{i * width}–{min((i + 1) * width, top):g}", count) for i, count in enumerate(counts)]


def time_columns(results):
    """How many were handed in when, in steps from the due date, or from midnight."""
    moments = sorted(result.handed_in for result in results if result.handed_in)
    if not moments:
        return []
    due = due_date(results)
    origin = due or moments[0].replace(hour=0, minute=0, second=0, microsecond=0)
    fitting = (width for width in WIDTHS if (moments[-1] - moments[0]) / width < COLUMNS)
    width = next(fitting, (moments[-1] - moments[0]) / COLUMNS)

    def step(moment):
        return math.ceil((moment - origin) / width) - 1  # up to and with its end, as who is on time is not late

    steps = [*map(step, moments)]
    return [
        Column(column_label(origin + (i + 1) * width, width), steps.count(i), late=due is not None and i >= 0)
        for i in range(steps[0], steps[-1] + 1)
    ]


def column_label(moment: datetime, width):
    """The end of a column in a few characters: a day where hours say no more."""
    return f"{moment:%d %b}" if width >= timedelta(days=2) else f"{moment:%d %b %H:%M}"


def by_exercise(graded):
    """A dictionary an exercise, in the order of the notebook."""
    columns = defaultdict(list)
    for result in graded:
        for each in result.exercises:
            columns[each.exercise].append(each)
    return [
        {
            "name": name,
            "worth": found[0].max_points,
            "mean": mean(each.points for each in found),
            "right": sum(each.points >= each.max_points for each in found),
            "partly": sum(0 < each.points < each.max_points for each in found),
            "none": sum(each.points == 0 < each.max_points for each in found),
        }
        for name, found in columns.items()
    ]


def what_went_wrong(graded):
    """The misconceptions, and the other mistakes, with the students behind them; the most frequent come first."""
    misconceptions, mistakes = defaultdict(list), defaultdict(list)
    for result in graded:
        for each in result.exercises:
            if each.diagnosis:
                misconceptions[each.exercise, each.diagnosis].append(result)
            elif each.mistake:
                mistakes[each.exercise, each.mistake].append(result)
    return tuple(
        [
            {"exercise": name, "words": words, "fact": fact_of(name, words), "students": students}
            for (name, words), students in sorted(found.items(), key=lambda entry: -len(entry[1]))
        ]
        for found in (misconceptions, mistakes)
    )


def fact_of(exercise, misconception):
    """What a misconception comes to; nothing for one that is not declared any more."""
    declared = exercises.get(exercise).misconceptions if exercises.is_known(exercise) else ()
    return next((each.fact for each in declared if each.name == misconception), "")


def to_review(results: list[StudentResult]):
    """What a person should look at: a result, an exercise or nothing, and why."""
    found = [(result, "", result.problem) for result in results if result.problem]
    found += [(result, "", remark) for result in results for remark in result.remarks]
    return found + [
        (result, each.exercise, reason) for result in results for each in result.exercises for reason in each.review
    ]
