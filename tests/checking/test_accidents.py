"""If lossedu itself fails, the verdict says so and does not blame the answer. But no answer makes lossedu fail."""

import base64
import contextlib
import itertools
import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

from lossedu import check, exercises, losses
from lossedu.checking import KernelAnswer, UndecidedError, _functions, notes
from lossedu.checking._answers import as_description
from lossedu.checking._render import as_html, as_text
from lossedu.checking.probe import describe, encode
from tests.checking import sent, verdict
from tests.sampling import SAMPLE_OR_ALL, sampled

ALL = [exercises.get(name) for name in exercises.names()]
FUNCTIONS = [each for each in ALL if isinstance(each, exercises.FunctionExercise)]
COUNTEREXAMPLES = [each for each in ALL if isinstance(each, exercises.CounterexampleExercise)]
VALUES = [each for each in ALL if isinstance(each, exercises.NumberExercise | exercises.ExpressionExercise)]


def raising(error):
    """A function that raises an error, whatever it is given."""

    def function(*arguments, **options):
        raise error

    return function


# --- Accidents ------------------------------------------------------------------------------------------------------

ERRORS = [
    ValueError("made up"),
    TypeError("made up"),
    KeyError("made up"),
    ZeroDivisionError("made up"),
    AssertionError("made up"),
    MemoryError("made up"),
    RecursionError("made up"),
    NotImplementedError("made up"),
    StopIteration("made up"),
]


def break_judge(monkeypatch, error):
    monkeypatch.setattr(_functions, "judge", raising(error))
    return "kl_divergence", losses.kl_divergence


def break_reference(monkeypatch, error):
    monkeypatch.setattr(exercises.get("kl_divergence"), "reference", raising(error))
    return "kl_divergence", losses.kl_divergence


def break_cases(monkeypatch, error):
    monkeypatch.setattr(exercises.get("kl_divergence"), "build_cases", raising(error))
    return "kl_divergence", losses.kl_divergence


def break_refutes(monkeypatch, error):
    monkeypatch.setattr(exercises.get("equals_apart"), "refutes", raising(error))
    return "equals_apart", [0.5, 0.5]


@pytest.mark.parametrize("broken", [break_judge, break_reference, break_cases, break_refutes])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_ours_is_no_fault_of_the_answer(monkeypatch, broken, error):
    name, answer = broken(monkeypatch, error)
    found = verdict(name, answer)
    assert "made up" in found.accident or found.accident.startswith("RuntimeError: the reference of kl_divergence ")
    assert (found.passed, found.points, found.diagnosis) == (False, 0, None)
    assert {aspect.passed for aspect in found.aspects} == {None}
    assert found.max_points == exercises.get(name).points
    assert found.message.startswith("not judged: lossedu itself failed here (")
    assert found.message.endswith("This is not your mistake.")
    assert found.summary.startswith("not judged: lossedu itself failed here (")
    json.dumps(found.as_dict())


def test_an_accident_says_where_in_lossedu_it_happened(monkeypatch):
    monkeypatch.setattr(_functions, "PUBLIC_OUTCOMES", {})  # or the reference would not be called
    monkeypatch.setattr(exercises.get("kl_divergence"), "protocol", "unheard of")
    accident = verdict("kl_divergence", losses.kl_divergence).accident
    assert "KeyError: 'unheard of'" in accident
    assert accident.endswith(")")
    assert "_functions.py, line " in accident


def test_an_accident_that_cannot_be_printed_is_told_all_the_same(monkeypatch):
    class UnprintableError(Exception):
        def __str__(self):
            raise RuntimeError

    monkeypatch.setattr(_functions, "judge", raising(UnprintableError()))
    assert "UnprintableError" in verdict("kl_divergence", losses.kl_divergence).message


def test_check_shows_an_accident_and_notes_no_progress(monkeypatch, capsys):
    noted = []
    monkeypatch.setattr(notes, "add", lambda note, course: noted.append(note))
    monkeypatch.setattr(exercises.get("equals_apart"), "refutes", raising(ValueError("made up")))
    with pytest.raises(UndecidedError, match=r"^equals_apart: not judged$"):
        check(equals_apart=[0.5, 0.5])
    assert "lossedu itself failed here (ValueError: made up" in capsys.readouterr().out
    assert noted == []


def test_an_accident_is_not_shown_as_wrong(monkeypatch):
    monkeypatch.setattr(exercises.get("equals_apart"), "refutes", raising(ValueError("made up")))
    found = verdict("equals_apart", [0.5, 0.5])
    assert "✗" not in as_html(found)
    assert "0 of 1" not in as_text(found)


