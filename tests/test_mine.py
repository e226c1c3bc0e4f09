"""Own work carries on: what `lossedu.mine` takes from the notebooks of a learner, and what it says when it cannot."""

import json
import re
import subprocess
import sys
import textwrap
from io import BytesIO

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lossedu import losses, mine
from lossedu.authoring import nbgrader_metadata
from lossedu.checking.probe import OWN
from lossedu.exercises import names
from lossedu.grading._earlier_calls import packed, unpacked
from lossedu.grading.session import READY_MADE
from lossedu.grading.steps import TrustedExecute

REFUSED = [*READY_MADE, *OWN]
CHAPTER = "07_kl_divergence"
RIGHT = """
import numpy as np
%timeit -n 1 -r 1 np.ones(3)
TINY = 1e-12

def safe(p):
    return np.where(p > 0, p, 1)

def entropy(p):
    "Mine."
    return -np.sum(p * np.log(safe(p) + TINY), axis=-1)
"""
CELLS = {  # what the notebook holds, and the reason given
    "def entropy(p):\n    raise NotImplementedError()": r"yours is not right yet \(entropy: 0 of 3 points\)",
    "import numpy as np\ndef entropy(p):\n    return -np.sum(p * np.log2(p), -1)": r"yours is not right yet .*1 of 3",
    "import no_such_module\nentropy = no_such_module.entropy": "does not define it",
    "entropy = 7": "does not define it",
    "def entropy(p:": "does not define it",
    "from lossedu import losses\ndef entropy(p):\n    return losses.entropy(p)": "yours is not right yet",
    "from lossedu.mine import entropy": "yours is not right yet|imports it from itself",
}


