"""What a teacher says to errors of Python and NumPy: each error is made here by the code that learners write."""

import math
import re
import string

import numpy as np
import pytest
import sympy

from lossedu import losses
from lossedu.checking import probe
from lossedu.checking._advice import ERRORS, advice_texts, advise, advise_on_error
from lossedu.checking._problems import describe_problem, read_clues, read_problem
from lossedu.exercises import get
from tests.checking import run_cell, sent, verdict

EXERCISE = get("entropy")
TABLE = np.array([[0.1, 0.2, 0.7]] * 4)
ROW = TABLE[0]
LABELS = np.array([1, 2, 3])
NAMES = {"x": TABLE, "v": ROW, "labels": LABELS, "listed": [1.0, 2.0], "math": math, "sympy": sympy}
NAMES |= {"p": sympy.Symbol("p"), "nothing": None, "once": np.float64(0.5), "no_axes": np.array(0.5), "state": {}}


def tried(code):
    """Try a function whose only line is `code` in a cell with `NAMES`."""
    line = code if re.match(r"\w[\w, \[\]]*(?<![<>!=]) [-+*/]?= ", code) else f"return {code}"
    cell = run_cell(f"def answer():\n    {line}\n    return 0.0\n")
    cell.update(NAMES)
    outcome = probe.attempt(cell["answer"], {}, {})
    assert outcome.problem is not None, code
    return outcome