def test_an_interrupt_is_no_accident(monkeypatch):
    for name, answer in (("kl_divergence", raising(KeyboardInterrupt)), ("wasted_bits", Interrupting())):
        with pytest.raises(KeyboardInterrupt):
            verdict(name, answer)


class Interrupting:
    def __add__(self, other):
        raise KeyboardInterrupt


# --- Answers of every kind ------------------------------------------------------------------------------------------


def accidents(answers, of=ALL, **options):
    """The exercises and the kinds of answers, by name, that lead to an accident."""
    return [
        f"{exercise.name}, {kind}: {found.accident}"
        for exercise in of
        for kind, answer in answers.items()
        if (found := verdict(exercise.name, answer, **options)).accident
    ]


ARRAYS = {
    "number": np.array(0.5),
    "zero": np.array(0.0),
    "negative number": np.array(-1.0),
    "empty": np.zeros(0),
    "one entry": np.ones(1),
    "two": np.array([0.25, 0.75]),
    "three": np.array([0.0, 1.0, 2.0]),
    "ones": np.ones(3),
    "negative": -np.ones(2),
    "huge": np.array([1e300, -1e300]),
    "NaN": np.array([np.nan, 1.0]),
    "infinity": np.array([np.inf, -np.inf]),
    "column": np.ones((4, 1)),
    "square": np.eye(3),
    "matrix": np.zeros((2, 3)),
    "3-D": np.full((2, 2, 2), 0.5),
    "nothing in 3-D": np.zeros((2, 0, 3)),
}


def test_no_arrays_make_a_counterexample_an_accident():
    found = []
    for exercise in COUNTEREXAMPLES:
        example = [np.asarray(part, float) for part in exercise.example]
        parts = len(example)
        alone = [[array] * parts for array in ARRAYS.values()]
        turned = [[*ARRAYS.values()][i:] + [*ARRAYS.values()][:i] for i in range(0, len(ARRAYS), 3)]
        pairs = [
            [one, other, other][:parts] for others in turned for one, other in zip(ARRAYS.values(), others, strict=True)
        ]
        replaced = [[*example[:i], array, *example[i + 1 :]] for i in range(parts) for array in ARRAYS.values()]
        candidates = alone + (pairs + replaced if parts > 1 else [])
        answers = {str([part.tolist() for part in each]): each if parts > 1 else each[0] for each in candidates}
        found += accidents(answers, [exercise])
    assert not found, found


def test_every_counterexample_of_ours_is_right_as_arrays_of_any_kind():
    """A part that is a number may be an array with one number in it."""
    for exercise in COUNTEREXAMPLES:
        arrays = [np.asarray(part, float) for part in exercise.example]
        wrapped = [array[None] if array.ndim == 0 else array for array in arrays]
        for answer in (arrays, wrapped):
            assert verdict(exercise.name, answer if len(answer) > 1 else answer[0]).passed, exercise.name


P, Q = sympy.Symbol("p"), sympy.Symbol("q", positive=True)
NAMELESS = type("", (), {})


class Broken:
    """Raises something else whatever is done with it."""

    __add__ = raising(OSError)
    __array__ = raising(GeneratorExit)
    __float__ = raising(SystemExit)
    __iter__ = raising(BaseException)
    __repr__ = raising(StopIteration)


