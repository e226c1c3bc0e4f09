"""What learners read, to the letter: the wording is product."""

import re

import numpy as np
import pytest
import sympy

from lossedu import losses
from lossedu.checking import Verdict, _recorded, _render
from lossedu.checking._render import as_html, as_text
from lossedu.exercises import get
from lossedu.language import speak
from tests.checking import run_cell, verdict

P = sympy.Symbol("p")

FUNCTIONS = {
    "right": (
        """
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (p * np.log(p / q)).sum(-1)
        """,
        """\
kl_divergence: 4 of 4 points

  values    right on 7 inputs, and equal to {version}.
  extremes  right on 9 inputs, and equal to {version}.
  shapes    right on 7 inputs, and equal to {version}.""",
    ),
    "not written yet": (
        """
        def entropy(p):
            raise NotImplementedError()
        """,
        """\
entropy: 0 of 3 points

  values    not written yet.
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",
    ),
    "an exception": (
        """
        def entropy(p):
            logs = np.log(P)
            return -(p * logs).sum(-1)
        """,
        """\
entropy: 0 of 3 points

  values    stops with NameError: name 'P' is not defined (on 6 of 6 inputs). The smallest:
              p = [0.5, 0.5]
              expected 0.6931
              stops    in line 2 of your cell: logs = np.log(P)
            Did you mean p?
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",
    ),
    "an exception of which the words differ from input to input": (
        """
        def entropy(p):
            raise ValueError(f"{p.size} entries")
        """,
        """\
entropy: 0 of 3 points

  values    stops with ValueError (on 6 of 6 inputs). The smallest:
              p = [0.5, 0.5]
              expected 0.6931
              yours    stops with ValueError: 2 entries
                       in line 2 of your cell: raise ValueError(f"{{p.size}} entries")
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",
    ),
    "an exception on some inputs": (
        """
        def entropy(p):
            if p.shape == (5,):
                raise ValueError("too many")
            return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
        """\
entropy: 1 of 3 points

  values    stops with ValueError: too many (on 1 of 6 inputs). The smallest:
              p = [0.2, 0.1, 0.5, 0.1, 0.1]
              expected 1.3592
              stops    in line 3 of your cell: raise ValueError("too many")
            One slip: in line 2, `5` is the wrong number. With this one change your function is right.
            What should this part give for a small input that you work out by hand?   -> Surprise, and its mean
  extremes  not tried yet: first the values.
  shapes    right, as far as the shape goes.""",
    ),
    "no return": (
        """
        def entropy(p):
            -(p * np.log(p)).sum(-1)
        """,
        """\
entropy: 0 of 3 points

  values    returns None; is the `return` missing? (on 6 of 6 inputs). The smallest:
              p = [0.5, 0.5]
              expected 0.6931
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",
    ),
    "an exception on some inputs, wrong numbers on others": (
        """
        def entropy(p):
            return 1 / (p.size - 2)
        """,
        """\
entropy: 0 of 3 points

  values    wrong on 6 of 6 inputs. The smallest:
              p = [0.5, 0.5]
              expected 0.6931
              yours    stops with ZeroDivisionError: division by zero
                       in line 2 of your cell: return 1 / (p.size - 2)
            Python stops at a division by 0. When is the denominator 0, and what should the result be then?
            -> Surprise, and its mean
  extremes  not tried yet: first the values.
  shapes    wrong on 7 of 7 inputs. The smallest:
              p = [[0.1, 0.5, 0.4]]
              expected shape (1,)
              yours    shape ()""",
    ),
    "the arguments swapped": (
        """
        def kl_divergence(y_true, y_pred):
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (q * np.log(q / p)).sum(-1)
        """,
        """\
kl_divergence: 1 of 4 points

  values    wrong on 6 of 7 inputs. The smallest:
              y_true = [0.5, 0.5]
              y_pred = [0.9, 0.1]
              expected 0.5108
              yours    0.3681
            Arguments swapped: you computed KL(y_pred || y_true).
            Which of the two distributions does the sum run under?   -> The divergence
  extremes  not tried yet: first the values.
  shapes    right, as far as the shape goes.""",
    ),
    "zeros not treated": (
        """
        def kl_divergence(y_true, y_pred):
            return (y_true * np.log(y_true / y_pred)).sum(-1)
        """,
        """\
kl_divergence: 3 of 4 points

  values    right on 7 inputs, and equal to {version}.
  extremes  wrong on 9 of 9 inputs. The smallest:
              y_true = [1., 0.]
              y_pred = [0.5, 0.5]
              expected 0.6931
              yours    nan
            Zeros not treated: zeros in y_true give NaN, and zeros in y_pred give infinity.
            What happens to each argument before the formula, according to the contract?   -> The divergence
  shapes    right on 7 inputs, and equal to {version}.""",
    ),
    "a wrong shape": (
        """
        def jensen_shannon_distance(p, q):
            return abs(p - q)
        """,
        """\
jensen_shannon_distance: 0 of 4 points

  values    wrong on 7 of 7 inputs. The smallest:
              p = [0.5, 0.5]
              q = [0.9, 0.1]
              expected shape ()
              yours    shape (2,)
            -> Spot the bug
  extremes  not tried yet: first the values.
  shapes    wrong on 7 of 7 inputs. The smallest:
              p = [[0.2, 0.2, 0.6]]
              q = [[0.6, 0.3, 0.1]]
              expected shape (1,)
              yours    shape (1, 3)""",
    ),
    "a gradient without its 1/D": (
        """
        def poisson(y_true, y_pred):
            return (y_pred - y_true * np.log(y_pred + 1e-7)).mean(-1)

        def poisson_gradient(y_true, y_pred):
            return 1 - y_true / y_pred
        """,
        """\
poisson_gradient: 1 of 2 points

  gradient  wrong on 5 of 6 inputs. The smallest:
              y_true = [2., 0.]
              y_pred = [1. , 0.5]
              expected [-0.5, 0.5]
              yours    [-1., 1.]
              measured [-0.5, 0.5]   the slope of your own poisson, by central differences
              Every entry is 2 times the measured slope.
            Missing 1/D: every entry is D times too large.
            Your loss takes a mean: where did its 1/D go?   -> Counts: the Poisson loss
  shapes    right, as far as the shape goes.""",
    ),
}

FUNCTIONS |= {
    "a forgotten keepdims": (
        """
        def softmax(x, axis=-1):
            e = np.exp(x - x.max(axis))
            return e / e.sum(axis)
        """,
        """\
softmax: 2 of 4 points

  values    right on 7 inputs, and equal to {version}.
  extremes  wrong on 7 of 13 inputs. The smallest:
              x = [[ 0., 1.], [800., 801.]]
              axis = -1
              expected [[0.2689, 0.7311], [0.2689, 0.7311]]
              yours    [[ 1., 0.], [inf, 0.]]
            Broken law: a right result is computed for each sample without the other samples. For x = [[800, 799], [ 0, 800]], axis = -1 you get [[0.7311, 0.3679], [0. , 1. ]], and for x = [[800, 799]] you get [[0.7311, 0.2689]].
            Which step of yours combines several samples?   -> Softmax, step by step
  shapes    wrong on 7 of 14 inputs. The smallest:
              x = [[ 2, -2, -5], [-5, 4, 5], [ 2, 3, 1]]
              axis = -1
              expected [[0.9811, 0.01797, 0.0008947], [0.00003319, 0.2689, 0.731], [0.2447, 0.6652, 0.09003]]
              yours    [[0.9988, 0.0001175, 0.000264], [0.0009107, 0.04742, 5.815], [0.9988, 0.01744, 0.1065]]""",  # noqa: E501
    ),
    "rounded": (
        """
        def softmax(x, axis=-1):
            e = np.exp(x - x.max(axis, keepdims=True))
            return (e / e.sum(axis, keepdims=True)).round(4)
        """,
        """\
softmax: 1 of 4 points

  values    wrong on 4 of 7 inputs. The smallest:
              x = [0., 1.]
              axis = -1
              expected [0.26894, 0.73106]
              yours    [0.2689, 0.7311]   rounded to 4 digits after the point
            Rounded to 4 digits: your result is rounded to 4 digits after the point.
            Does the contract ask you to round?   -> Softmax, step by step
  extremes  not tried yet: first the values.
  shapes    right, as far as the shape goes.""",
    ),
    "a power of another language": (
        """
        def mean_squared_error(y_true, y_pred):
            return ((y_true - y_pred)^2).mean(-1)
        """,
        """\
mean_squared_error: 0 of 3 points

  values  stops with TypeError (on 7 of 7 inputs). The smallest:
            y_true = [3., 2.]
            y_pred = [2., 5.]
            expected 5.
            yours    stops with TypeError: ufunc 'bitwise_xor' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule ''safe''
                     in line 2 of your cell: return ((y_true - y_pred)^2).mean(-1)
          In Python ^ is not a power: write x ** 2.
          -> Squared errors: the Gaussian's
  shapes  stops with TypeError (on 7 of 8 inputs). The smallest:
            y_true = [[ 2.6, -0.4]]
            y_pred = [[ 0. , -0.4]]
            expected [3.38]
            yours    stops with TypeError: ufunc 'bitwise_xor' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule ''safe''
                     in line 2 of your cell: return ((y_true - y_pred)^2).mean(-1)
          In Python ^ is not a power: write x ** 2.""",  # noqa: E501
    ),
    "a list": (
        """
        def entropy(p):
            return [-np.sum(row * np.log(row)) for row in p]
        """,
        """\
entropy: 0 of 3 points

  values    returns a list; expected a NumPy array or a number (on 6 of 6 inputs). The smallest:
              p = [0.5, 0.5]
              expected 0.6931
            Write np.array([...]) to make an array of the list.
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",
    ),
    "if on an array": (
        """
        def hinge(y_true, y_pred):
            return np.mean(max(1 - y_true * y_pred, 0), axis=-1)
        """,
        """\
hinge: 0 of 4 points

  values    stops with ValueError: The truth value of an array with more than one element is ambiguous. Use a.any() or a.all() (on 13 of 13 inputs). The smallest:
              y_true = [0., 1.]
              y_pred = [0.5 , 0.25]
              expected 1.125
              stops    in line 2 of your cell: return np.mean(max(1 - y_true * y_pred, 0), axis=-1)
            Python's max compares whole arrays. np.maximum compares entry by entry; np.max(x, axis=-1) is the
            extreme of an axis.
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",  # noqa: E501
    ),
    "another signature": (
        """
        def kl_divergence(p):
            return p.sum(-1)
        """,
        """\
kl_divergence: 0 of 4 points

  values    stops with TypeError: kl_divergence() takes 1 positional argument but 2 were given (on 7 of 7 inputs). The smallest:
              y_true = [0.5, 0.5]
              y_pred = [0.9, 0.1]
              expected 0.5108
            The check calls kl_divergence(y_true, y_pred). Keep the arguments of the stub, with their names and
            defaults.
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",  # noqa: E501
    ),
    "a stub that another calls": (
        """
        def entropy(p):
            raise NotImplementedError()

        def cross_entropy(p, q):
            return entropy(p) + q
        """,
        """\
cross_entropy: 0 of 3 points

  values    calls entropy, which is not written yet (on 6 of 6 inputs). The smallest:
              p = [0.5, 0.5]
              q = [0.9, 0.1]
              expected 1.204
  extremes  not tried yet: first the values.
  shapes    not tried yet: first the values.""",
    ),
    "a loop for two axes": (
        """
        def mean_over_last_axis(values):
            return np.array([sum(values[i, :]) / values.shape[1] for i in range(values.shape[0])])
        """,
        """\
mean_over_last_axis: 0 of 2 points

  values  stops with IndexError: too many indices for array: array is 1-dimensional, but 2 were indexed (on 5 of 5 inputs). The smallest:
            values = [1., 2., 6.]
            expected 3.
            stops    in line 2 of your cell: return np.array([sum(values[i, :]) / values.shape[1] for i in range(values.shape[0])])
          The array is 1-dimensional here, but the code needs 2 axes. Formulas on whole arrays with axis=-1
          fit any number of axes, unlike x[i, j].
          -> Many errors, and an axis
  shapes  wrong on 3 of 7 inputs. The smallest:
            values = [[[-1.1, 0.6]]]
            expected shape (1, 1)
            yours    shape (1, 2)""",  # noqa: E501
    ),
}