SAID = {
    # shapes
    "x - x.max(-1)": "max removed an axis, so shapes (4,3) and (4,) do not fit. With keepdims=True",
    "x / np.sum(x, axis=1)": "sum removed an axis, so shapes (4,3) and (4,) do not fit",
    "(x * np.ones(4)).sum(-1)": "If max, sum or mean removed it, write keepdims=True there",
    "np.sum(x, axis=-1) * x": "If max, sum or mean removed it, write keepdims=True there",
    "np.argmax(x, -1) == x[:, :2] * np.ones((5, 4, 2))[0]": "both lengths must be equal, or one of them 1",
    "v - np.ones(4)": "both lengths must be equal, or one of them 1",
    "np.ones((2, 3)) * np.ones((3, 2))": "both lengths must be equal, or one of them 1",
    "v.__iadd__(x)": "Write x = x + y, not x += y",
    "x @ x": "The elementwise product is *",
    "x.dot(x)": "The elementwise product is *",
    "np.array([[1, 2], [3]])": "rows of one length",
    "np.zeros(3).__setitem__(0, v)": "One entry of an array holds one number",
    "v.sum(1)": "there is no axis 1. Count from the end",
    "np.sum(v, axis=-2)": "there is no axis -2. Was it reduced before",
    "v[:, 0]": "The array is 1-dimensional here, but the code needs 2 axes",
    "v[0, 0]": "fit any number of axes, unlike x[i, j]",
    "v.shape[1]": "shape[-1] is the length of the last axis",
    "n, d = v.shape": "The code expects a fixed number of axes",
    "n, d = np.ones((1, 2, 3)).shape": "The code expects a fixed number of axes",
    "v.reshape(2, 2)": "as many entries as the array, here 3",
    "v[v > 9].max()": "does a condition select nothing?",
    "x[0, 5]": "This axis has length 3, and indices are counted from 0, so there is no index 5",
    "np.eye(3)[labels]": "can a label lie outside the classes?",
    "v[-5]": "there is no index -5. Can there be fewer entries",
    "np.max(1 - v, 0).mean(axis=-1)": "The second argument of np.max is an axis",
    "v / np.max(v, 1e-7)": "The second argument of np.max is an axis",
    "1.0 if v else 2.0": "If this asks whether v was given, write `v is not None`",
    "listed[5]": "The list is shorter than that",
    "x[np.array([True] * 3)]": "A mask must have the shape",
    "np.stack([v, x])": "NumPy joins arrays only if",
    # truth values
    "max(v, 0)": "Python's max compares whole arrays. np.maximum",
    "min(v, v)": "Python's min compares whole arrays. np.minimum",
    "1 if v > 0 else 0": "np.where(condition, value_if_true, value_if_false)",
    "v > 0 and v < 1": "write (0 < x) & (x < 1)",
    "0 < v < 1": "write (0 < x) & (x < 1)",
    "not v": "~ for not",
    "max(p, 0)": "sympy.Max",
    # operators
    "v ^ 2": "write x ** 2",
    "1.5 ^ 2": "write x ** 2",
    "p ^ 2": "write x ** 2",
    "v > 0 & v < 1": "Put each comparison in brackets",
    "~v": "write 1 - y",
    "(v > 0) - (v < 0)": "(x > 0).astype(float)",
    "v.mean / 2": "Round brackets call it",
    "1 - v.sum": "Round brackets call it",
    "np.sum[v]": "Round brackets call it",
    "v.mean > 1": "Round brackets call it",
    "nothing * v": "A value here is None",
    "np.log(nothing)": "A value here is None",
    "nothing.sum()": "A value here is None",
    "(a for a in v) * 2": "np.array([... for x in values])",
    "np.exp(a for a in v)": "np.array([... for x in values])",
    "listed - listed": "Lists and tuples have no arithmetic",
    "-listed": "Lists and tuples have no arithmetic",
    "listed > 1": "Lists and tuples have no arithmetic",
    "listed[0, 1]": "A list takes one index",
    "state * v": "A dict has no arithmetic",
    "'1' + 1": "A string is used where a number is needed",
    # SymPy
    "np.log(p)": "In a derivation write sympy.log",
    "np.exp(p + 1)": "In a derivation write sympy.exp",
    "float(p)": "Use SymPy's own function",
    "math.sqrt(p)": "In a derivation write sympy.sqrt",
    "np.exp(np.array([1, 2], object))": "(dtype object)",
    # one number, and many
    "math.exp(v)": "np.exp, takes a whole array",
    "float(v)": "x.astype(float)",
    "np.max(v, v)": "The second argument of np.max is an axis",
    "listed[v]": "An array is no index of a list",
    "sum(once)": "This value is a single number",
    "once[0]": "This value is a single number",
    "len(once)": "This value is a single number",
    "sum(no_axes)": "This value is a single number",
    "range(3.0)": "use // for division",
    "v[: 3 / 2]": "use // for division",
    "v[1.0]": "labels.astype(int) gives integers",
    "np.eye(3)[v]": "labels.astype(int) gives integers",
    # calls
    "sum(x, axis=0)": "write np.sum(x, axis=-1)",
    "np.mean(v, keepdim=True)": "Did you mean keepdims?",
    "v.sum(axes=0)": "Did you mean axis?",
    "np.log(v, axis=0)": "This function works entry by entry",
    "np.log(v, 2)": "use np.log2 or np.log10",
    "np.maximum(v, 0, 1)": "the array that gets the result",
    "np.zeros(3, 4)": "np.zeros((3, 4))",
    "np.where(v > 0, v)": "np.where takes three arguments",
    "(lambda a: a)()": "compare the call with its definition",
    "v(0)": "An index takes square ones",
    "listed(v)": "Is a * missing in front of the bracket",
    "math(v)": "as in math.exp(x)",
    # names
    "exp(v)": "Did you mean np.exp?",
    "V.sum()": "Did you mean v?",
    "lables + 1": "Did you mean labels?",
    "quite_unknown": "check its spelling",
    "np.maxium(v, 0)": "Did you mean np.maximum?",
    "np.float(1)": "use Python's",
    "v.exp()": "The function np.exp takes the array as its argument",
    "v.shap": "Did you mean shape?",
    "listed.T": "np.array(...) makes one",
    "listed.mean()": "The function np.mean also takes numbers and lists",
    "total = total + 1": "Give it a first value at the top",
    "__import__('no_such_package')": "NumPy is all that an answer needs",
    # numbers
    "1 / 0": "Python stops at a division by 0",
    "math.log(0)": "what should the result be then?",
    "math.exp(1e4)": "too large to be stored",
    "int(math.inf)": "Infinity and NaN are no whole numbers",
    "labels.__iadd__(v)": "cannot store numbers of float64 in an array of int64",
    "labels ** -1": "negative powers",
    "np.bincount(v)": "x.astype(int)",
    # others
    "state['m'] * 2": "The state is empty before the first step",
    "np.broadcast_to(1.0, 3).__setitem__(0, 2)": "Change a copy",
    "answer()": "The function calls itself without end",
    "{v}": "np.unique",
    "round(v, 2)": "np.round",
    "np.zeros((10**7, 10**7))": "not fit in memory",
    # what is returned
    "[1.0, 2.0]": "to make an array of the list",
    "(1.0, 2.0)": "A comma makes a tuple",
    "{'loss': 1.0}": "without names",
    "{1.0}": "which has no order",
    "(a for a in v)": "make a generator, which has not computed anything yet",
    "map(float, v)": "Nothing is computed yet",
    "v.mean": "Brackets call it: mean().",
    "np.mean": "Brackets call it: mean().",
    "lambda: 1.0": "This is the function itself",
    "f'{v.sum():.2f}'": "without formatting",
    "p": "SymPy derives formulas",
    "np.array([1j])": "Complex numbers",
    "np.array([None])": "It holds other things than numbers",
    "np.array(['a'])": "It holds strings",
}


@pytest.mark.parametrize("code", SAID)
def test_an_error_gets_the_sentence_that_a_teacher_would_say(code):
    outcome = tried(code)
    assert SAID[code] in (advise(outcome.problem, outcome.clues, EXERCISE) or ""), describe_problem(outcome.problem)


@pytest.mark.parametrize("code", SAID)
def test_the_advice_is_the_same_for_an_answer_in_another_process(code):
    outcome = tried(code)
    _, problem, clues = sent(probe.as_data(outcome))
    assert advise(read_problem(problem), read_clues(clues), EXERCISE) == advise(
        outcome.problem, outcome.clues, EXERCISE
    )


@pytest.mark.parametrize(
    "error",
    [
        *("ValueError: my own check failed", "AssertionError: ", "KeyError: 'loss'", "NameError", "TypeError", ""),
        *("RuntimeError: operands", "LinAlgError: Singular matrix", "ValueError: axes don't match array"),
    ],
)
def test_an_error_that_is_not_known_gets_no_advice(error):
    assert advise_on_error(error) is None


