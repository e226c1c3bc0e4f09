"""What is said of wrong answers that nobody listed: the true cause, checked on every input, or nothing."""

import inspect
import signal
import textwrap

import numpy as np
import pytest
import sympy

from benchmarks.confusion import rivals
from lossedu import losses
from lossedu.checking import KernelAnswer, _diagnosis, _expressions, probe
from lossedu.checking._answers import Answer
from lossedu.checking._diagnosis._candidates import Candidate
from lossedu.checking._diagnosis._formulas import Points, at_special_values
from lossedu.checking._diagnosis._search import speaks_of_another
from lossedu.checking._values import describe_text
from lossedu.exercises import get
from lossedu.exercises.regions import Region
from tests.checking import run_cell, verdict


def written(name, body):
    """The learner's function with the signature of the stub and this body."""
    signature = inspect.signature(get(name).stub)
    return run_cell(f"def {name}{signature}:\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}")[name]


# exercise, body of the answer, words that must appear, words that must not
FUNCTIONS = {
    "naive cross-entropy": (
        "categorical_crossentropy",
        "return -(y_true * np.log(y_pred)).sum(-1)",
        ["rescaled to sum to 1", "clipped"],
        ["swapped"],
    ),
    "swapped in one branch": (
        "categorical_crossentropy",
        """
        if from_logits:
            shifted = y_pred - y_pred.max(-1, keepdims=True)
            return -(y_true * (shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))).sum(-1)
        p = y_pred / y_pred.sum(-1, keepdims=True)
        return -(p * np.log(np.clip(y_true, 1e-7, 1 - 1e-7))).sum(-1)
        """,
        ["Arguments swapped where from_logits is False: ", "Elsewhere your result is right."],
        [],
    ),
    "softmax of probabilities": (
        "categorical_crossentropy",
        """
        e = np.exp(y_pred - y_pred.max(-1, keepdims=True))
        p = np.clip(e / e.sum(-1, keepdims=True), 1e-7, 1 - 1e-7)
        return -(y_true * np.log(p)).sum(-1)
        """,
        ["softmax of what already are probabilities"],
        [],
    ),
    "sign of the second term": (
        "binary_crossentropy",
        """
        p = np.clip(1 / (1 + np.exp(-y_pred)) if from_logits else y_pred, 1e-7, 1 - 1e-7)
        return -(y_true * np.log(p) - (1 - y_true) * np.log(1 - p)).mean(-1)
        """,
        ["taken off instead of added"],
        [],
    ),
    "logit slope for probabilities": (
        "categorical_crossentropy_gradient",
        "return y_pred - y_true",
        ["you subtract the label from y_pred"],
        [],
    ),
    "share to the others": (
        "smooth_categorical_labels",
        "return np.where(y_true == 1, 1 - label_smoothing, label_smoothing / (y_true.shape[-1] - 1))",
        ["the other classes only", "all K"],
        [],
    ),
    "twice": (
        "huber",
        "e = abs(y_pred - y_true)\nreturn np.where(e <= delta, e ** 2, 2 * delta * e - delta ** 2).mean(-1)",
        ["twice as large"],
        ["Elsewhere"],
    ),
    "a jump": (
        "huber",
        "e = abs(y_pred - y_true)\nreturn np.where(e <= delta, 0.5 * e ** 2, delta * e).mean(-1)",
        ["where they should meet"],
        [],
    ),
    "branches swapped": (
        "huber",
        "e = abs(y_pred - y_true)\nreturn np.where(e > delta, e ** 2 / 2, delta * e - delta ** 2 / 2).mean(-1)",
        ["Branches swapped"],
        [],
    ),
    "wrong beyond delta": (
        "huber_gradient",
        "e = y_pred - y_true\nreturn np.where(abs(e) <= delta, e, e * abs(e) / delta) / e.shape[-1]",
        ["Wrong entries where |e| <= delta does not hold: the absolute value of every entry is too large. Elsewhere"],
        [],
    ),
    "n - 1": (
        "mean_squared_error",
        "return ((y_pred - y_true) ** 2).sum(-1) / (y_pred.shape[-1] - 1)",
        ["you divide by D - 1"],
        [],
    ),
    "argmax over axis 0": (
        "categorical_accuracy",
        "return (y_true.argmax(0) == y_pred.argmax(0)).astype(float)",
        ["axis 0"],
        [],
    ),
    "upside down": (
        "kl_divergence_gradient",
        "return -y_pred / y_true",
        ["in line 2, the two sides of `-y_pred / y_true` should change places."],
        [],
    ),
    "rounded": (
        "softmax",
        """
        e = np.exp(x - x.max(axis, keepdims=True))
        return (e / e.sum(axis, keepdims=True)).round(4)
        """,
        ["rounded to 4 digits after the point"],
        [],
    ),
    "bias correction in RMSprop": (
        "rmsprop_step",
        """
        t = state.get("t", 0) + 1
        v = rho * state.get("v", 0) + (1 - rho) * g * g
        m = momentum * state.get("m", 0) + learning_rate * g / np.sqrt(v / (1 - rho ** t) + epsilon)
        return w - m, {"t": t, "v": v, "m": m}
        """,
        ["one part of `v / (1 - rho ** t)` should not be there."],
        ["full weight"],
    ),
    "g for m": (
        "adamax_step",
        """
        t = state.get("t", 0) + 1
        u = np.maximum(beta_2 * state.get("u", 0), abs(g))
        return w - learning_rate / (1 - beta_1 ** t) * g / (u + epsilon), {"t": t, "u": u}
        """,
        ["the gradient itself", "running mean"],
        ["full weight"],
    ),
    "constant momentum": (
        "nadam_step",
        """
        t = state.get("t", 0) + 1
        m = beta_1 * state.get("m", 0) + (1 - beta_1) * g
        v = beta_2 * state.get("v", 0) + (1 - beta_2) * g * g
        ahead = beta_1 * m / (1 - beta_1 ** (t + 1)) + (1 - beta_1) * g / (1 - beta_1 ** t)
        return w - learning_rate * ahead / (np.sqrt(v / (1 - beta_2 ** t)) + epsilon), {"t": t, "m": m, "v": v}
        """,
        ["Keras's schedule is missing"],
        [],
    ),
    "corrections upside down": (
        "adam_step",
        """
        t = state.get("t", 0) + 1
        m = beta_1 * state.get("m", 0) + (1 - beta_1) * g
        v = beta_2 * state.get("v", 0) + (1 - beta_2) * g * g
        top = np.maximum(state.get("top", 0), v)
        used = top if amsgrad else v
        step = learning_rate * m * (1 - beta_1 ** t) / (np.sqrt(used * (1 - beta_2 ** t)) + epsilon)
        return w - step, {"t": t, "m": m, "v": v, "top": top}
        """,
        ["Corrections upside down"],
        [],
    ),
    "amsgrad always": (
        "adam_step",
        """
        t = state.get("t", 0) + 1
        m = beta_1 * state.get("m", 0) + (1 - beta_1) * g
        v = beta_2 * state.get("v", 0) + (1 - beta_2) * g * g
        top = np.maximum(state.get("top", 0), v)
        rate = learning_rate * np.sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)
        return w - rate * m / (np.sqrt(top) + epsilon), {"t": t, "m": m, "v": v, "top": top}
        """,
        ["amsgrad = True, even when amsgrad has another value"],
        [],
    ),
    "an argument not looked at": (
        "mean_absolute_error",
        "return abs(y_true).mean(-1)",
        ["y_pred ignored: your result stays the same when the values of y_pred change."],
        [],
    ),
    "rows that depend on each other": (
        "softmax",
        "e = np.exp(x / (1 + abs(x).mean() ** 2)) + 0.1\nreturn e / e.sum(axis, keepdims=True)",
        ["a right result is", ", and for x ="],
        ["swapped"],
    ),
    "another exercise": (
        "mean_squared_error",
        "return (y_pred - y_true) ** 2",
        ["Result of squared_error: your function returns what squared_error should return."],
        [],
    ),
    "two mistakes": (
        "cosine_proximity",
        "return (y_true * y_pred).sum(axis)",
        ["minus the dot product", "wrong sign"],
        [],
    ),
    "a number that is no length": (
        "poisson",
        "return (y_pred - y_true * np.log(y_pred + 1e-7)).sum(-1) / 2",
        ["`2` is the wrong number."],
        [],
    ),
    "the loss of a mean": (
        "huber",
        """
        m = np.mean(np.abs(y_pred - y_true), axis=-1)
        return np.where(m <= delta, 0.5 * m**2, delta * (m - 0.5 * delta))
        """,
        ["the mean of what you get for each entry alone"],
        ["|e| <= delta", "Elsewhere"],
    ),
    "one mistake in two places": (
        "mean_squared_logarithmic_error",
        """
        t = np.log(np.maximum(y_true + 1, 1e-7))
        return np.mean((np.log(np.maximum(y_pred + 1, 1e-7)) - t) ** 2, axis=-1)
        """,
        ["`np.maximum(y_true + 1, 1e-07)` come in the wrong order.", "With both changes your function is right."],
        ["With this one change"],
    ),
    "a bracket too late": (
        "poisson_gradient",
        "return 1 - y_true / (y_pred + 1e-7) / y_true.shape[-1]",
        ["the brackets in `1 - y_true / (y_pred + 1e-07) / y_true.shape[-1]`"],
        [],
    ),
    "the sum of the sizes": (
        "mean_absolute_error",
        "return np.linalg.norm(y_pred - y_true, axis=-1) / y_true.shape[-1]",
        ["takes another norm"],
        [],
    ),
    "one value of an option": (
        "reduce_loss",
        """
        weights = np.ones_like(values, dtype=float) if sample_weight is None else np.asarray(sample_weight, float)
        weighted = values * weights
        if reduction in (None, "none"):
            return weighted
        if reduction == "sum":
            return weighted.sum()
        if reduction == "sum_over_batch_size":
            return weighted.mean()
        return weighted.sum() / weights.sum() if weights.sum() else 0.0
        """,
        ["where reduction is 'mean'", "you divide by the sum of the weights"],
        ["sum_over_batch_size divides", "reduction ignored"],
    ),
    # Other code than the listed one has the same result, so nothing may be said that holds of the listed code alone.
    "the logarithm of a mean": (
        "smoothed_categorical_crossentropy",
        """
        y = y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[-1]
        if from_logits:
            z = y_pred - y_pred.max(-1, keepdims=True)
            return -np.sum(y * (z - np.log(np.exp(z).sum(-1, keepdims=True))), axis=-1)
        return -np.log(np.sum(y * np.clip(y_pred, 1e-7, 1 - 1e-7), axis=-1))
        """,
        ["the mix is inside the logarithm"],
        ["you smoothed y_pred"],
    ),
    "the mean of the steps not used": (
        "adadelta_step",
        """
        v, d = state.get("v", 0), state.get("d", 0)
        new = rho * v + (1 - rho) * g**2
        delta = g * np.sqrt(v + epsilon) / np.sqrt(new + epsilon)
        return w - learning_rate * delta, {"v": new, "d": rho * d + (1 - rho) * delta**2}
        """,
        ["a mean of squared gradients, not of squared steps"],
        ["both of your running means"],
    ),
    "epsilon outside the logarithm": (
        "poisson",
        "return np.mean(y_pred - y_true * (np.log(y_pred) + 1e-7), axis=-1)",
        ["No epsilon in the logarithm"],
        ["issing epsilon"],
    ),
    "a look ahead that cancels": (
        "sgd_step",
        """
        old = state.get("m", 0)
        m = momentum * old - learning_rate * g
        return (w + momentum * old - learning_rate * g if nesterov else w + m), {"m": m}
        """,
        ["with nesterov your step is the same as without"],
        ["ignored"],
    ),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_the_cause_of_a_wrong_function_is_said(case):
    name, body, words, never = FUNCTIONS[case]
    found = verdict(name, written(name, body))
    assert not found.passed
    assert found.diagnosis is not None, found.message
    assert [word for word in words if word not in found.message] == [], found.message
    assert [word for word in never if word in found.message] == [], found.message


def test_state_in_the_class_is_said():
    cell = run_cell(
        """
        class StreamingMean:
            total, count = [0.0], [0.0]

            def update_state(self, values, sample_weight=None):
                weights = np.ones_like(values) if sample_weight is None else sample_weight
                self.total[0] += np.sum(values * weights)
                self.count[0] += np.sum(weights)

            def result(self):
                return self.total[0] / self.count[0] if self.count[0] else 0.0

            def reset_state(self):
                pass
        """
    )
    found = verdict("StreamingMean", cell["StreamingMean"])
    assert "the objects share one state" in found.message


VALUES = {
    "sign": ("first_adam_move", -0.1, "the absolute value is right, and the sign is wrong."),
    "percent": ("epoch_accuracy", 55.6, "100 times the right one"),
    "too few digits": ("untrained_loss", 1.4, "right to 2 digits"),
    "decimal logarithm": ("untrained_loss", 0.602, "logarithms to base 10"),
    "one too few": ("numbers_left", 19, "1 less than the right one"),
    "no probability": ("spam_likelihood", 1.4, "a probability is between 0 and 1."),
    "term with the wrong sign": ("price_slope", "2*(p + y)", "the term -y has the wrong sign."),
    "factor twice": ("huber_far", "delta**2*(e - delta/2)", "factor delta occurs once too often."),
    "factor missing": ("weighted_optimum", "s/(w*s + 1 - s)", "the factor w is missing."),
    "function for slope": ("entropy_slope", "-p*log(p) - (1 - p)*log(1 - p)", "you gave the function itself"),
    "log base": ("entropy_slope", "log((1 - p)/p)/log(2)", "logarithms to base 2"),
    "upside down": ("likeliest_sigma", "1/sqrt(m)", "the reciprocal"),
    "exchanged": (
        "log_sum_exp_slope",
        "exp(z_2)/(exp(z_1) + exp(z_2) + exp(z_3))",
        "z_1 and z_2 have changed places.",
    ),
    "wrong sign within": ("cost_of_logit", "log(1 + exp(-z)) - z*y", "the argument of exp has the wrong sign."),
    "a product left out": ("mean_square_from_q", "sigma_p**2 + mu_p**2 + mu_q**2", "the term -2*mu_p*mu_q is missing."),
    "power of the bracket": ("mean_after_t_steps", "g*(1 - beta_1)**t", "the exponent belongs to beta_1 alone"),
    "square for size": ("laplace_surprise", "e**2/b + log(2*b)", "Abs(e) is squared."),
}


@pytest.mark.parametrize("case", VALUES)
def test_the_relation_of_a_wrong_value_to_the_right_one_is_said(case):
    name, value, words = VALUES[case]
    found = verdict(name, sympy.sympify(value) if isinstance(value, str) else value)
    assert not found.passed
    assert words in found.message


def test_all_special_values_are_named_at_which_a_formula_is_right():
    right, answer = (_expressions.parse(describe_text(text)) for text in ("x**2 + x*y + y**2", "x**2 + y**2"))
    points = Points(({"x": 1.7, "y": 0.3}, {"x": 2.9, "y": 4.1}))
    assert at_special_values(answer, right, points).name == "right for x = 0 or y = 0"
    everywhere = _expressions.parse(describe_text("x**2 + y**2 + x*y*(x - 2)*(y - 1)"))
    assert at_special_values(everywhere, answer, points) is None  # 2 is one of the values: no single cause


def test_words_about_another_value_of_the_option_do_not_fit_a_region():
    region = Region("{name} is {value}", lambda given: True, {"name": "reduction", "value": "'mean'"})
    given = [{"reduction": "mean"}, {"reduction": "sum_over_batch_size"}]
    about_another = Candidate("x", "sum_over_batch_size divides by the sum.", "By what?")
    assert speaks_of_another(about_another, region, given)
    assert not speaks_of_another(Candidate("x", "your mean divides by the sum.", "By what?"), region, given)


def test_arrays_that_no_longer_fit_are_shown_in_the_shapes_that_came():
    found = verdict("dense_by_numbers", (np.array([[0, 1]]), np.array([[0.4, 0.6]])))
    assert "got y_true (1, 2), y_pred (1, 2)" in found.message


# --- Nothing false --------------------------------------------------------------------------------------------------

STRANGE = {
    "noise": "return abs(np.sin(1e4 * (y_pred + 2 * y_true))).mean(-1)",
    "two unrelated slips": "return (abs(y_pred) ** 1.7 + np.cos(y_true)).mean(-1) + 0.3",
    "NaN": "return np.nan * y_pred.mean(-1)",
}


@pytest.mark.parametrize("case", STRANGE)
def test_no_listed_mistake_is_named_for_what_nothing_explains(case):
    found = verdict("mean_squared_error", written("mean_squared_error", STRANGE[case]))
    known = [misconception.name for misconception in get("mean_squared_error").misconceptions]
    assert found.diagnosis in (None, "broken law", "constant result")
    assert found.diagnosis not in known


@pytest.mark.parametrize(("name", "value"), [("untrained_loss", 1.7), ("least_absolute_wait", 2), ("dragged_mean", 28)])
def test_a_chance_relation_of_numbers_is_not_said(name, value):
    assert verdict(name, value).diagnosis is None


def test_a_factor_is_no_slope():
    found = verdict("adagrad_after_t_steps", sympy.sympify("eta*g/sqrt(t)"))
    assert "one factor g too many" in found.message
    assert "function itself" not in found.message


def test_a_mistake_that_holds_on_the_public_inputs_only_is_not_named():
    exercise = get("kl_divergence")
    public = {case.digest() for case in exercise.public_cases}
    shown = [case.arguments["y_true"].tobytes() for case in exercise.public_cases]
    assert len(public) == len(exercise.public_cases)

    def kl_divergence(y_true, y_pred):
        swapped = losses.kl_divergence(y_pred, y_true)
        return swapped if y_true.tobytes() in shown else swapped + np.cos(y_pred[..., 0])

    assert verdict("kl_divergence", kl_divergence).diagnosis in (None, "broken law")


def test_an_answer_that_breaks_on_further_inputs_is_still_judged():
    exercise = get("kl_divergence")
    most = len(exercise.public_cases) + 1
    calls = []

    def kl_divergence(y_true, y_pred):
        calls.append(1)
        if len(calls) > most:
            raise SystemExit
        return losses.kl_divergence(y_true, y_pred) + 0.1

    found = verdict("kl_divergence", kl_divergence)
    assert (found.points, found.accident) == (1, None)


# --- In another process ---------------------------------------------------------------------------------------------


def kernel_of(cell):
    """Stands in for a kernel that holds the names of a cell: it runs the request as a kernel does."""

    def ask(expression):
        import base64

        return base64.b64decode(eval(expression, cell)).decode("ascii")  # noqa: S307  our own request

    return ask


@pytest.mark.parametrize("case", ["upside down", "bias correction in RMSprop", "wrong beyond delta", "twice"])
def test_an_answer_in_a_kernel_gets_the_same_diagnosis(case):
    name, body, words, _ = FUNCTIONS[case]
    function = written(name, body)
    here = verdict(name, function)
    there = verdict(name, KernelAnswer(name, kernel_of(function.__globals__)))
    assert there.diagnosis == here.diagnosis
    assert [word for word in words if word not in there.message] == []


def test_the_source_of_an_answer_is_that_of_its_cell():
    cell = run_cell(
        """
        a = 1

        def first(x):
            return x

        def second(x):  # a comment
            return x + a
        """
    )
    assert probe.source_of(cell["second"]) == "def second(x):  # a comment\n    return x + a\n"
    assert probe.source_of(np.sum) is None
    assert probe.source_of(losses.huber) is None
    assert probe.source_of(3) is None


def test_the_benchmark_names_mistakes_that_fewer_inputs_would_confuse():
    assert ("sum for mean", "extremes", ["divided by delta"]) in list(rivals(get("huber")))


def test_an_explanation_that_fails_costs_no_verdict(monkeypatch, caplog):
    def broken(exercise, evidence):
        raise ZeroDivisionError

    monkeypatch.setattr(_diagnosis, "explanation", broken)
    found = verdict("kl_divergence", lambda y_true, y_pred: losses.kl_divergence(y_true, y_pred) * 2)
    assert (found.points, found.diagnosis, found.accident) == (1, None, None)
    assert "no diagnosis of an answer to kl_divergence" in caplog.text
    caplog.clear()


def test_a_change_that_makes_a_loop_endless_is_interrupted():
    cell = run_cell("def entropy(p):\n    return -np.sum(p * np.log(p), axis=-1)\n")
    endless = "def entropy(p):\n    while True:\n        pass\n"
    right = "def entropy(p):\n    return -np.sum(p * np.log(p), axis=-1)\n"
    calls = [({"p": np.array([0.5, 0.5])}, {})]
    one, two = probe.attempt_variants(cell["entropy"], [right, endless], calls, "call", 1)
    assert one[0].problem is None
    assert two[0].problem.code in ("stops", "unreadable")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_a_change_that_cannot_be_defined_is_left_out():
    cell = run_cell("def entropy(p, base=np.e):\n    return p\n")
    (only,) = probe.attempt_variants(
        cell["entropy"], ["def entropy(p, base=1 / 0):\n    return p\n"], [({"p": 1.0}, {})], "call", 1
    )
    assert [outcome.problem.code for outcome in only] == ["unreadable"]


# --- Results that reveal no cause -----------------------------------------------------------------------------------

# exercise, body of the answer, words that must appear, words that must not
TELLS_NOTHING = {
    "weights that never move": (
        "adam_step",
        "return w - 0 * g, state",
        ["the weights do not change in any step."],
        ["g ignored"],
    ),
    "one number everywhere": (
        "softmax",
        "return np.ones_like(x, dtype=float) * 3",
        ["every number of your result is 3., for all inputs."],
        ["x ignored"],
    ),
    "an argument that counts with one option only": (
        "rmsprop_step",
        """
        v = rho * state.get("v", 0.0) + (1 - rho) * g**2
        m = momentum * (state.get("m", 0.0) + learning_rate * g / np.sqrt(v + epsilon))
        return w - m, {"v": v, "m": m}
        """,
        [],
        ["g ignored"],
    ),
    "an error on single samples beside wrong numbers in batches": (
        "mean_absolute_error",
        "return np.median(np.abs(y_pred - y_true), axis=1)",
        ["you took the middle one"],
        ["axis=-1 is the last axis"],
    ),
    "errors and wrong numbers that nothing explains": (
        "mean_absolute_error_gradient",
        "s = np.sign(y_pred - y_true)\\nreturn s / (s.sum(axis=1, keepdims=True) ** 2 + 1)",
        ["On other inputs your function returns a result, but a wrong one"],
        ["axis=-1 is the last axis"],
    ),
    "NaN nearer to 0 than an overflow": (
        "weighted_cross_entropy_with_logits",
        """
        p = 1 / (1 + np.exp(-logits))
        return -pos_weight * labels * np.log(p) - (1 - labels) * np.log(1 - p)
        """,
        [],
        ["exponential is infinite"],
    ),
    "a label in an option": (
        "softmax_loss_gradient",
        """
        C = scores.shape[1]
        counts = (labels >= 0) & (labels < C)
        grown = np.exp(scores - scores.max(axis=1, keepdims=True))
        one_hot = np.arange(C)[:, None, None] == labels[:, None]
        divisor = {"full": labels.size, "valid": max(counts.sum(), 1), "batch_size": len(labels), "none": 1}
        return (grown / grown.sum(axis=1, keepdims=True) - one_hot) * counts[:, None] / divisor[normalization]
        """,
        [],
        ["label 0"],
    ),
    "an infinity that a reciprocal hides": (
        "balanced_weights",
        """
        counts = np.bincount(np.ravel(labels), minlength=num_classes)
        return counts * num_classes / np.size(labels)
        """,
        [],
        ["infinite weight"],
    ),
    "a limit in another place": (
        "mean_absolute_percentage_error",
        """
        with np.errstate(all="ignore"):
            return 100 * np.maximum(np.abs(y_pred - y_true) / np.abs(y_true), 1e-7).mean(-1)
        """,
        ["Divided by 0: a truth of 0 gives NaN or infinity."],
        ["issing epsilon"],
    ),
    "zeros that stay": (
        "l2_normalize",
        "return x / np.maximum(np.sqrt(np.mean(x**2, axis=axis, keepdims=True)), 1e-7)",
        ["`np.mean(x ** 2, axis=axis, keepdims=True)` calls the wrong function."],
        ["x is not 0"],
    ),
    "labels that do not count for a single pixel": (
        "pixel_costs",
        """
        moved = scores - scores.max(axis=(2, 3), keepdims=True)
        logs = moved - np.log(np.exp(moved).sum(axis=(2, 3), keepdims=True))
        return -np.take_along_axis(logs, labels[:, None], axis=1)[:, 0] / 3
        """,
        [],
        ["labels ignored"],
    ),
    "an operator before a variable": (
        "softmax",
        """
        scaled = x / np.max(np.abs(x), axis=axis, keepdims=True)
        return np.exp(scaled) / np.sum(np.exp(scaled), axis=axis, keepdims=True)
        """,
        ["the operator in `x / np.max"],
        ["`scaled` is the wrong variable"],
    ),
    "two changes that are equally near": (
        "optimal_logit_gap",
        """
        own = 1 - label_smoothing + label_smoothing / num_classes
        other = label_smoothing / num_classes
        return np.log(own * other)
        """,
        ["the operator in `own * other` is wrong. Or in line 3, ", "Each of the two changes alone is enough."],
        [],
    ),
}


@pytest.mark.parametrize("case", TELLS_NOTHING)
def test_a_result_that_many_mistakes_share_explains_none_of_them(case):
    name, body, words, others = TELLS_NOTHING[case]
    found = verdict(name, written(name, body.replace("\\n", "\n")))
    assert not found.passed
    assert all(word in found.message for word in words)
    assert not any(word in found.message for word in others)


@pytest.mark.parametrize(
    ("name", "formula"), [("sigmoid_slope", "-p**2"), ("pseudo_huber_series", "e**2/2 - e**4/(8*delta**4)")]
)
def test_a_change_after_which_terms_merge_is_not_reported(name, formula):
    found = verdict(name, sympy.sympify(formula))
    assert found.diagnosis in (None, "wrong exponent")


def test_changed_functions_do_not_write_to_the_learners_lists():
    cell = """
    calls = []

    def note():
        calls.append(1)

    def squared_error(y_true, y_pred):
        note()
        return (y_pred + y_true) ** 2
    """
    names = run_cell(textwrap.dedent(cell))
    answer = Answer(names["squared_error"])
    right = answer.source().replace("y_pred + y_true", "y_pred - y_true")
    ((outcome,),) = answer.try_variants(get("squared_error"), [right], [{"y_true": np.ones(2), "y_pred": np.ones(2)}])
    assert not outcome.values[0].any()
    assert names["calls"] == []


def test_a_first_result_that_is_right_is_not_called_a_multiple_of_itself():
    answer = written(
        "precision_recall",
        """
        alarms = y_pred > threshold
        hits = np.sum(alarms & (y_true == 1))
        return hits / max(np.sum(alarms), 1), hits / max(np.sum(y_true == 1), 1) * (1 + 0.1 * hits)
        """,
    )
    found = verdict("precision_recall", answer)
    assert not found.passed
    assert "every entry is 1 times" not in found.message