ODD_VALUES = {
    "text": "0.25",
    "no text": "",
    "bytes": b"1",
    "list": [0.25],
    "ragged": [[1], [2, 3]],
    "dict": {"a": 1},
    "set": {1},
    "range": range(3),
    "generator": (x for x in (1, 2)),
    "endless iterator": itertools.count(),
    "complex": 0.25j,
    "complex NaN": complex("nan+1j"),
    "NaN": math.nan,
    "infinity": math.inf,
    "bool": True,
    "huge": 10**400,
    "too many digits": -(10**5000),
    "fraction": Fraction(10**400, 3),
    "decimal": Decimal("0.25"),
    "decimal NaN": Decimal("sNaN"),
    "number": np.array(0.25),
    "array": np.array([1.0, 2.0]),
    "long array": np.ones(10**5),
    "long tuple": (np.ones(10**5), np.ones(10**5)),
    "objects": np.array([None, 1], object),
    "records": np.zeros(2, [("a", float)]),
    "masked": np.ma.masked,
    "masked array": np.ma.array([1.0, 2.0], mask=[False, True]),
    "np.matrix": np.ones((1, 2)).view(np.matrix),
    "date": np.datetime64("2020-01-01"),
    "long double": np.longdouble("1e4000"),
    "np.str_": np.str_("a"),
    "class": Broken,
    "broken": Broken(),
    "nameless": NAMELESS(),
    "function": raising(ValueError),
    "module": np,
    "NotImplemented": NotImplemented,
    "oo": sympy.oo,
    "zoo": sympy.zoo,
    "nan": sympy.nan,
    "I": sympy.I,
    "symbol": sympy.Symbol("with a space"),
    "dummy": sympy.Dummy(),
    "matrix": sympy.Matrix([[1, P], [2, 3]]),
    "relation": P < 1,
    "equation": sympy.Eq(P, 1),
    "truth": sympy.true,
    "both": sympy.And(P > 0, P < 1),
    "tuple of SymPy": sympy.Tuple(P, 1),
    "set of SymPy": sympy.FiniteSet(1),
    "function of SymPy": sympy.Function("f")(P),
    "integral": sympy.Integral(sympy.exp(P**2), P),
    "derivative": sympy.Derivative(P**2, P),
    "sum": sympy.Sum(P, (P, 1, 3)),
    "order": sympy.O(P),
    "polynomial": sympy.Poly(P**2 + 1, P),
    "lambda": sympy.Lambda(P, P),
    "huge integer": sympy.Integer(10) ** 400,
    "huge rational": sympy.Rational(10**400, 3),
    "huge power": sympy.Pow(10, 10**30, evaluate=False),
    "tower": sympy.exp(sympy.exp(sympy.exp(1000 * P))),
    "tiny": sympy.Float("1e-5000"),
    "log 0": sympy.log(sympy.Integer(0), evaluate=False),
    "1 / 0": sympy.Pow(P - P, -1, evaluate=False),
    "no piece": sympy.Piecewise((1, P < -1)),
    "maximum": sympy.Max(P, Q),
    "deep": sympy.Add(*[P] * 2, evaluate=False),
}
for _ in range(200):
    ODD_VALUES["deep"] = sympy.sin(ODD_VALUES["deep"], evaluate=False)


class Described(KernelAnswer):
    """An answer whose description was sent from another process."""

    def __init__(self, answer):
        self.description = as_description(sent(describe(answer)))

    def described(self):
        return self.description


@SAMPLE_OR_ALL
def test_no_value_is_an_accident(tried):
    """An exercise of each kind gets all odd values; of those sent from elsewhere, each exercise gets others."""
    of_each_kind = map(exercises.get, ("wasted_bits", "entropy_slope", "equals_apart", "there_and_back"))
    described = {kind: Described(value) for kind, value in ODD_VALUES.items()}
    found = accidents(ODD_VALUES, of_each_kind)
    for number, exercise in enumerate(VALUES + COUNTEREXAMPLES):
        found += accidents(dict(sampled(described.items(), tried, 8, start=number)), [exercise])
    assert not found, found


class Answers:
    """Takes all arguments and has all methods; each returns `value`."""

    value = None

    def __init__(self, *arguments, **options):
        pass

    def __getattr__(self, name):
        return lambda *arguments, **options: self.value


RETURNED = {
    "nothing": None,
    "text": "0.25",
    "bool": True,
    "complex": 1j,
    "huge": 10**400,
    "NaN": math.nan,
    "infinity": -math.inf,
    "fraction": Fraction(1, 2),
    "decimal": Decimal("0.5"),
    "list": [1.0],
    "dict": {},
    "generator": (x for x in (1, 2)),
    "broken": Broken(),
    "nameless": NAMELESS(),
    "class": Broken,
    "pair": (1.0, 2.0),
    "pair of nothing": (None, None),
    "pair of texts": ("w", {}),
    "pair of a shape": (np.zeros(9), 5),
    "three": (1.0, None, "a"),
    "no parts": (),
    "number": np.array(0.0),
    "empty": np.zeros(0),
    "shape": np.zeros((1, 2, 0, 3)),
    "many axes": np.zeros((1,) * 30),
    "objects": np.array([1, 2.5], object),
    "complex array": np.array(1j),
    "records": np.zeros(2, [("a", float)]),
    "dates": np.array("2020", dtype="M8[D]"),
    "void": np.void(b"a"),
    "masked": np.ma.masked,
    "masked array": np.ma.array([1.0, 2.0], mask=[True, False]),
    "np.matrix": np.ones((1, 2)).view(np.matrix),
    "float16": np.float16(3),
    "uint8": np.uint8(3),
    "big-endian": np.array([1.0, 2.0], ">f8"),
    "long double": np.longdouble("1e4000"),
    "read-only": np.broadcast_to(0.0, (3, 3)),
}