def write(folder, *sources):
    """A notebook of the chapter with these code cells."""
    cells = [{"cell_type": "markdown", "source": "def entropy(p): return 7"}]
    cells += [{"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources]
    path = folder / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


@pytest.fixture
def next_chapter(tmp_path, monkeypatch):
    """The folder of another chapter, which the learner works in."""
    folder = tmp_path / "08_cosine_proximity"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("where", ["..", "."])
def test_the_learners_own_right_answer_is_given(next_chapter, capsys, where):
    write(next_chapter / where, "raise SystemExit('never run')", RIGHT, "print('nor is this')")
    from lossedu.mine import entropy

    assert (entropy.__doc__, entropy.__module__) == ("Mine.", "lossedu.mine")
    assert entropy(np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert capsys.readouterr().out == ""


def test_the_notebook_beside_the_folder_comes_before_the_one_in_it(next_chapter):
    write(next_chapter, RIGHT.replace("Mine.", "An old copy."))
    write(next_chapter / "..", RIGHT)
    assert mine.entropy.__doc__ == "Mine."


@pytest.mark.parametrize(("source", "reason"), CELLS.items())
def test_in_place_of_what_is_not_right_comes_lossedus_own_and_a_line_says_why(next_chapter, capsys, source, reason):
    write(next_chapter.parent, source)
    given = mine.entropy
    (*_, said) = capsys.readouterr().out.splitlines()
    assert pytest.approx(np.log(2)) == given([0.5, 0.5])
    assert said.startswith("entropy is lossedu's own here: ")
    assert re.search(reason, said)


def test_without_a_notebook_the_line_tells_which_one_it_would_be(next_chapter, capsys):
    assert mine.entropy.__module__ == "lossedu.mine"
    assert capsys.readouterr().out == "entropy is lossedu's own here: there is no 07_kl_divergence.ipynb.\n"


def test_a_file_that_is_no_notebook_is_said_to_be_none(next_chapter, capsys):
    write(next_chapter.parent).write_text("{}")
    assert mine.poisson([1], [2.0]) == losses.poisson([1], [2.0])
    assert "07_kl_divergence.ipynb cannot be read" in capsys.readouterr().out


def test_a_slip_is_answered_with_the_nearest_names():
    with pytest.raises(
        ImportError, match=r"no exercise asks for a function 'kl_divergense'; the nearest: kl_divergence,"
    ):
        from lossedu.mine import kl_divergense  # noqa: F401


@pytest.mark.parametrize("name", ["wasted_bits", "pytest_plugins", "__path__"])
def test_what_is_no_function_of_the_course_is_not_there(name):
    with pytest.raises(AttributeError, match=f"no exercise asks for a function '{name}'"):
        getattr(mine, name)


def test_no_exercise_is_hidden_by_what_the_module_itself_needs():
    assert not set(names()) & set(vars(mine))
    assert {"entropy", "kl_divergence"} <= set(dir(mine))
    assert "wasted_bits" not in dir(mine)


# --- While submissions are graded -----------------------------------------------------------------------------------


def guarded(program, *earlier):
    """What a program prints in a process that the guard of grading has closed."""
    imports = (
        "from lossedu.executor.hiding import hide\n"
        "from lossedu.grading._audit_hook import install\n"
        "from lossedu.grading._earlier_calls import replace_own_calls\n"
        "from lossedu.grading._stand_ins import ready_made\n"
    )
    replace = f"replace_own_calls({list(earlier)})\n"
    install = f"{imports}{replace}install({REFUSED}, [], '.', {{}}, hide, ready_made)\n"
    ran = subprocess.run(
        [sys.executable, "-c", install + textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines()


def test_while_grading_earlier_answers_come_from_another_process():
    program = """
    import sys
    import numpy as np
    from lossedu.mine import kl_divergence
    for p in np.array([0.5, 0.5]), np.float32([[0.5, 0.5]]), [0.5, 0.5]:
        value = kl_divergence(p, y_pred=np.array([0.9, 0.1]))
        print(type(value).__name__, value.dtype, np.round(value, 4))
    for wrong in [0.9, 0.05, 0.05], np.array([None, None]):
        try:
            kl_divergence(p, wrong)
        except (TypeError, ValueError) as error:
            print(error)
    print([name for name in sys.modules if name.startswith("lossedu.losses")])
    """
    said, *values, misfit, none, loaded = guarded(program, "kl_divergence")
    assert said == "kl_divergence is lossedu's own here: each notebook is graded by itself."
    assert values == ["float64 float64 0.5108", "ndarray float64 [0.5108]", "float64 float64 0.5108"]
    assert misfit.startswith("kl_divergence: ValueError: ")
    assert none == "expected arrays and numbers, got ndarray"
    assert loaded == "[]"


def test_while_grading_the_state_of_a_step_comes_back():
    program = """
    import numpy as np
    from lossedu.mine import adam_step
    w, state = np.array([1.0, 2.0]), {}
    for _ in range(3):
        w, state = adam_step(w, np.array([0.5, -1.0]), state, learning_rate=0.1)
    print(w.round(4))
    """
    assert guarded(program, "adam_step")[1:] == ["[0.7 2.3]"]


def test_while_grading_arrays_come_and_go_as_they_are():
    state = {"m": np.arange(6.0).reshape(2, 3).T, "t": 3, "v": [np.float32(0.1), np.zeros((0, 2), dtype=np.int8)]}
    stream = BytesIO(packed([7, (state, np.array([True, False])), None]) + packed([8, np.nan, "why"]))
    serial, (found, mask), problem = unpacked(stream)
    assert (serial, mask.tolist(), problem) == (7, [True, False], None)
    assert found.keys() == state.keys()
    for one, other in zip([found["m"], *found["v"], found["t"]], [state["m"], *state["v"], 3], strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
    found["m"] += 1  # it is nobody else's
    np.testing.assert_equal(unpacked(stream), [8, np.nan, "why"])
    with pytest.raises(EOFError):
        unpacked(stream)


def test_while_grading_answers_to_earlier_chapters_are_lent_to_those_who_ask():
    judge = TrustedExecute()
    check = new_code_cell(
        "check(kl_divergence)", metadata={"nbgrader": nbgrader_metadata("c", solution=False, points=4)}
    )
    judge.nb = new_notebook(cells=[new_code_cell("from lossedu.mine import softmax"), check])
    earlier = judge.earlier_exercises()
    assert {"softmax", "binary_crossentropy"} <= set(earlier)
    assert not {"kl_divergence", "entropy", "adam_step", "shifted_share"} & set(earlier)
    judge.nb = new_notebook(cells=[check])
    assert judge.earlier_exercises() == []


def test_while_grading_other_answers_are_out_of_reach():
    program = """
    from lossedu import mine
    for name in "entropy", "_entropy":
        try:
            getattr(mine, name)
        except (ImportError, AttributeError) as error:
            print(type(error).__name__, error)
    """
    words = "is out of reach while submissions are graded, unlike answers to earlier chapters"
    assert guarded(program, "poisson") == [f"ImportError entropy {words}", f"AttributeError _entropy {words}"]


def test_while_grading_scikit_learn_brings_data_and_no_losses():
    program = """
    from sklearn.datasets import _base, load_digits
    print(load_digits(return_X_y=True)[0].shape)
    try:
        from sklearn.metrics import log_loss
    except ImportError as error:
        print(error)
    try:
        open(_base.__file__.replace("datasets/_base", "metrics/_regression"))
    except PermissionError as error:
        print(error.__class__.__name__)
    """
    shape, refused, unread = guarded(program)
    assert shape == "(1797, 64)"
    assert refused == "sklearn.metrics is out of reach while submissions are graded: answer in NumPy"
    assert unread == "PermissionError"
