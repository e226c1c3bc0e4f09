"""What is said of answers and files that the samples do not show."""

from io import StringIO

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from rich.console import Console

from lossedu.authoring import nbgrader_metadata
from lossedu.checking._render import MIME_TYPE
from lossedu.grading.results import (
    BY_HAND,
    OUR_FAULT,
    ExerciseResult,
    Graded,
    StudentResult,
    print_results,
    read_exercises,
    why_not_graded,
)
from lossedu.grading.results._notebooks import what_is_wrong
from lossedu.grading.stops import cause_of, describe_stop, stops_in
from lossedu.intake.masters import Master
from lossedu.intake.places import find_entries
from tests.checking import verdict

UNEXPLAINED = "graded by hand, or its test cell wrote to stderr: see the feedback"
INCORRECT = new_output("error", ename="Incorrect", evalue="entropy: 0 of 3 points")
NOT_WRITTEN = new_output("error", ename="NotImplementedError", evalue="")


def shown(name, answer):
    return new_output("display_data", {MIME_TYPE: verdict(name, answer).as_dict()})


@pytest.mark.parametrize(
    ("check_outputs", "solution_outputs", "words"),
    [
        pytest.param(
            [shown("entropy", lambda p: 1 + np.cos(p).prod(-1)), INCORRECT],
            [],
            "wrong on 6 of 6 inputs",
            id="a wrong answer that nothing explains",
        ),
        pytest.param(
            [shown("wasted_bits", 1.75), INCORRECT],
            [],
            "length for waste",
            id="a wrong number that a misconception explains",
        ),
        pytest.param(
            [shown("wasted_bits", None), INCORRECT], [NOT_WRITTEN], "no answer yet", id="a number that was left out"
        ),
        pytest.param(
            [shown("wasted_bits", None), INCORRECT],
            [new_output("error", ename="NameError", evalue="name 'bits' is not defined")],
            "NameError: name 'bits' is not defined",
            id="a cell that stops before it gives the answer",
        ),
        pytest.param(
            [shown("wasted_bits", None), INCORRECT],
            [new_output("error", ename="CellTimeoutError", evalue="")],
            "did not finish in time (20 s)",
            id="a cell that never gives the answer",
        ),
        pytest.param(
            [new_output("error", ename="AssertionError", evalue="")],
            [],
            "AssertionError",
            id="an error that says nothing",
        ),
        pytest.param(
            [shown("wasted_bits", 0.25)],
            [],
            UNEXPLAINED,
            id="fewer points than the verdict gives",
        ),
    ],
)
def test_lost_points_are_explained(check_outputs, solution_outputs, words):
    check, solution = new_code_cell(outputs=check_outputs), new_code_cell(outputs=solution_outputs)
    assert what_is_wrong(check, solution, timeout=20) == words


def test_a_deleted_answer_is_reported_by_the_error_of_its_test():
    check = new_code_cell(
        outputs=[new_output("error", ename="NameError", evalue="name 'entropy' is not defined")],
    )
    assert what_is_wrong(check, None, timeout=20) == "NameError: name 'entropy' is not defined"


MASTERS = {"07_kl_divergence": Master.of_exercises(["entropy", "wasted_bits"])}
NO_NOTEBOOK = "07_kl_divergence.ipynb: not a notebook"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", f"{NO_NOTEBOOK} (the file is empty)"),
        ("[]", f"{NO_NOTEBOOK} (the file is JSON, but has no cells)"),
        ('{"nbformat": 9}', f"{NO_NOTEBOOK} (the file is JSON, but has no cells)"),
        ("<!doctype html>", f"{NO_NOTEBOOK} (the file is a web page, not the notebook behind it)"),
        (
            nbformat.writes(new_notebook(cells=[new_code_cell("print('hello')")])),
            "07_kl_divergence.ipynb: it holds none of the cells that the assignment asks for",
        ),
        (nbformat.writes(new_notebook(cells=[new_code_cell("wasted_bits = 1")])), None),
    ],
)
def test_a_file_that_was_not_graded_is_explained(tmp_path, content, words):
    submitted = tmp_path / "a" / "07_kl_divergence" / "07_kl_divergence.ipynb"
    submitted.parent.mkdir(parents=True)
    submitted.write_text(content)
    (entry,) = find_entries(tmp_path, "07_kl_divergence")
    assert why_not_graded(entry, MASTERS) == words


