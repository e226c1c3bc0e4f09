"""The sample submissions, graded by stock nbgrader: every point and every word."""

import html
from io import StringIO

import nbformat
import pytest
from rich.console import Console

from lossedu import exercises
from lossedu.grading.results import print_results, read_results
from tests.samples.demo import REPOSITORY, grade_samples
from tests.samples.submissions import ALL_RIGHT, ANOTHER_STYLE, CHAPTER, STUDENTS

pytestmark = pytest.mark.slow  # the fast tests run each command of nbgrader on smaller courses

FULL = {
    "wasted_bits": 1,
    "entropy_slope": 1,
    "entropy": 3,
    "cross_entropy": 3,
    "kl_divergence": 4,
    "gibbs_bound": 1,
    "kl_divergence_gradient": 3,
    "mean_square_from_q": 1,
    "gaussian_kl": 3,
    "covering_deviation": 1,
    "poisson": 3,
    "poisson_gradient": 2,
    "equals_apart": 1,
    "there_and_back": 1,
    "jensen_shannon_distance": 4,
}
SECOND_HALF = list(FULL)[7:]

POINTS = {
    "all-right": FULL,
    "another-style": FULL,
    "deleted-test": FULL,
    "endless-loop": FULL | {"poisson": 0},
    "half-empty": FULL | dict.fromkeys(SECOND_HALF, 0),
    "not-json": {},
    "swapped-arguments": FULL | {"kl_divergence": 1},
    "syntax-error": FULL | {"gaussian_kl": 0},
    "variances-for-deviations": FULL | {"gaussian_kl": 1},
}

WORDS = {
    "all-right": {},
    "another-style": {},
    "deleted-test": {"entropy": "test cell was missing: put back and graded"},
    "endless-loop": {"poisson": "gives no answer within 20 seconds; does a loop never end?"},
    "half-empty": {
        "mean_square_from_q": "no answer yet",
        "gaussian_kl": "not written yet",
        "covering_deviation": "no answer yet",
        "poisson": "not written yet",
        "poisson_gradient": "not written yet",
        "equals_apart": "no answer yet",
        "there_and_back": "no answer yet",
        "jensen_shannon_distance": "not written yet",
    },
    "not-json": {},
    "swapped-arguments": {"kl_divergence": "arguments swapped"},
    "syntax-error": {"gaussian_kl": "SyntaxError in line 9: unmatched ')'"},
    "variances-for-deviations": {"gaussian_kl": "variances for deviations"},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course directory in which all samples have been graded."""
    folder = tmp_path_factory.mktemp("samples") / "course"
    grade_samples(folder, say=lambda stage: None)
    return folder


@pytest.fixture(scope="module")
def results(course):
    return read_results(course, CHAPTER)


def notebook(course, step, student="."):
    return nbformat.read(course / step / student / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)


def test_the_samples_answer_every_exercise_in_two_ways():
    declared = [exercise.name for exercise in exercises.of_chapter(CHAPTER)]
    assert list(ALL_RIGHT) == list(ANOTHER_STYLE) == list(FULL) == declared
    assert not set(ALL_RIGHT.values()) & set(ANOTHER_STYLE.values())


def test_every_sample_earns_exactly_the_expected_points(results):
    earned = {r.student: {exercise.exercise: exercise.points for exercise in r.exercises} for r in results}
    assert earned == POINTS


def test_points_are_out_of_those_declared(results):
    for result in results:
        if result.exercises:
            assert {exercise.exercise: exercise.max_points for exercise in result.exercises} == FULL
            assert result.max_points == sum(FULL.values())


def test_what_is_wrong_is_said_in_the_expected_words(results):
    said = {
        r.student: {exercise.exercise: exercise.words for exercise in r.exercises if exercise.words} for r in results
    }
    assert said == WORDS


def test_only_the_unreadable_submission_is_reported_as_such(results):
    problems = {result.student: result.problem for result in results if result.problem}
    assert problems == {
        "not-json": "07_kl_divergence.ipynb: not a notebook (its JSON breaks off or has an error in line 722)"
    }


def test_a_deleted_test_cell_is_put_back(course):
    def sources(step):
        cells = notebook(course, step, "deleted-test").cells
        return [cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "check_entropy"]

    assert sources("submitted") == []
    (restored,) = sources("autograded")
    assert restored == "check(entropy)"


def test_the_printed_table_holds_every_point_and_every_word_on_80_columns(results):
    printed = StringIO()
    print_results(results, Console(file=printed, width=80))
    lines = [line.split() for line in printed.getvalue().splitlines()]
    for student, points in POINTS.items():
        row = [*points.values(), sum(points.values())] if points else ["–"] * (len(FULL) + 1)
        assert [student, *map(str, row)] in lines
    text = " ".join(printed.getvalue().split())
    assert "kl_divergence 1 of 4 arguments swapped" in text
    assert "15 jensen_shannon_distance" in text


def test_the_teachers_guide_shows_what_the_demo_prints(results):
    printed = StringIO()
    print_results(results, Console(file=printed, width=100))
    table = "\n".join(line.rstrip() for line in printed.getvalue().splitlines()).strip("\n")
    assert table in (REPOSITORY / "docs" / "teachers.md").read_text(encoding="utf-8")


def test_everyone_graded_has_a_feedback_page(course):
    pages = {page.parents[1].name for page in course.glob(f"feedback/*/{CHAPTER}/{CHAPTER}.html")}
    assert pages == set(STUDENTS) - {"not-json"}


@pytest.mark.parametrize(
    ("student", "exercise", "misconception"),
    [
        ("swapped-arguments", "kl_divergence", "arguments swapped"),
        ("variances-for-deviations", "gaussian_kl", "variances for deviations"),
    ],
)
def test_feedback_explains_the_misconception(course, student, exercise, misconception):
    known = next(known for known in exercises.get(exercise).misconceptions if known.name == misconception)
    page = html.unescape((course / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8"))
    assert known.fact in page
    assert known.hint in page


def test_the_seed_of_the_hidden_inputs_stays_with_the_teacher(course):
    seed = (course / "secret_seed.txt").read_text(encoding="utf-8").strip()
    assert int(seed).bit_length() > 40
    handed_on = [
        path for step in ("course", "submitted", "autograded", "feedback") for path in course.glob(f"{step}/**/*")
    ]
    assert not [path for path in handed_on if path.is_file() and seed.encode() in path.read_bytes()]


def test_the_text_with_the_solutions_is_handed_to_nobody(course):
    assert {path.relative_to(course).parts[0] for path in course.rglob("*.md")} == {"solutions"}
