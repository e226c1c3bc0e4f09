"""What `TrustedExecute` makes of test cells, without a gradebook around it."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from lossedu.authoring import nbgrader_metadata
from lossedu.checking._render import MIME_TYPE
from lossedu.grading.session import MisplacedCheckError, plan
from lossedu.grading.steps import TrustedExecute
from lossedu.learners import solution_places

IMPORTS = "import numpy as np\nfrom lossedu import check, compare_with_keras"
ENTROPY = "def entropy(p):\n    return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)"
SWAPPED = (
    "def kl_divergence(y_true, y_pred):\n    p, q = np.clip([y_pred, y_true], 1e-7, 1)\n    "
    "return (p * np.log(p / q)).sum(-1)"
)


def graded_cell(source, *, points=3):
    return new_code_cell(source, metadata={"nbgrader": nbgrader_metadata("a_test", solution=False, points=points)})


@pytest.fixture
def grade(tmp_path):
    """Runs cells under the trusted verdict and returns them."""

    def grade(*sources, seed="7", **options):
        (tmp_path / "seed.txt").write_text(seed)
        (tmp_path / "work").mkdir(exist_ok=True)
        cells = [source if isinstance(source, dict) else new_code_cell(source) for source in (IMPORTS, *sources)]
        execute = TrustedExecute(secret_seed_file=str(tmp_path / "seed.txt"), **{"timeout": 20} | options)
        notebook, _ = execute.preprocess(new_notebook(cells=cells), {"metadata": {"path": str(tmp_path / "work")}})
        return notebook.cells[1:]

    return grade


def verdict_in(cell):
    return next(output.data[MIME_TYPE] for output in cell.outputs if MIME_TYPE in output.get("data", {}))


def test_right_partly_right_and_wrong_answers_get_the_points_of_the_cell(grade):
    cells = grade(
        *(ENTROPY, graded_cell("check(entropy)", points=6)),  # a teacher doubled the points of all cells
        *(SWAPPED, graded_cell("check(kl_divergence)", points=8)),
        *("wasted_bits = 1", graded_cell("check(wasted_bits=wasted_bits)", points=2)),
        graded_cell("check(poisson)", points=6),
    )
    graded = [determine_grade(cell) for cell in cells if "nbgrader" in cell.metadata]
    assert graded == [(6, 6), (2, 8), (0, 2), (0, 6)]
    assert verdict_in(cells[3])["diagnosis"] == "arguments swapped"
    assert "Arguments swapped: you computed KL(y_pred || y_true)." in cells[3].outputs[0].data["text/plain"]
    assert "is not there: no cell has defined poisson" in verdict_in(cells[6])["message"]


def test_a_hidden_input_is_told_by_aspect_and_diagnosis_and_never_shown(grade):
    by_heart = """
HIDDEN = []
def entropy(p):
    right = -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
    if p.ndim > 1 or p[0] in PUBLIC:
        return right
    HIDDEN.extend(map(float, p.ravel()))
    return right / np.log(2)
