"""A failed check of a function of one variable draws the expected curve and the learner's."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lossedu import exercises, losses
from lossedu.checking import KernelAnswer, _curves
from lossedu.checking._answers import Answer
from lossedu.checking._curves import LARGEST, Curve, curve_beside, number_in, outcomes_of
from lossedu.checking._drawing import describe, written
from lossedu.checking._render import as_html, as_text
from lossedu.checking._verdict import Verdict
from lossedu.language import speaking
from tests.checking import verdict
from tests.checking.test_diagnosis import kernel_of

DRAWN = [exercise for exercise in map(exercises.get, exercises.names()) if getattr(exercise, "curve_along", None)]
SVG = "{http://www.w3.org/2000/svg}"
LARGEST_SVG = 6_000  # characters
FIELDS = {"argument": "x", "settings": "", "start": 0.0, "stop": 1.0}


def jump_at_delta(y_true, y_pred, delta=1.0):
    e = np.abs(y_pred - y_true)
    return np.where(e <= delta, e**2 / 2, delta * e).mean(-1)


def slope_of_1(y_true, y_pred, delta=1.0):
    e = np.abs(y_pred - y_true)
    return np.where(e <= delta, e**2 / 2, e - delta / 2).mean(-1)


def careless_log_cosh(y_true, y_pred):
    return np.log(np.cosh(y_pred - y_true)).mean(-1)


def svg_of(found):
    """Return the picture in the HTML of a verdict, parsed; None if there is none."""
    _, svg, rest = as_html(found).partition("<svg")
    if not svg:
        return None
    text = svg + rest[: rest.rindex("</svg>")] + "</svg>"
    assert len(text) < LARGEST_SVG
    return ET.fromstring(text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))  # noqa: S314  our own


def answer_of(exercise, misconception):
    """Return a misconception as a learner writes it: with the defaults of the stub."""
    return lambda *arguments, **options: misconception.answer(*arguments, **exercise.defaults | options)


# --- The numbers ----------------------------------------------------------------------------------------------------


def test_the_curves_are_the_reference_and_the_answer_on_one_entry():
    curve = verdict("huber", slope_of_1).curve
    assert (curve.argument, curve.settings) == ("y_pred - y_true", "y_true = 1, delta = 0.5")
    errors = np.linspace(-4, 4, 41)
    for e, value, right, yours in zip(errors, curve.values, curve.expected, curve.yours, strict=True):
        assert value == pytest.approx(e, abs=1e-4)
        assert right == pytest.approx(losses.huber([1.0], [1 + e], 0.5), rel=1e-4)
        assert yours == pytest.approx(slope_of_1(np.array([1.0]), np.array([1 + e]), 0.5), rel=1e-4)


@pytest.mark.parametrize("exercise", DRAWN, ids=lambda exercise: exercise.name)
def test_what_is_expected_does_not_depend_on_how_many_values_are_asked_at_once(exercise):
    for case in {case.aspect: case for case in exercise.public_cases}.values():
        (line, *_), grid = _curves.lines_through(exercise, case), np.linspace(*_curves.span_of(exercise, case), 9)
        alone = outcomes_of(exercise.reference, exercise, [line.at(value) for value in grid])
        assert _curves.right_numbers(exercise, line, grid) == tuple(map(number_in, alone))
        assert None not in map(number_in, alone)


def test_the_curve_passes_through_an_entry_of_the_input_that_is_shown():
    found = verdict("hinge", lambda y_true, y_pred: np.maximum(1 - y_true * y_pred, 0).mean(-1))
    assert "y_true = [0., 1.]" in found.message
    assert found.curve.settings == "y_true = 0"


def test_the_span_grows_to_where_the_curves_separate():
    curve = verdict("log_cosh", careless_log_cosh).curve
    for value, right, yours in zip(curve.values, curve.expected, curve.yours, strict=True):
        assert yours == (right if value < 710 else None)  # cosh(710.5) is the largest that a float can hold
    assert curve.stop > 800


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("huber", losses.huber),  # right
        ("mean_squared_error", lambda y_true, y_pred: ((y_true - y_pred) ** 2).sum(-1)),  # the same on one entry
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x)) + 1e-4),  # the difference is too small to see
        ("sigmoid", lambda x: x * np.nan),
        ("sigmoid", lambda x: x * 0 + 1e308),  # the answer lies far outside the picture
        ("sigmoid", lambda x: [x]),
        ("kl_divergence", lambda y_true, y_pred: y_true.sum(-1)),  # the exercise is no function of one variable
    ],
)
def test_a_curve_without_a_visible_difference_is_left_out(name, answer):
    assert verdict(name, answer).curve is None


@pytest.mark.parametrize(
    "odd",
    [
        *(np.nan, np.inf, 1e308, -1e308, 5e-324, 1e-300, np.finfo(float).max, "0.5", None, [1.0], 10**400, 1j, True),
        *(np.array(["a"]), np.zeros(10**4), np.array([1e308, -1e308]), np.float32(1e38), np.uint64(2**64 - 1)),
    ],
    ids=lambda odd: f"{odd!r:.12}",
)
@pytest.mark.parametrize("where", [0, 2.9])
def test_odd_outputs_on_one_entry_cost_nothing(odd, where):
    def plain(x):
        return np.tanh(x)

    def odd_on_one(x):
        return odd if np.size(x) == 1 and abs(np.ravel(x)[0]) > where and np.ravel(x)[0] != 2 else plain(x)

    found = verdict("sigmoid", odd_on_one)
    assert found.points == 0
    json.dumps(found.as_dict(), allow_nan=False)
    assert Verdict.from_dict(found.as_dict()) == found
    svg_of(found)


@pytest.mark.parametrize("error", [SystemExit, RecursionError, MemoryError, ValueError])
def test_an_answer_that_fails_for_the_curve_gets_the_same_verdict_without_one(error):
    def fails_on_one(y_true, y_pred, delta=1.0):
        if y_pred.size == 1:
            raise error
        return jump_at_delta(y_true, y_pred, delta)

    found = verdict("huber", fails_on_one)
    assert found.curve is None
    assert found.diagnosis == "a jump at delta"


def test_a_fault_in_drawing_costs_no_verdict(monkeypatch):
    monkeypatch.setattr(_curves, "first_telling", lambda *arguments: 1 / 0)
    assert verdict("huber", jump_at_delta).curve is None


def test_no_curve_is_computed_for_a_slow_answer(monkeypatch):
    monkeypatch.setattr("lossedu.checking._functions.SLOW", 0)
    assert verdict("huber", jump_at_delta).curve is None


def test_an_answer_in_a_kernel_gets_the_same_curve():
    names = {"np": np, "huber": jump_at_delta}
    there = verdict("huber", KernelAnswer("huber", kernel_of(names)))
    assert there.curve == verdict("huber", jump_at_delta).curve is not None


# --- As data --------------------------------------------------------------------------------------------------------


def curve(**changed):
    return Curve(**FIELDS | {"expected": (0.0,) * 10 + (1.0,), "yours": (0.0,) * 5 + (0.5,) * 6} | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"yours": (0.0,) * 3},
        {"yours": (), "expected": ()},
        {"yours": (0.0,) * 1000, "expected": (0.0,) * 1000},
        {"expected": (None,) * 11},
        *({"yours": (odd,) * 11} for odd in (float("nan"), float("inf"), "1", True, [0.0], 10**400, 5e-324)),
        *({"expected": (odd,) * 11} for odd in (float("nan"), 2 * LARGEST, "1", True, 1e-300)),
        {"start": 1.0},
        {"start": float("-inf")},
        {"argument": "a" * 1000},
        {"settings": "a" * 1000},
    ],
    ids=lambda changed: f"{changed!r:.40}",
)
def test_a_curve_holds_nothing_but_numbers_that_fit_together(changed):
    with pytest.raises(ValueError, match=r"expected|has"):
        curve(**changed)


@pytest.mark.parametrize("change", [{"yours": "0" * 41}, {"expected": None}, {"start": True}, {"settings": 1}])
def test_a_verdict_with_another_form_of_curve_is_refused(change):
    found = verdict("huber", jump_at_delta).as_dict()
    for odd in (found["curve"] | change, "a text", [], 1):
        with pytest.raises(ValueError, match=r"expected|has"):
            Verdict.from_dict(found | {"curve": odd})


def test_a_number_of_a_thousand_digits_is_refused():
    with pytest.raises(ValueError, match="points"):
        Verdict.from_dict(verdict("huber", jump_at_delta).as_dict() | {"points": 10**1000})


@pytest.mark.parametrize(
    "yours",
    [
        (1.7e308, -1.7e308) * 5 + (0.5,),
        (1e100, 1e-100) * 5 + (0.5,),
        (None, 0.5) * 5 + (None,),
        (0.3,) * 11,
        (10**300,) * 11,
    ],
)
@pytest.mark.parametrize("scale", [0.0, 1e-99, 1.0, 1e99])
def test_every_curve_can_be_drawn(yours, scale):
    expected = tuple(scale * value for value in (0.0, 0.5, 1.0, 0.25, 0.5, 0.0, -1.0, 0.0, 0.5, 1.0, 0.0))
    for ends in ((0.0, 1.0), (1e-100, 1e100), (-1e100, 1e100), (1.0, 1 + 1e-15)):
        made = curve(expected=expected, yours=yours, start=ends[0], stop=ends[1])
        svg_of(Verdict("huber", False, 0, 1, (), None, "", "", curve=made))


# --- The picture ----------------------------------------------------------------------------------------------------


def test_the_picture_has_both_lines_their_names_and_a_text_alternative():
    svg = svg_of(verdict("huber", jump_at_delta))
    assert svg.get("role") == "img"
    assert svg[0].tag == f"{SVG}title"
    labels = [text.text for text in svg.iter(f"{SVG}text")]
    assert labels[:2] == ["expected", "yours"]
    assert labels[-1] == "y_pred - y_true"
    expected, yours = svg.find(f"{SVG}svg")
    assert expected.get("stroke-dasharray") is None  # in the colour of the text, solid
    assert expected.get("stroke") is None
    assert yours.get("stroke-dasharray")
    samples = [line.get("stroke-dasharray") for line in svg.iter(f"{SVG}line")]  # before the words, in their order
    assert samples == [None, yours.get("stroke-dasharray")]
    assert expected.get("d").count("L") == yours.get("d").count("L") == 40


def test_missing_numbers_are_a_gap_and_are_named():
    found = verdict("log_cosh", careless_log_cosh)
    yours = svg_of(found).find(f"{SVG}svg")[1].get("d")
    missing = [value for value, y in zip(found.curve.values, found.curve.yours, strict=True) if y is None]
    assert yours.count("L") == 40 - len(missing)
    assert f"Your function gives no finite number from {written(missing[0])} to {written(missing[-1])}." in describe(
        found.curve
    )


def test_the_description_matches_the_numbers():
    assert describe(curve()) == (
        "Expected and yours along x, from 0 to 1. The lines look the same from 0 to 0.4. "
        "They differ most at 0.5: expected 0, yours 0.5."
    )
    assert describe(curve(yours=(9.0, None, 1.0) + (0.0,) * 5 + (None, 0.0, 1.0))) == (
        "Expected and yours along x, from 0 to 1. The lines look the same from 0.3 to 0.7. "
        "They differ most at 0: expected 0, yours 9. Parts of your line are outside the picture. "
        "Your function gives no finite number at 0.1, at 0.8."
    )


def test_the_words_of_the_picture_are_in_the_language_of_the_verdict():
    with speaking("zh_CN"):
        found = verdict("poisson", lambda y_true, y_pred: (y_pred - y_true).mean(-1))
    assert found.language == "zh_CN"
    html = as_html(found)
    assert "应为</text>" in html
    assert not any(word in html.partition("<svg")[2] for word in ("xpected", "ours", "ried"))


def test_the_text_of_a_verdict_is_the_same_with_a_curve():
    found = verdict("huber", jump_at_delta)
    assert as_text(found) == as_text(Verdict.from_dict(found.as_dict() | {"curve": None}))


def test_markup_in_a_curve_is_text():
    made = curve(argument="<script>", settings="</div><script>alert(1)</script>")
    html = as_html(Verdict("huber", False, 0, 1, (), None, "", "", curve=made))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.slow
@pytest.mark.parametrize("exercise", DRAWN, ids=lambda exercise: exercise.name)
def test_known_mistakes_are_drawn_only_if_the_picture_shows_them(exercise):
    drawn = []
    for known in exercise.misconceptions:
        found = verdict(exercise.name, answer_of(exercise, known))
        if found.curve is not None:
            drawn.append(known.name)
            assert sum(found.curve.apart) >= 3
            assert svg_of(found) is not None
            (title,) = svg_of(found).findall(f"{SVG}title")
            assert title.text.count(".") >= 2
    assert drawn
    assert curve_beside(exercise, Answer(exercise.reference), exercise.public_cases[0]) is None
