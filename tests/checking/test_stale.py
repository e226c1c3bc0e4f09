"""If a cell stopped, `check` says that it judges an earlier answer; the rest of the verdict does not change."""

import numpy as np
import pytest

from lossedu import losses
from lossedu.checking import Stopped
from lossedu.checking._render import MIME_TYPE, as_html, as_text
from tests.checking import verdict

EARLIER = "wasted_bits = -0.25"
SENTENCE = "Your cell stopped with {error}, so this is still your earlier answer, -0.25."


@pytest.fixture(autouse=True, scope="module")
def first_cell(run):
    """The first cell of a notebook of the course: its only line on lossedu is an import."""
    assert run("import numpy as np\nfrom lossedu import check") == []


def stale(run, *cells, check="check(wasted_bits=wasted_bits)"):
    """Run these cells; return what `check` says of an earlier answer, and the whole verdict."""
    for cell in cells:
        run(cell)
    shown = run(check)[0].data
    found = shown[MIME_TYPE]
    assert (found["stale"] or "") in shown["text/plain"]
    return found["stale"], found


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("wasted_bits = 0.25 +", "SyntaxError"),
        ("x = 1\nwasted_bits = (0.25\nx = 2", "SyntaxError"),
        ("if True:\nwasted_bits = 0.25", "IndentationError"),
        ("wasted_bits = 0.25\nreturn 3 +", "SyntaxError"),
        ("wasted_bits: float = 0.25)", "SyntaxError"),
        ("return 3\nwasted_bits = 0.25", "SyntaxError"),
        ("wasted_bits = unknown + 1", "NameError"),
        ("missing()\nwasted_bits = 0.25", "NameError"),
        ("import numpy as np\n\nwasted_bits = (\n    np.log2(4)\n    - 1 / 0\n)", "ZeroDivisionError"),
        ("for i in range(3):\n    1 / (i - 1)\n    if i > 1:\n        wasted_bits = i", "ZeroDivisionError"),
        ("with open('/nowhere') as file:\n    wasted_bits = 0.25", "FileNotFoundError"),
        ("wasted_bits, other = 1 / 0, 2", "ZeroDivisionError"),
        ("%%time\nwasted_bits = 1 / 0", "ZeroDivisionError"),
        ("%%time\nwasted_bits = 0.25 +", "SyntaxError"),
        ("%matplotlib inline\nwasted_bits = 1 / 0", "ZeroDivisionError"),
        ("await missing\nwasted_bits = 0.25", "NameError"),
        ("raise KeyboardInterrupt\nwasted_bits = 0.25", "KeyboardInterrupt"),
    ],
)
def test_an_answer_that_a_stopped_cell_did_not_replace_is_called_earlier(run, cell, error):
    sentence, found = stale(run, EARLIER, cell)
    assert sentence.startswith(SENTENCE.format(error=f"{'an' if error[0] == 'I' else 'a'} {error}"))
    assert found["message"].startswith(f"{sentence}\n-0.25 is not what was asked for.\nOrder or weights: ")
    assert (found["points"], found["diagnosis"]) == (0, "order or weights")


@pytest.mark.parametrize(
    "cell",
    [
        "wasted_bits = 3\n1 / 0",
        "wasted_bits = -0.25\n1 / 0",
        "wasted_bits = 3\nreturn 3",
        "for wasted_bits in (1, 2):\n    pass\n1 / 0",
        "for i in range(3):\n    1 / (1 - i)\n    wasted_bits = i",
        "with np.errstate(all='ignore'):\n    wasted_bits = np.float64(3)\n    1 / 0",
        "try:\n    wasted_bits = 3\nfinally:\n    1 / 0",
        "print(wasted_bits)\n1 / 0",
        "def f():\n    wasted_bits = 3\n1 / 0",
        "%%time\nwasted_bits = 3\n1 / 0",
        "wasted_bits_of_mine = 1 / 0",
        "wasted_bits == 3 +",
        "# wasted_bits = 3\n1 +",
        "wasted_bits = None  # a number\n# YOUR CODE HERE\nraise NotImplementedError()",
        "wasted_bits = None\nwasted_bits = 1 / 0",
    ],
)
def test_an_answer_that_the_stopped_cell_gave_or_never_would_have_given_is_not_stale(run, cell):
    assert stale(run, EARLIER, cell)[0] is None