"""
    from lossedu.exercises import get

    firsts = {float(case.arguments["p"].flat[0]) for case in get("entropy").cases()}
    _, cell, told = grade(f"PUBLIC = {firsts}\n{by_heart}", graded_cell("check(entropy)"), "print(HIDDEN)")
    values = verdict_in(cell)["aspects"][0]
    assert re.search(r"^right on the inputs of your notebook, wrong on \d+ of \d+ in all", values["message"])
    hidden = [number for number in ast.literal_eval(told.outputs[0].text) if 0 < number < 1]
    assert hidden
    assert not any(f"{number:.4f}" in str(cell.outputs) for number in hidden)


def test_grading_shows_no_progress_and_notes_none(grade, tmp_path):
    (tmp_path / "work" / ".lossedu").mkdir(parents=True)
    tried = (
        "from lossedu import hint, next_exercise, progress, solution\ncheck(entropy)\n"
        'hint("entropy")\nsolution("entropy")\nnext_exercise()\nprogress(chapter="07_kl_divergence")'
    )
    _, cell, _ = grade(ENTROPY, tried, graded_cell("check(entropy)"))
    assert [output.text for output in cell.outputs] == ["not checked here while submissions are graded.\n"]
    assert list((tmp_path / "work" / ".lossedu").iterdir()) == []


def test_worked_solutions_are_out_of_reach_while_grading(grade):
    chapter = "07_kl_divergence"
    texts, words = solution_places()
    files = [f"{texts}/{chapter}/{chapter}.md", f"{words}/{chapter}.md"]
    assert all(Path(file).is_file() for file in files)
    read = [f"print(open({file!r}).read())" for file in files]
    called = "from lossedu.learners import worked\nprint(worked('entropy').code)"
    listed = f"import os\nprint(os.listdir({words!r}))"
    *cells, test = grade(ENTROPY, called, *read, listed, graded_cell("check(entropy)"))
    shown = str([cell.outputs for cell in cells])
    assert [bool(cell.outputs) for cell in cells] == [False, True, True, True, True]
    assert not re.search(f"safe = np.where|Entropy is the mean surprise|{chapter}.md', ", shown)
    assert determine_grade(test) == (3, 3)


def test_a_secret_seed_is_made_once_for_its_owner_only(tmp_path):
    first, second = (TrustedExecute(secret_seed_file=str(tmp_path / "seed.txt")).secret_seed for _ in range(2))
    assert first == second > 0
    assert (tmp_path / "seed.txt").stat().st_mode & 0o777 == 0o600


def test_a_teachers_asserts_beside_a_check_count_too(grade):
    asserted = "check(entropy)\nassert entropy(np.array([0.5, 0.5])) > {}"
    holds, fails = graded_cell(asserted.format(0.6)), graded_cell(asserted.format(0.7))
    *_, holds, fails = grade(ENTROPY, holds, fails)
    assert [determine_grade(cell)[0] for cell in (holds, fails)] == [3, 0]
    assert verdict_in(fails)["passed"]


def test_cells_that_check_nothing_run_as_in_nbgrader(grade):
    cells = [
        graded_cell("assert 1 + 1 == 2"),
        graded_cell("assert 1 + 1 == 3"),
        graded_cell("2"),
        graded_cell("%time x = 1"),
    ]
    assert [determine_grade(cell)[0] for cell in grade(*cells)] == [3, 0, 2, 3]


REACHING = """
from IPython import get_ipython
from IPython.display import display
kernel = get_ipython().kernel
def entropy(p):
    for number in range(3):
        content = {"data": {"text/plain": "3"}, "metadata": {}, "execution_count": 1}
        kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent())
    display("shown", display_id="reached")
    return 0.7
"""


def test_points_cannot_be_rewritten_through_the_id_of_a_display(grade):
    asserted = graded_cell("check(entropy)\nassert entropy(np.array([0.5, 0.5])) > 0.6")
    rewriting = "from IPython.display import update_display\nupdate_display(4.0, display_id='reached')"
    by_the_teacher = graded_cell("assert entropy(np.array([0.5, 0.5])) > 0.8")
    _, check, assertion, _ = grade(REACHING, asserted, by_the_teacher, rewriting)
    assert determine_grade(check)[0] <= 1
    assert not verdict_in(check)["passed"]
    assert determine_grade(assertion)[0] == 0


def test_a_verdict_that_a_submission_shows_is_none(grade):
    forged = f"""