def returning(value, protocol):
    """A function that returns a value, or a class whose methods do, as an exercise asks."""
    if protocol == "methods":
        return type("Returning", (Answers,), {"value": value})
    return lambda *arguments, **options: value


class UnprintableError(Exception):
    __str__ = raising(ValueError)


class OwnError(BaseException):
    """An error that is not an `Exception`."""


RAISED = {
    "GeneratorExit": GeneratorExit(),
    "SystemExit": SystemExit(3),
    "BaseException": OwnError("own"),
    "StopIteration": StopIteration(),
    "AssertionError": AssertionError(),
    "MemoryError": MemoryError(),
    "RecursionError": RecursionError(),
    "NotImplementedError": NotImplementedError(),
    "several lines": ValueError("a\nb\nc"),
    "no Unicode": ValueError("\ud800"),
    "unprintable": UnprintableError(),
    "syntax": SyntaxError("bad", ("f", 1, 2, "abc")),
    "warning": UserWarning("x"),
}


def writes(*arguments, **options):
    """Write into all arguments, and take them apart."""
    for argument in arguments:
        for write in (lambda a: a.__setitem__(..., 7), lambda a: a.clear(), lambda a: a.resize((7,), refcheck=False)):
            with contextlib.suppress(Exception):
                write(argument)
    return 1.0


ODD_FUNCTIONS = {
    **{f"raises {kind}": raising(error) for kind, error in RAISED.items()},
    "yields": lambda *arguments, **options: (yield 1.0),
    "returns an argument": lambda *arguments, **options: arguments[0],
    "returns all arguments": lambda *arguments, **options: arguments,
    "returns weights and state": lambda *arguments, **options: (arguments[0], arguments[-1]),
    "returns a random number": lambda *arguments, **options: np.random.default_rng().random(),
    "writes into its arguments": writes,
    "takes no argument": lambda: 1.0,
    "is a number": 5,
    "is None": None,
    "is a type": int,
    "is a ufunc": np.add,
    "is builtin": print,
    "is a module": np,
    "has no methods": type("Empty", (), {"__slots__": ()}),
    "is nameless": NAMELESS,
}


@SAMPLE_OR_ALL
def test_no_function_is_an_accident(tried):
    """A quick exercise of each kind gets all of the odd functions, and every exercise a few of them in turn."""
    of_each_kind = sampled(("squared_error", "dense_backward", "StreamingMean", "sgd_step"), tried, 4)
    in_turn = 3 if tried == "all" else 1
    own_functions = {each.name: each.reference for each in FUNCTIONS}
    found, kinds = [], itertools.cycle([*ODD_FUNCTIONS, *RETURNED])
    for exercise in FUNCTIONS:
        odd = ODD_FUNCTIONS | {kind: returning(value, exercise.protocol) for kind, value in RETURNED.items()}
        some = odd if exercise.name in of_each_kind else {kind: odd[kind] for kind in itertools.islice(kinds, in_turn)}
        found += accidents(some, [exercise], own_functions=own_functions)
    assert not found, found


@pytest.mark.parametrize("kind", ["GeneratorExit", "SystemExit", "BaseException"])
def test_an_answer_that_raises_what_is_no_exception_is_told_so(kind):
    found = verdict("entropy", raising(RAISED[kind]))
    assert found.summary.startswith("stops with ")
    assert found.points == 0


# --- Kernels that a submission has changed --------------------------------------------------------------------------


def packed(dtype, shape, size):
    """An array of zeros as it goes over the wire, or what looks like one."""
    return {"dtype": dtype, "shape": shape, "data": base64.b64encode(bytes(size)).decode()}