VALUES = {
    "a number": (
        "wasted_bits",
        1.75,
        """\
wasted_bits: 0 of 1 points

  answer  1.75 is not what was asked for.
          Length for waste: that is the mean length of the better code.
          How much longer is the mean message under the plain code?   -> A question""",
    ),
    "an unknown number": (
        "wasted_bits",
        7,
        """\
wasted_bits: 0 of 1 points

  answer  7 is not what was asked for.
          -> A question""",
    ),
    "an expression": (
        "entropy_slope",
        sympy.log(P / (1 - P)),
        """\
entropy_slope: 0 of 1 points

  answer  log(p/(1 - p)) is not what was asked for.
          Opposite sign: the absolute value is right, and the sign is wrong.
          Does H rise or fall at p = 0.1?   -> Surprise, and its mean""",
    ),
    "a counterexample": (
        "equals_apart",
        [0.9, 0.1],
        """\
equals_apart: 0 of 1 points

  answer  cross_entropy(p, p) is 0.3251 here: not above 0.5
          -> Spot the bug""",
    ),
    "a counterexample that is right": (
        "equals_apart",
        [0.5, 0.5],
        """\
equals_apart: 1 of 1 points

  answer  right: the claim does not survive this.""",
    ),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_the_message_about_a_function_is(kind):
    source, message = FUNCTIONS[kind]
    cell = run_cell(source)
    name = message.partition(":")[0]
    found = verdict(name, cell[name], own_functions=cell)
    assert as_text(found) == message.format(version=_recorded.version())


def not_written(p):
    raise NotImplementedError


def several_lines(p):
    raise ValueError("first\nsecond")


SUMMARIES = {
    "right": ("right", "entropy", losses.entropy),
    "wrong": ("wrong on 6 of 6 inputs", "entropy", lambda p: 7 * p.sum(-1)),
    "an exception": ("stops with IndexError: list index out of range", "entropy", lambda p: [][0]),
    "not always": (
        "stops with KeyError: 3 (on 1 of 6 inputs)",
        "entropy",
        lambda p: losses.entropy(p) if p.size != 3 else {}[3],
    ),
    "different words": ("stops with KeyError", "entropy", lambda p: {}[p.size]),
    "many words": ("stops with KeyError", "entropy", lambda p: {}["x" * 200]),
    "several lines": ("stops with ValueError", "entropy", several_lines),
    "bad syntax": ("stops with SyntaxError: invalid syntax", "entropy", lambda p: compile("1 +\n+", "", "eval")),
    "no number": ("returns a list; expected a NumPy array or a number", "entropy", lambda p: [1]),
    "not written": ("not written yet", "entropy", not_written),
    "one aspect": ("wrong on 6 of 8 inputs", "entropy", lambda p: losses.entropy(p) + (p.max(-1) == 1)),
    "no answer": ("no answer yet", "wasted_bits", None),
    "a number": ("1.75 is not what was asked for", "wasted_bits", 1.75),
    "no figure": ("expected a number, in bits per symbol, got a str: '0.25'", "wasted_bits", "0.25"),
    "an expression": ("log(p/(1 - p)) is not what was asked for", "entropy_slope", sympy.log(P / (1 - P))),
    "a counterexample": ("cross_entropy(p, p) is 0.3251 here: not above 0.5", "equals_apart", [0.9, 0.1]),
    "an array in lines": ("", "blind_but_accurate", np.ones((2, 40, 2))),
}


@pytest.mark.parametrize("kind", SUMMARIES)
def test_the_summary_is_one_short_line(kind):
    summary, name, answer = SUMMARIES[kind]
    found = verdict(name, answer)
    assert found.summary == summary or not summary
    assert len(found.summary) <= 120
    assert found.summary
    assert "\n" not in found.summary
    assert found.as_dict()["summary"] == found.summary


def test_hidden_inputs_have_a_summary_too():
    public = [case.arguments["p"].tolist() for case in get("entropy").cases()]
    found = verdict("entropy", lambda p: losses.entropy(p) + (p.tolist() not in public), seed=5)
    assert found.summary == "right on the inputs of your notebook, wrong on 4 of 10 in all"


@pytest.mark.parametrize("kind", VALUES)
def test_the_message_about_a_value_is(kind):
    name, answer, message = VALUES[kind]
    assert as_text(verdict(name, answer)) == message


def test_the_html_says_the_same_words():
    found = verdict("kl_divergence", lambda p, q: "<b>" + 1)
    text, html = as_text(found), as_html(found)
    assert text.splitlines()[0] == "kl_divergence: 0 of 4 points"
    assert f"<strong>{text.splitlines()[0]}</strong>" in html
    assert all(aspect.name in html for aspect in found.aspects)
    assert html.count("not tried yet: first the values.") == text.count("not tried yet: first the values.") == 2
    assert "stops with TypeError: can only concatenate str" in html


def test_right_wrong_and_not_tried_are_told_without_colour():
    found = verdict("kl_divergence", lambda p, q: losses.kl_divergence(q, p))
    assert [aspect.passed for aspect in found.aspects] == [False, None, True]
    html = as_html(found)
    assert re.findall(r'<span aria-hidden="true">(.)</span>', html) == ["✗", "✗", "–", "✓"]
    assert re.findall(r'<th scope="row"[^>]*>.*?&nbsp;(\w+)</th>', html) == ["values", "extremes", "shapes"]
    assert as_html(verdict("kl_divergence", losses.kl_divergence)).count("✓") == 4


def test_the_html_is_plain_and_its_text_has_the_colour_of_the_page():
    html = as_html(verdict("kl_divergence", lambda p, q: losses.kl_divergence(q, p)))
    assert set(re.findall(r"<(\w+)", html)) == {"a", "div", "span", "strong", "table", "tr", "th", "td", "pre"}
    assert re.findall(r"[a-z-]*color:|var\(|url\(|class=|\bon\w+=", html) == []


@pytest.mark.parametrize("page", ["#ffffff", "#111111", "#1e1e1e"], ids=["white", "JupyterLab Dark", "VS Code dark"])
@pytest.mark.parametrize("colour", [_render.GREEN, _render.RED])
def test_the_bar_stands_out_from_light_and_dark_pages(colour, page):
    """The contrast of WCAG 2, which asks 3 : 1 of what is not text."""

    def luminance(colour):
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    darker, lighter = sorted([luminance(colour), luminance(page)])
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_the_html_links_to_the_section_as_jupyterlab_names_its_heading():
    html = as_html(verdict("kl_divergence", lambda p, q: losses.kl_divergence(q, p)))
    assert '?   -&gt; <a href="#The-divergence" style="text-decoration: underline">The divergence</a></pre>' in html
    undiagnosed = as_html(verdict("entropy", lambda p: np.abs(np.sin(31 * p)).sum(-1)))
    link = '<a href="#Surprise%2C-and-its-mean" style="text-decoration: underline">Surprise, and its mean</a>'
    assert f"\n-&gt; {link}</pre>" in undiagnosed
    assert "<a " not in as_html(verdict("kl_divergence", losses.kl_divergence, allow_ready_made=True))


def test_the_link_leads_to_the_heading_of_the_notebook_in_every_language():
    speak("zh_CN")
    try:
        html = as_html(verdict("kl_divergence", lambda p, q: losses.kl_divergence(q, p)))
    finally:
        speak(None)
    assert '-&gt; <a href="#The-divergence" style="text-decoration: underline">散度</a></pre>' in html


def test_a_verdict_on_an_exercise_of_another_version_is_shown_without_a_link():
    found = verdict("wasted_bits", 1).as_dict() | {"exercise": "of_another_version"}
    assert "<a " not in as_html(Verdict.from_dict(found))


def test_the_html_shows_what_learners_write_as_text():
    def kl_divergence(y_true, y_pred):
        raise ValueError("<script>alert(1)</script> & more")

    html = as_html(verdict("kl_divergence", kl_divergence))
    assert "<script>" not in html
    assert "ValueError: &lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html


def test_large_arrays_are_told_by_their_shape():
    def kl_divergence_gradient(y_true, y_pred):
        return -y_true / y_pred if y_pred.size < 50 else y_pred

    *_, shapes = verdict("kl_divergence_gradient", kl_divergence_gradient).aspects
    place = r"at \[0, \d, \d, \d\] of an array of shape \(1, 3, 4, 5\)\n"
    found = re.search(rf"  expected (\S+) {place}  yours    (\S+) {place}", shapes.message)
    assert found[1] != found[2]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("entropy", lambda p: (p**2).sum(-1) + 0.1), ("wasted_bits", 7), ("there_and_back", ([0.5, 0.5], [0.5, 0.5]))],
)
def test_a_message_without_a_diagnosis_ends_with_where_to_read_again(name, answer):
    assert verdict(name, answer).message.endswith(f"\n-> {get(name).section}")