@pytest.mark.parametrize(
    "cell",
    [
        "wasted_bits = 3\n1 / 0",
        "wasted_bits = 3\nreturn 3",
        "%%time\nwasted_bits = 3\n1 / 0",
        "wasted_bits = None  # a number\n# YOUR CODE HERE\nraise NotImplementedError()",
    ],
)
def test_an_answer_that_is_the_same_object_as_the_earlier_one_is_not_stale(run, cell):
    assert stale(run, cell, cell)[0] is None


@pytest.mark.parametrize(
    "cells",
    [
        ("wasted_bits = 3",),
        ("wasted_bits = -0.25",),
        ("if True:\n    wasted_bits = 3",),
        ("globals()['wasted_bits'] = 3.5",),
        ("wasted_bits = 3\n1 / 0",),
        ("wasted_bits = 3 +", "wasted_bits = 3"),
    ],
)
def test_an_answer_given_anew_is_not_stale(run, cells):
    assert stale(run, "wasted_bits = 7", "wasted_bits = 1 +", *cells)[0] is None


def test_an_answer_given_anew_in_the_cell_that_checks_it_is_not_stale(run):
    check = "wasted_bits = 3\ncheck(wasted_bits=wasted_bits)"
    assert stale(run, "wasted_bits = 3", "wasted_bits = 1 / 0", check=check)[0] is None


def test_an_answer_stays_stale_until_its_cell_succeeds(run):
    cells = EARLIER, "wasted_bits = 1 / 0", "print('in between')", "other = 3\n1 / 0", "check(wasted_bits=wasted_bits)"
    assert stale(run, *cells)[0].startswith(SENTENCE.format(error="a ZeroDivisionError"))
    assert stale(run, "wasted_bits = 1 +")[0] == SENTENCE.format(error="a SyntaxError")


def test_only_the_answer_of_that_name_is_stale(run):
    assert stale(run, EARLIER, "wasted_bits = 1 / 0", check="check(wasted_bits=7)")[0] is None
    assert stale(run, check="check(covering_deviation=wasted_bits)")[0] is None


def test_a_function_is_called_by_its_name(run):
    right = "def entropy(p):\n    return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)"
    sentence = "Your cell stopped with a SyntaxError, so this is still your earlier entropy."
    said, found = stale(run, right, "def entropy(p):\n    return -(p * np.log(p).sum(-1)", check="check(entropy)")
    assert said == sentence
    assert (found["passed"], found["points"], found["message"]) == (True, 3, f"{sentence}\nright")
    assert stale(run, right, check="check(entropy)")[0] is None
    sentence = "Your cell stopped with a NameError, so this is still your earlier entropy."
    assert stale(run, "@missing\ndef entropy(p):\n    return 3", check="check(entropy)")[0].startswith(sentence)


def test_a_class_is_called_by_its_name(run):
    earlier = "class StreamingMean:\n    pass"
    said, _ = stale(run, earlier, "class StreamingMean:\n    x = 1 / 0", check="check(StreamingMean)")
    assert said.startswith("Your cell stopped with a ZeroDivisionError, so this is still your earlier StreamingMean.")


def test_where_there_was_no_answer_before_only_the_stop_is_told(run):
    stub = "wasted_bits = None\nraise NotImplementedError()"
    said, found = stale(run, stub, "wasted_bits = [][0]")
    assert (
        said == "Your cell stopped with an IndexError. The list is shorter than that. Its indices are counted from 0."
    )
    assert found["message"] == f"{said}\nno answer yet."