ODD_ARRAYS = [
    packed("<f8", [1], 8),
    packed("<f8", None, 8),
    packed("<i8", [2], 16),
    packed("|b1", [2], 2),
    packed("|u1", [1], 1),
    packed("<f2", [1], 2),
    packed("<f16", [1], 16),
    packed("<f8", [2, 0], 0),
    packed("<f8", [1] * 40, 8),
    packed("<f8", [-1], 16),
    packed("<f8", 5, 8),
    packed("<O8", [1], 8),
    {"dtype": "<f8"},
    None,
    5,
    "a",
]
SYMBOLS = ["5", "", "'p', 'q'", "[]", "name='p'", "Symbol('p')", "'zz'", "None", "*'p'"]
NOTHING_READ = {"missing": False, "kind": None, "text": None, "number": None, "expression": None, "array": None}
DESCRIPTIONS = {
    "missing": [0, "x", None, []],
    "kind": [None, "", 5],
    "text": [None, "", "x" * 10**5, "a\nb", 5],
    "number": [None, 1, 10**400, True, math.nan, math.inf, "1", [1]],
    "expression": [
        *(f"Symbol({arguments})" for arguments in SYMBOLS),
        *("", "a", "'a'", "None", "True", "Float(3)", "Float('x')", "Integer('9')", "log()", "log(1, 2, 3)", "Pow(2)"),
        *("Max()", "Piecewise(1)", "Tuple()", "1 if 1 else 2", "lambda: 1", "Add(*[1])", "Add(**{})", "Float('1' * 9)"),
        *(
            "Rational(1, 0)",
            "Heaviside('a')",
            "sign(I)",
            "gamma(-1)",
            "exp(Tuple(1))",
            "Add(Tuple(1), 2)",
            "x" * 30_000,
        ),
        *(f"Mul({'9' * 400}, 0.1)", f"Integer({'9' * 5000})", f"{'-' * 5000}1", f"{'Abs(' * 300}1{')' * 300}"),
    ],
    "array": ODD_ARRAYS,
    "arrays": [*([array] * parts for array in ODD_ARRAYS for parts in (1, 2, 3)), [], 5, "ab", {"a": 1}],
}
OUTCOMES = [
    *([[array], None, ""] for array in ODD_ARRAYS),
    *([[], problem, {}] for problem in (None, "", 5, "stops", [], ["stops"], ["stops", 5], [5, {}], [["stops"], {}])),
    *([[], ["stops", {"error": error}], {}] for error in ("", "\n", "a\nb", "x" * 10**5, "{x}", "A: {near}", 5, None)),
    *([[], ["no end", {"seconds": seconds}], {}] for seconds in (1, 1.5, -1, "1", 10**400, True, None)),
    [[], ["returns no number", {"kind": "generator{returned}"}], {"returned": "{x}"}],
    *([[], ["stops", {"error": "ValueError: x"}], clues] for clues in (None, 5, "", [], {"line": "x"}, {"x": 1})),
    *([[], ["stops", {"error": "NameError: x"}], {"line": 10**400, "near": near}] for near in ("x", "{x}", 5)),
    *([[], ["stops", {"error": "NameError: x"}], {"line": 1, "code": code}] for code in ("{x}", "a\nb", 5, None)),
    [[packed("<f8", [1], 8)] * 5, ["unwritten", {}], {}],
    *([], "abc", 5, None, [5, None, {}]),
]


class Replying(KernelAnswer):
    """An answer in a kernel that replies to each request with a given text, or with one outcome for each call."""

    def __init__(self, reply=None, outcome=None):
        super().__init__("answer", lambda expression: self.same_for_all(outcome) if reply is None else reply)

    def try_on(self, exercise, argument_sets):
        self.calls = len(argument_sets)
        return super().try_on(exercise, argument_sets)

    def same_for_all(self, outcome):
        outcomes = [outcome] * self.calls
        return json.dumps({"defined": True, "attempts": [], "delegates": [], "unclear": None, "outcomes": outcomes})


def test_no_reply_of_a_kernel_is_an_accident():
    answers = {
        reply: Replying(reply) for reply in ("{}", "[]", "5", "null", "x", "", '{"defined": 1}', '{"attempts": 5}')
    }
    for reading, values in DESCRIPTIONS.items():
        for described in (NOTHING_READ, {**NOTHING_READ, **encode(describe(0.25))}):
            for value in values:
                text = json.dumps({"defined": True, "attempts": [], "described": {**described, reading: value}})
                answers[text] = Replying(text)
    of_each_kind = "wasted_bits", "entropy_slope", "equals_apart", "there_and_back", "unsquared_delta"
    found = accidents(answers, map(exercises.get, of_each_kind))
    outcomes = {str(outcome)[:100]: Replying(outcome=outcome) for outcome in OUTCOMES}
    of_each_kind = "squared_error", "mean_squared_error_gradient", "dense_backward", "StreamingMean", "sgd_step"
    found += accidents(outcomes, map(exercises.get, of_each_kind))
    assert not found, found