def test_a_name_that_nbgrader_cannot_read_is_named(tmp_path):
    (tmp_path / "a\nb" / "07_kl_divergence").mkdir(parents=True)
    (entry,) = find_entries(tmp_path, "07_kl_divergence")
    assert (entry.name, why_not_graded(entry, MASTERS)) == ("a?b", "its name has a line break: rename it")


def test_a_student_whose_file_is_gone_is_told_so():
    assert why_not_graded(None, MASTERS) == "the submission is no longer there"


IMPORTS = new_code_cell(
    "import numpy as np\nimport nonsense\nfrom lossedu import check",
    outputs=[new_output("error", ename="ModuleNotFoundError", evalue="No module named 'nonsense'")],
)
SYMBOLS = new_code_cell(
    "p = sympy.Symbol('p')", outputs=[new_output("error", ename="NameError", evalue="name 'check' is not defined")]
)


def test_the_first_broken_cell_is_named_for_all_that_depends_on_it():
    stops = stops_in([new_markdown_cell("# A chapter"), IMPORTS, SYMBOLS])
    assert str(stops[0]) == "cell 2 (imports) stopped with ModuleNotFoundError: No module named 'nonsense'"
    assert stops[1].cause is stops[0]
    by_verdict = cause_of("entropy", stops, ["stops with NameError: name 'np' is not defined"])
    through_another = cause_of("entropy_slope", stops, ["name 'p' is not defined"])
    assert by_verdict is through_another is stops[0]
    assert cause_of("entropy", stops, ["name 'lambda_' is not defined"]) is None
    assert describe_stop(stops[0], 2).endswith("; 2 exercises depend on it")


def test_an_accident_is_named_as_ours_and_left_to_a_person():
    metadata = {"nbgrader": nbgrader_metadata("check_entropy", solution=False, points=3)}
    cell = new_code_cell("check(entropy)", metadata=metadata | {"lossedu": {"accident": "KeyError: 'x'"}})
    (result,) = read_exercises([cell], {"check_entropy": Graded(0, 3, True)}, 20)
    assert (result.points, result.mistake) == (0, "")
    assert result.review == (f"{OUR_FAULT} (KeyError: 'x')", BY_HAND)


def test_nothing_that_a_student_chose_reaches_the_terminal_as_a_command():
    hostile = "\x1b[31mred\x1b]0;title\x07 [bold]x[/bold] \u202e"
    result = StudentResult("[red]a[/red]\x1b[2J", (ExerciseResult("entropy", 0, 3, hostile),), remarks=(hostile,))
    printed = StringIO()
    print_results([result], Console(file=printed, width=200, force_terminal=True, color_system=None))
    assert not {each for each in printed.getvalue() if not each.isprintable()} - {"\n"}
    assert "[bold]x[/bold]" in printed.getvalue()
    assert "[red]a[/red]" in printed.getvalue()


def test_a_long_name_hides_no_points_and_no_word_is_cut_off():
    name, path = "Anna Maria " + "x" * 200, "submitted/" + "y" * 100 + ".ipynb"
    results = [
        StudentResult(name, (ExerciseResult("entropy", 2, 3, "log2 for ln"),)),
        StudentResult("b", (), f"{path}: not a notebook"),
    ]
    printed = StringIO()
    print_results(results, Console(file=printed, width=80))
    lines = printed.getvalue().splitlines()
    assert any(line.startswith(" Anna Maria ") and line.split()[-2:] == ["2", "2"] for line in lines)
    assert "…" not in printed.getvalue()
    assert path in "".join(printed.getvalue().split())


@pytest.mark.parametrize("foreign", [{"passed": False}, [], "x", {"passed": 1, "message": "y"}, {"message": "z"}, None])
def test_what_is_no_verdict_of_ours_tells_nothing(foreign):
    cell = new_code_cell(
        "check(entropy)", metadata={"nbgrader": nbgrader_metadata("check_entropy", solution=False, points=3)}
    )
    cell.outputs = [new_output("display_data", {MIME_TYPE: foreign, "text/plain": "forged"})]
    (result,) = read_exercises([cell], {"check_entropy": Graded(0, 3, False)}, 20)
    assert (result.diagnosis, result.mistake) == (None, UNEXPLAINED)
