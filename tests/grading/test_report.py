"""The report on a class: its numbers are the gradebook's, it is safe to open, and it is as quick for many students."""

import html
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from sqlalchemy import event
from sqlalchemy.engine import Engine

from lossedu.cli import cli
from lossedu.grading.report import Column, render_report, score_columns, time_columns, write_report
from lossedu.grading.results import ExerciseResult, StudentResult, read_results
from tests.grading.classes import ASSIGNMENT, EDITION, Work, graded_class


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return graded_class(tmp_path_factory.mktemp("report") / "course")


@pytest.fixture(scope="module")
def page(course):
    return write_report(course, ASSIGNMENT).read_text(encoding="utf-8")


def rows(page, heading):
    """The rows of the first table behind a heading, each as the texts of its cells."""
    table = page[page.index(f">{heading}</h2>") :].split("<tbody>")[1].split("</tbody>")[0]
    return [
        [html.unescape(" ".join(re.sub("<[^>]*>", " ", cell).split())) for cell in re.split(r"</t[hd]>", row)[:-1]]
        for row in table.split("</tr>")[:-1]
    ]


def test_it_has_the_points_of_each_exercise(page):
    assert rows(page, "Exercises") == [
        ["wasted_bits", "0.75 of 1", "", "3", "0", "1"],
        ["kl_divergence", "2.5 of 4", "", "2", "2", "0"],
        ["essay", "0.75 of 2", "", "0", "3", "1"],
    ]


def test_it_has_the_misconceptions_and_who_has_them(page):
    (row,) = rows(page, "Misconceptions")
    assert row == [
        "arguments swapped you computed KL(y_pred || y_true).",
        "kl_divergence",
        "2 of 4 b , c",
    ]
    assert [row[1:] for row in rows(page, "Other mistakes")] == [["wasted_bits", "1 of 4 c"]]


def test_it_has_what_to_review_by_hand(page):
    put_back, refused = "test cell was missing: put back and graded", "refused while grading: importing keras"
    assert rows(page, "To review by hand") == [
        ["e", "", "07_kl_divergence.ipynb: not a notebook (the file is not JSON)"],
        ["c", "wasted_bits", put_back],
        ["c", "wasted_bits", refused],
        ["c", "kl_divergence", put_back],
        ["c", "kl_divergence", refused],
        ["d", "essay", "waits for a grade by hand"],
    ]


def test_it_counts_what_is_graded_and_what_waits_for_a_person(page):
    numbers = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert (numbers["graded"], numbers["answers to grade by hand"]) == ("4 of 5", "1")


def test_it_says_which_lossedu_graded(page):
    assert f"Graded by lossedu {EDITION}.</p>" in page


def test_it_has_every_student_with_points_less_the_penalty_and_lateness_after_an_extension(page):
    assert rows(page, "Students") == [
        ["a", "Ada A", "6", "2026-03-01 11:00"],
        ["b", "", "2.5 (less 0.5: late)", "2026-03-02 18:00, late"],
        ["c", "", "2", "2026-03-01 11:00"],
        ["d", "", "5", "2026-03-01 13:00"],
        ["e", "", "–", "2026-03-01 11:00"],
    ]


def test_it_links_the_feedback_of_those_who_have_some(course, page):
    addresses = set(re.findall(r'<a href="([^#"]+)"', page))
    assert addresses == {f"{student}/{ASSIGNMENT}/{ASSIGNMENT}.html" for student in "abcd"}
    assert all((course / "feedback" / address).exists() for address in addresses)


def test_its_charts_say_in_words_what_they_show(page):
    scores, times = re.findall(r'<svg[^>]* role="img" aria-label="([^"]*)"', page)
    assert scores == "Students by points: 0–1: 0, 1–2: 0, 2–3: 2, 3–4: 0, 4–5: 0, 5–6: 1, 6–7: 1"
    assert times.startswith("Submissions by time: 01 Mar 12:00: 3, 01 Mar 18:00 (late): 1")


HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'


def test_names_and_outputs_are_shown_as_text():
    exercise = ExerciseResult(HOSTILE, 0, 1, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
    results = [
        StudentResult(HOSTILE, (exercise,), name=HOSTILE),
        StudentResult("b", (), problem=HOSTILE),
    ]
    page = render_report(results, HOSTILE)
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page


class Balanced(HTMLParser):
    """Fails at an end tag that doesn't close what was opened last."""

    def __init__(self):
        super().__init__()
        self.opened = []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "link"):
            self.opened.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag


@pytest.mark.parametrize("results", [[], [StudentResult("a", (), problem="not graded")]])
def test_a_class_without_grades_has_a_page_too(results):
    parser = Balanced()
    parser.feed(render_report(results, ASSIGNMENT))
    assert parser.opened == []


def test_it_loads_nothing(page):
    assert not re.search(r"https?://|<script|@import|url\(|src=", page)
    parser = Balanced()
    parser.feed(page)
    assert parser.opened == []


@pytest.mark.parametrize(
    ("points", "worth", "columns"),
    [
        ([0, 0.5, 1], 1, [Column("0–1", 3)]),
        ([0, 1, 2, 4], 4, [Column("0–1", 1), Column("1–2", 1), Column("2–3", 1), Column("3–4", 1)]),
        ([30, 23], 32, [Column(f"{i}–{min(i + 3, 32)}", int(i in (21, 30))) for i in range(0, 33, 3)]),
        ([5], 4, [Column(f"{i}–{i + 1}", int(i == 4)) for i in range(5)]),
    ],
)
def test_every_score_is_in_one_column(points, worth, columns):
    results = [StudentResult("a", (ExerciseResult("x", score, worth),)) for score in points]
    assert score_columns(results) == columns


def test_who_hands_in_on_the_second_is_not_late():
    due = datetime(2026, 3, 1, 12)
    results = [StudentResult("a", (), None, "", due + timedelta(seconds=late), due) for late in (0, 1)]
    assert time_columns(results) == [Column("01 Mar 12:00", 1), Column("01 Mar 13:00", 1, late=True)]


@pytest.mark.parametrize("span", [timedelta(0), timedelta(minutes=5), timedelta(days=40), timedelta(days=4000)])
def test_times_fit_into_a_chart(span):
    first = datetime(2026, 3, 1, 9, 30)
    columns = time_columns([StudentResult("a", (), handed_in=first + i * span / 9) for i in range(10)])
    assert sum(column.count for column in columns) == 10
    assert len(columns) <= 13


def test_it_asks_the_database_as_often_for_many_students_as_for_few(course, tmp_path):
    counts = []
    for each in (course, graded_class(tmp_path / "one", {"a": Work()})):
        statements = []

        def note(connection, cursor, statement, *_, statements=statements):
            statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        read_results(each, ASSIGNMENT)
        event.remove(Engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1] > 0


def test_the_command_writes_where_it_is_told_and_says_what_is_missing(course, tmp_path):
    page = tmp_path / "new" / "page.html"
    done = CliRunner().invoke(cli, ["report", ASSIGNMENT, "--course", str(course), "--output", str(page)])
    assert (done.exit_code, done.output) == (0, f"wrote {page}\n")
    assert 'href="../' in page.read_text(encoding="utf-8")
    done = CliRunner().invoke(cli, ["report", "none", "--course", str(course)])
    assert (done.exit_code, done.output) == (1, "Error: the gradebook knows no assignment 'none'\n")