def test_every_advice_on_an_error_is_tested():
    said = [advise(outcome.problem, outcome.clues, EXERCISE) for outcome in map(tried, SAID)]
    untested = [each.sentence for each in ERRORS if not any(fills(each.sentence, text) for text in said)]
    said_elsewhere = [
        each.sentence for each in ERRORS if each.at_the_door or "name 'np'" in each.error or "self" in each.code
    ]
    assert sorted(untested) == sorted(said_elsewhere)


def fills(template, text):
    """Tell whether a text is a template that has been filled in."""
    parts = [re.escape(literal) for literal, *_ in string.Formatter().parse(template)]
    return re.fullmatch(".+?".join(parts) + ".*?", text or "") is not None


def test_a_notebook_whose_first_cell_has_not_run_is_sent_there():
    cell = run_cell("def entropy(p):\n    return -np.sum(p)")
    del cell["np"]
    assert "Run the cell at the top of the chapter" in verdict("entropy", cell["entropy"]).message


@pytest.mark.parametrize("source", ["def entropy():\n    return 0.0", "def entropy(p, q):\n    return 0.0"])
def test_a_changed_signature_is_told_with_the_call_of_the_check(source):
    found = verdict("entropy", run_cell(source)["entropy"])
    assert "The check calls entropy(p). Keep the arguments of the stub" in " ".join(found.message.split())


def test_an_option_that_was_renamed_is_told_with_the_call_of_the_check():
    cell = run_cell("def huber(y_true, y_pred, d=1.0):\n    return losses.huber(y_true, y_pred, d)")
    cell["losses"] = losses
    assert "The check calls huber(y_true, y_pred, delta=1.0)." in verdict("huber", cell["huber"]).message


def test_an_attribute_that_nothing_has_set_is_sent_to_init():
    cell = run_cell("""
        class StreamingMean:
            def update_state(self, values, sample_weight=None):
                self.sum += np.sum(values)

            def result(self):
                return self.sum

            def reset_state(self):
                self.sum = 0.0
        """)
    found = verdict("StreamingMean", cell["StreamingMean"])
    assert "self.sum has no value yet: give it a first one in __init__." in found.message


def test_results_that_are_missing_are_named():
    def softmax_loss(scores, labels, ignore_label=None, normalization="valid"):
        return scores.sum()

    def sgd_step(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
        return w - learning_rate * g

    def nothing(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
        w - learning_rate * g

    assert "Return all results, in this order: loss, prob." in verdict("softmax_loss", softmax_loss).message
    assert "A step ends with `return w, state`" in verdict("sgd_step", sgd_step).message
    assert verdict("sgd_step", nothing).message.startswith("returns None; is the `return` missing?")


def test_a_case_that_no_branch_handles_is_asked_for():
    entropy = run_cell("def entropy(p):\n    if p.size != 2:\n        return p.sum(-1)")["entropy"]
    assert "which case has no branch?" in verdict("entropy", entropy).message
    assert "branch" not in verdict("entropy", lambda p: None).message


def test_an_answer_that_keeps_something_is_asked_for_it():
    kept = []

    def entropy(p):
        kept.append(p)
        return len(kept) + 0.0

    assert "keep a value between calls, or draw at random?" in " ".join(verdict("entropy", entropy).message.split())


def test_another_stub_that_an_answer_calls_is_named():
    cell = run_cell("""
        def entropy(p):
            raise NotImplementedError()

        def cross_entropy(p, q):
            return entropy(p) + 1
        """)
    found = verdict("cross_entropy", cell["cross_entropy"], own_functions=cell)
    assert found.summary == "calls entropy, which is not written yet"
    assert verdict("entropy", cell["entropy"]).summary == "not written yet"


def test_a_sentence_never_becomes_a_format_of_what_a_submission_sends():
    problem = read_problem(["stops", {"error": "NameError: name '{0.__class__}' is not defined {near}"}])
    clues = read_clues({"line": 1, "code": "{call}", "near": "{x}"})
    assert "near" not in clues
    assert "{0.__class__}" in describe_problem(problem)
    assert advise(problem, clues).startswith("No cell that has run")


@pytest.mark.parametrize(
    "text", ["'" * 500, "for ^: " * 70, "shapes (" + "1," * 245, "<" * 500, "math." * 100, "local variable '" * 31]
)
def test_advice_is_found_in_little_time_whatever_the_error_is(text):
    """Patterns look at strangers' texts: none of them may take more than linear time."""
    import time

    begin = time.process_time()
    for start in ("", "TypeError: ", "ValueError: The truth value of an array", "NameError: ", "AttributeError: "):
        advise_on_error((start + text)[:500], {"line": 1, "code": text}, get("entropy"))
    assert time.process_time() - begin < 0.5


def test_all_sentences_are_short():
    for text in advice_texts():
        assert all(len(sentence.split()) <= 25 for sentence in re.split(r"(?<=[.?:]) ", text)), text