def test_a_counterexample_and_an_expression_are_shown_in_one_line(run):
    array = "import sympy\nequals_apart = np.array([[0.9, 0.1], [0.5, 0.5]])"
    said, _ = stale(run, array, "equals_apart = (", check="check(equals_apart=equals_apart)")
    assert said.endswith("so this is still your earlier answer, array([[0.9, 0.1], [0.5, 0.5]]).")
    expression = "entropy_slope = sympy.Symbol('p') ** 2"
    said, _ = stale(run, expression, "entropy_slope = (", check="check(entropy_slope=entropy_slope)")
    assert said.endswith("so this is still your earlier answer, p**2.")


def test_the_cell_after_the_import_is_followed_already(run_anew):
    cells = "from lossedu import check\nwasted_bits = -0.25", "wasted_bits = 0.25 +"
    assert stale(run_anew, *cells)[0] == SENTENCE.format(error="a SyntaxError")


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("import sympy\np = sympy.Symbol('p')\nentropy_slope = np.log(p)", "In a derivation write sympy.log."),
        ("import sympy\np = sympy.Symbol('p')\nentropy_slope = p^2", "In Python ^ is not a power: write x ** 2."),
        ("wasted_bits = lg2(3)", "No cell that has run gives this name a value"),
        ("wasted_bits = log2(3)", "Did you mean np.log2?"),
        ("wasted_bits = np.lgo2(3)", "Did you mean np.log2?"),
    ],
)
def test_a_cell_that_stops_gets_the_sentence_of_a_teacher_at_once(run, cell, advice):
    *_, shown = run(cell)
    assert shown.output_type == "display_data"
    assert advice in shown.data["text/plain"]
    run("wasted_bits = entropy_slope = 3")


@pytest.mark.parametrize("cell", ["other = np.lgo2(3)", "wasted_bits = [][0", "wasted_bits = 3\nnp.lgo2(3)", "exp(3)"])
def test_a_cell_that_stops_without_an_answer_in_it_gets_none(run, cell):
    assert [output.output_type for output in run(cell)] == ["error"]


def test_whatever_a_cell_holds_following_it_shows_nothing(run):
    for cell in ("", "\n", "\x00", "😀", "!", "?", "%%", "%%time", "%%bash\n(", "wasted_bits =\\", "=", "(" * 300):
        texts = [output.get("text", "") for output in run(cell)]
        assert not any("lossedu" in text or "callback" in text for text in texts), cell


# --- As other callers say it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "named"),
    [("SyntaxError", "a SyntaxError"), ("IndexError", "an IndexError"), ("UnboundLocalError", "an UnboundLocalError")],
)
def test_the_caller_may_know_that_the_cell_stopped(error, named):
    found = verdict("wasted_bits", -0.25, stopped=Stopped(error))
    plain = verdict("wasted_bits", -0.25)
    assert found.stale == f"Your cell stopped with {named}, so this is still your earlier answer, -0.25."
    assert found.message == f"{found.stale}\n{plain.message}"
    assert (found.points, found.diagnosis, found.summary) == (plain.points, plain.diagnosis, plain.summary)
    assert (found.aspects, plain.stale) == (plain.aspects, None)


def test_the_sentence_stands_below_the_headline():
    found = verdict("entropy", lambda p: losses.entropy(p), stopped=Stopped("SyntaxError"))
    sentence = "Your cell stopped with a SyntaxError, so this is still your earlier entropy."
    assert as_text(found).startswith(f"entropy: 3 of 3 points\n\n{sentence}\n\n  values    right on")
    assert f'entropy: 3 of 3 points</strong><div style="margin: 4px 0">{sentence}</div><table' in as_html(found)
    with_words = verdict(
        "entropy_slope", None, stopped=Stopped("TypeError: unsupported operand type(s) for ^: 'Symbol' and 'int'")
    )
    assert with_words.stale == "Your cell stopped with a TypeError. In Python ^ is not a power: write x ** 2."
    hostile = verdict("entropy", np.sum, stopped=Stopped("<b>\n" * 100))
    assert "<b>" not in as_html(hostile)
    assert len(hostile.stale.splitlines()) == 1