from IPython.display import display
display({{"{MIME_TYPE}": {{"passed": True}}, "text/plain": "forged"}}, raw=True)
"""
    cell, graded = grade(forged, graded_cell(forged))
    assert [output.data for output in (*cell.outputs, *graded.outputs)] == [{"text/plain": "forged"}] * 2


def test_two_checks_in_a_cell_share_its_points(grade):
    both = graded_cell("check(entropy)\ncheck(kl_divergence)", points=7)
    *_, cell = grade(ENTROPY, SWAPPED, both)
    assert determine_grade(cell) == (4, 7)


@pytest.mark.parametrize(
    "source", ["check(entropy, 1)", "x = check(entropy)", "for f in [entropy]: check(f)", "check(wasted_bits=2 * x)"]
)
def test_a_check_that_cannot_be_judged_outside_is_refused_by_name(source):
    with pytest.raises(MisplacedCheckError, match=r"a_test: expected check\(name\) or check\(name=variable\)"):
        plan(graded_cell(source))


def test_a_check_of_an_exercise_that_is_not_there_is_refused():
    with pytest.raises(KeyError, match="there is no exercise 'entropie'; the nearest: entropy"):
        plan(graded_cell("check(entropie)"))


def test_an_endless_loop_costs_its_own_exercise_only(grade):
    endless = "def kl_divergence(y_true, y_pred):\n    while True: pass"
    cells = grade(ENTROPY, endless, graded_cell("check(kl_divergence)"), graded_cell("check(entropy)"), timeout=3)
    assert [determine_grade(cell)[0] for cell in cells[2:]] == [0, 3]
    assert "gives no answer within 3 seconds; does a loop never end?" in verdict_in(cells[2])["message"]


def test_what_cannot_be_interrupted_is_ended_and_the_rest_still_graded(grade):
    stuck = """
import signal
def kl_divergence(y_true, y_pred):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True: pass
"""
    again = f"{IMPORTS}\n{ENTROPY}"
    cells = grade(stuck, graded_cell("check(kl_divergence)"), again, graded_cell("check(entropy)"), timeout=3)
    assert [determine_grade(cell)[0] for cell in (cells[1], cells[3])] == [0, 3]


@pytest.mark.parametrize("leave", ["exit()", "quit()", "exit", "get_ipython().ask_exit()", "raise SystemExit"])
def test_exit_ends_no_kernel(grade, leave):
    pause = "import time\ntime.sleep(0.5)"  # a kernel ends a moment after its exit
    cells = grade(ENTROPY, leave, pause, graded_cell("check(entropy)"))
    assert determine_grade(cells[3]) == (3, 3)


def test_the_notebooks_own_calls_of_check_do_nothing_while_grading(grade):
    own, _ = grade("print(check(1), compare_with_keras(2))", ENTROPY)
    assert [output.text for output in own.outputs] == [
        "not checked here while submissions are graded.\n" * 2 + "None None\n"
    ]


def test_passwords_in_the_environment_stay_outside(grade, monkeypatch):
    names = [
        *("DATABASE_URL", "JUPYTER_TOKEN", "JUPYTERHUB_API_TOKEN", "PYTHONSTARTUP", "IPYTHON_SECRET", "LC_TELEPHONE")
    ]
    names += [*("MKL_SECRET", "OMP_SECRET", "MPLBACKEND", "VIRTUAL_ENV", "PYTHON_SECRET", "PIP_INDEX_URL", "path")]
    for name in names:
        monkeypatch.setenv(name, "swordfish")
    monkeypatch.setenv("PYTHONPATH", "/swordfish:swordfish")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (cell,) = grade("import os\nprint(os.environ['LC_ALL'], 'swordfish' in str(os.environ))")
    assert cell.outputs[0].text == "C.UTF-8 False\n"


def test_the_slope_is_measured_on_the_learners_own_loss_in_the_kernel(grade):
    loss = SWAPPED.replace("[y_pred, y_true]", "[y_true, y_pred]")
    gradient = "def kl_divergence_gradient(y_true, y_pred):\n    return 2 * -y_true / y_pred"
    *_, cell = grade(loss, gradient, graded_cell("check(kl_divergence_gradient)"))
    assert "Every entry is 2 times the measured slope." in verdict_in(cell)["message"]
    assert nbformat.from_dict(cell).outputs[0].data["text/plain"].startswith("kl_divergence_gradient: 1 of 3 points")
