"""Every formula that a chapter displays is checked: by an exercise of the chapter, or by a test below.

The tests also work out what the chapters say in passing: formulas within lines, and numbers that no cell prints.
"""

import re

import numpy as np
import pytest
import sympy
from sympy import E, Symbol, cos, diff, exp, integrate, log, oo, pi, series, simplify, sqrt, symbols

from lossedu import exercises, losses
from tests.authoring.reading import BY_NUMBER, prose_of
from tests.oracles import central_difference

# chapter: a part of each formula, and the exercise whose answer follows it
BY_EXERCISE = {
    0: {r"(\hat y - y)^2 .": "squared_error", r"L(c) = \tfrac12": "best_correction"},
    1: {
        r"\mathrm{MSE} =": "mean_squared_error",
        r"\frac{1}{2b} \, e^{-|e|/b}": "laplace_surprise",
        r"\mathrm{MAE} =": "mean_absolute_error",
        r"\mathrm{MAPE} =": "mean_absolute_percentage_error",
        r"\mathrm{MSLE} =": "mean_squared_logarithmic_error",
        r"Q_\tau = \frac1D": "pinball_loss",
    },
    2: {
        r"\int_\delta^e \delta \, dt": "huber_far",
        r"H(e) = \begin{cases}": "huber",
        r"P(e) = \delta^2": "pseudo_huber",
        r"L(e) = \ln \cosh e": "log_cosh",
        r"\left( \;\cdots\; \right)": "log_cosh_bracket",
        r"x + \operatorname{softplus}(-2x) - \ln 2": "log_cosh",
    },
    3: {
        r"m = t \, s": "narrow_pass",
        r"\ell = \max(1 - t\,s,\; 0) .": "hinge",
        r"\ell = \max(1 - t\,s,\; 0)^2": "squared_hinge",
        r"\ell = \max\Bigl( \max_i": "categorical_hinge",
    },
    4: {
        r"L = -\frac1D \sum_{i=1}^{D}": "log_loss",
        r"\operatorname{logit}(p) =": "logit",
        r"p = \sigma(z) =": "sigmoid",
        r"-y \ln \frac{1}{1 + e^{-z}}": "cost_of_logit",
        r"\max(z, 0) - z\,y": "binary_crossentropy",
        r"= \sigma(z) - y": "binary_crossentropy_gradient",
        r"-w\,y \ln \sigma(z)": "weighted_cross_entropy_with_logits",
    },
    5: {
        r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}": "softmax",
        r"= z_i - \ln \sum_j e^{z_j}": "log_softmax",
        r"L = -\sum_i y_i \ln p_i": "categorical_crossentropy",
        r"= p_i - y_i": "categorical_crossentropy_gradient",
        r"L = -\ln p_k": "sparse_categorical_crossentropy",
    },
    6: {
        r"p_k = \frac{e^{s_k}}": "loss_of_two_scores",
        r"-\ln p_l = \ln \sum_j e^{s_j - m}": "pixel_costs",
        r"L = \frac1Z": "softmax_loss",
        r"\frac{\partial L}{\partial s_k}": "softmax_loss_gradient",
    },
    7: {
        r"H(p) = \sum_i p_i \, s(p_i)": "entropy",
        r"H(p, q) = -\sum_i p_i \ln q_i": "cross_entropy",
        r"D(p \,\|\, q) = H(p, q) - H(p)": "kl_divergence",
        r"\frac{q_i}{p_i} - 1": "gibbs_bound",
        r"d(p, q) =": "jensen_shannon_distance",
    },
    8: {
        r"L(y, \hat y) =": "cosine_proximity",
        r"\nabla L =": "cosine_proximity_gradient",
        r"\tfrac12 \left( y_i \, d_i^2": "contrastive_loss",
        r"\|a - p\|^2 - \|a - n\|^2 + m": "triplet_loss",
    },
    9: {
        r"y' = y \, (1 - s) + \frac{s}{2}": "smooth_binary_labels",
        r"-y' \ln p - (1 - y')": "smoothed_binary_crossentropy",
        r"L(d) = \ln": "gap_slope",
    },
    10: {r"L = \frac1Z \sum_i w_i": "reduce_loss", r"\sum_{m=1}^M \lambda_m L_m": "total_loss"},
    11: {
        r"w \leftarrow w + m .": "sgd_step",
        r"w + \mu\, m - \eta\, g \qquad": "sgd_step",
        r"\eta_s = \frac{\eta_0}{": "time_decay",
        r"v \leftarrow v + g^2": "adagrad_step",
        r"v \leftarrow \rho\, v": "rmsprop_step",
        r"\Delta = g\, \frac{\sqrt{d": "adadelta_step",
        r"m \leftarrow \beta_1 m": "mean_after_t_steps",
        r"\frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot": "adam_step",
        r"u \leftarrow \max": "adamax_step",
        r"\pi_t = \mu_1 \mu_2": "nadam_step",
        r"\frac{\mu_{t+1}\, m}{": "nadam_step",
    },
    12: {r"\text{right} =": "binary_accuracy"},
    13: {r"\frac{\partial L}{\partial z_j} = p_j - y_j": "dense_kernel_slope"},
    14: {
        r"\text{precision} = \frac{TP}": "precision_recall",
        r"F_1 = \frac{2}{": "f_one",
        r"\text{AUC} = P(s_+ > s_-)": "auc",
        r"L(p) = -w\,r \ln p": "optimum_with_weight",
        r"w_k = \frac{N}{C \, N_k}": "balanced_weights",
        r"\frac{p'}{1 - p'} = \frac1w": "undo_weight",
        r"\ell = -\alpha_t \, (1 - p_t)^\gamma": "binary_focal_crossentropy",
        r"\ell = -\sum_k \alpha_k": "categorical_focal_crossentropy",
        r"\ell_q = \frac{1 - p^q}{q}": "generalized_cross_entropy",
        r"F_\beta = \frac{": "f_score",
    },
    15: {
        r"\mathrm{IoU} = \frac{|A \cap B|}": "dice_from_iou",
        r"L = 1 - \frac{2 \sum_i y_i \, \hat y_i}": "soft_dice",
        r"L(p) = 1 - \frac{2\,(a + p)}": "pixel_slope",
        r"\frac2S \left( \frac IS - y_i \right)": "soft_dice_gradient",
        r"T = \frac{TP}": "tversky",
        r"L_s = 1 -": "smoothed_dice",
        r"L = w \, L_\mathrm{Dice}": "dice_plus_crossentropy",
    },
    16: {
        r"P(l) = \sum_{\pi \text{ spells } l}": "ctc_loss",
        r"\alpha_t(s) = \bigl(": "ctc_forward",
        r"L = -\ln \bigl( \alpha_T(S)": "ctc_loss",
        r"\gamma_t(s) = \frac{": "state_shares",
        r"\frac{\partial L}{\partial z_t(k)}": "ctc_loss_gradient",
    },
    17: {r"\ell(e) = \begin{cases}": "quantile_on_ops"},
}
CHECKED = {(number, part) for number, formulas in BY_EXERCISE.items() for part in formulas}
TOLD = []


def shown_in(number, *parts):
    """Mark a test that checks the displayed formulas with these parts in the chapter of that number."""
    CHECKED.update((number, part) for part in parts)
    return lambda test: test


def told_in(number, *words):
    """Mark a test that works out what the chapter of that number tells in these words."""
    TOLD.extend((number, part) for part in words)
    return lambda test: test


def displayed(number):
    """The formulas that a chapter sets apart, each in one line."""
    return [" ".join(f.split()) for f in re.findall(r"\$\$(.+?)\$\$", prose_of(BY_NUMBER[number]), re.DOTALL)]


@pytest.mark.parametrize("number", BY_NUMBER)
def test_every_displayed_formula_is_checked(number):
    parts = [part for chapter, part in CHECKED if chapter == number]
    formulas = displayed(number)
    assert [f for f in formulas if not any(part in f for part in parts)] == []
    assert [part for part in parts if not any(part in f for f in formulas)] == []


def test_what_is_worked_out_here_is_what_the_chapters_tell():
    assert [(n, words) for n, words in TOLD if words not in " ".join(prose_of(BY_NUMBER[n]).split())] == []


@pytest.mark.parametrize(("number", "name"), sorted({(n, e) for n, by in BY_EXERCISE.items() for e in by.values()}))
def test_an_exercise_that_checks_a_formula_is_of_that_chapter(number, name):
    assert exercises.get(name).chapter == BY_NUMBER[number]


x, y, z = symbols("x y z", real=True)
p, q, s, t, K, e, delta = symbols("p q s t K e delta", positive=True)
mu, sigma = symbols("mu", real=True), Symbol("sigma", positive=True)
RNG = np.random.default_rng(0)


def distributions(count, classes=4):
    """Random rows that sum to 1."""
    return RNG.dirichlet(np.ones(classes), size=count)


# 0. A first loss


@told_in(0, "App B wins, by 1.5 to 8.5.")
def test_app_b_wins_by_1_5_to_8_5():
    truth = [20, 15, 10, 25]
    assert losses.mean_squared_error(truth, [24, 11, 11, 24]) == 8.5
    assert losses.mean_squared_error(truth, [22, 15, 11, 26]) == 1.5


# 1. Four errors for numbers


@shown_in(1, r"\frac{1}{\sigma \sqrt{2\pi}}")
def test_the_gaussian_is_a_density():
    assert simplify(integrate(exp(-((y - mu) ** 2) / (2 * sigma**2)), (y, -oo, oo)) / (sigma * sqrt(2 * pi))) == 1


def test_laplaces_distribution_is_a_density():
    b = Symbol("b", positive=True)
    assert simplify(2 * integrate(exp(-e / b) / (2 * b), (e, 0, oo))) == 1


@shown_in(1, r"\ln\sigma + \frac{m}{2\sigma^2}")
def test_the_mean_surprise_of_a_gaussian_is_that_of_its_mean_square_but_for_a_constant():
    y_1, y_2 = symbols("y_1 y_2", real=True)
    surprises = [log(sigma * sqrt(2 * pi)) + (each - mu) ** 2 / (2 * sigma**2) for each in (y_1, y_2)]
    m = ((y_1 - mu) ** 2 + (y_2 - mu) ** 2) / 2
    rest = simplify(sum(surprises) / 2 - log(sigma) - m / (2 * sigma**2))
    assert rest.free_symbols == set()


@told_in(1, "half of the truth costs 50 %, a guess of 0 costs 100 %", "Twice the truth costs 100 % already")
def test_half_of_the_truth_costs_50_percent_and_double_or_nothing_100():
    np.testing.assert_allclose(losses.mean_absolute_percentage_error([[3]] * 3, [[1.5], [6], [0]]), [50, 100, 100])


def test_no_single_forecast_is_best_for_all_four_losses():
    forecasts = np.linspace(0, 34, 3401)[:, None]
    waits = np.broadcast_to([2.0, 3, 4, 10, 31], (3401, 5))
    guesses = np.broadcast_to(forecasts, waits.shape)
    names = ["mean_absolute_percentage_error", "mean_absolute_error", "mean_squared_logarithmic_error"]
    best = [forecasts[getattr(losses, name)(waits, guesses).argmin(), 0] for name in [*names, "mean_squared_error"]]
    np.testing.assert_allclose(best, [3, 4, 6.3, 10], atol=0.05)


# 2. Robust regression


@shown_in(2, r"\int_0^e t \, dt = \frac{e^2}{2}")
def test_half_the_squared_error_is_the_area_under_its_slope():
    assert integrate(t, (t, 0, e)) == e**2 / 2


@shown_in(2, r"\sqrt{1 + u} = 1 + \frac u2 - \frac{u^2}8")
def test_the_series_of_the_root():
    assert series(sqrt(1 + x), x, 0, 3).removeO() == 1 + x / 2 - x**2 / 8


@told_in(2, r"$P(e) \approx \delta |e| - \delta^2$")
def test_pseudo_huber_is_nearly_delta_e_less_delta_squared_far_out():
    assert sympy.limit(delta**2 * (sqrt(1 + (e / delta) ** 2) - 1) - (delta * e - delta**2), e, oo) == 0


@told_in(2, "4 degrees Celsius becomes one of 7.2 degrees Fahrenheit")
def test_four_degrees_celsius_are_seven_point_two_of_fahrenheit():
    assert 4 * 9 / 5 == 7.2


def test_huber_leaves_the_median_at_a_delta_of_2_and_reaches_the_mean_near_60():
    readings, centre = np.array([18.0, 19, 20, 21, 92]), np.linspace(15, 40, 2501)
    table = np.tile(readings, (2501, 1)), np.tile(centre[:, None], (1, 5))
    best = {limit: centre[losses.huber(*table, delta=limit).argmin()] for limit in (1.0, 2.0, 4.0, 60.0)}
    np.testing.assert_allclose([best[1.0], best[2.0], best[60.0]], [20, 20, 34], atol=0.6)
    assert 20 < best[4.0] < 34


@pytest.mark.parametrize(("width", "low", "high"), [(0.25, 0.3, 0.5), (5, 4.5, 5)])
def test_the_articles_curve_is_less_than_half_or_almost_five_times_as_high(width, low, high):
    article = width**2 * (np.sqrt(1 + 1 / width) - 1)
    assert low < article / losses.pseudo_huber([0.0], [1.0], delta=width) < high


# 3. The margin


@shown_in(3, r"= 1 + (1 - 2p)\,s")
def test_the_mean_hinge_is_a_straight_line_between_minus_one_and_one():
    assert simplify(p * (1 - s) + (1 - p) * (1 + s) - (1 + (1 - 2 * p) * s)) == 0


@shown_in(3, r"\frac\lambda2\, \lVert w \rVert^2")
def test_the_penalty_of_the_widest_street_adds_its_weight_times_w_to_the_slope():
    points, labels = RNG.normal(size=(8, 2)), RNG.choice([-1.0, 1.0], size=(8, 1))
    w = RNG.normal(size=(2, 1))

    def objective(w):
        return losses.hinge(labels, points @ w).sum() + 0.6 / 2 * (w**2).sum()

    slope = points.T @ losses.hinge.gradient(labels, points @ w) + 0.6 * w
    np.testing.assert_allclose(slope, central_difference(objective, w), rtol=1e-6)


@told_in(3, "The hinge is nowhere below the count")
def test_the_hinge_is_nowhere_below_the_count_of_errors():
    margins = np.linspace(-3, 3, 601)
    assert np.all(np.maximum(1 - margins, 0) >= (margins <= 0))


# 4. Binary cross-entropy


@shown_in(4, r"p^{\,y} \, (1-p)^{1-y}")
def test_the_likelihood_of_a_label_is_p_or_the_rest():
    likelihood = p**y * (1 - p) ** (1 - y)
    assert (likelihood.subs(y, 1), likelihood.subs(y, 0)) == (p, 1 - p)


@shown_in(4, r"\frac{dL}{dz} = \frac{dL}{dp} \cdot \frac{dp}{dz}")
def test_the_slope_by_the_logit_is_that_by_the_probability_times_that_of_the_sigmoid():
    sigmoid = 1 / (1 + exp(-z))
    cost = -(y * log(p) + (1 - y) * log(1 - p))
    by_parts = diff(cost, p).subs(p, sigmoid) * diff(sigmoid, z)
    assert simplify(by_parts - (sigmoid - y)) == 0
    assert simplify(diff(sigmoid, z) - sigmoid * (1 - sigmoid)) == 0


@told_in(4, r"\operatorname{logit}(1-p) = -\operatorname{logit}(p)")
def test_swapped_outcomes_change_the_sign_of_the_logit():
    logit = log(p / (1 - p))
    assert simplify(sympy.expand_log(logit.subs(p, 1 - p) + logit, force=True)) == 0


@told_in(4, r"its logit is $\operatorname{logit}(s) + \ln w$")
def test_a_weight_shifts_the_best_logit_by_its_logarithm():
    w = Symbol("w", positive=True)
    best = w * s / (w * s + 1 - s)
    assert simplify(best / (1 - best) - w * s / (1 - s)) == 0


@pytest.mark.parametrize("number", [4, 5, 7, 9])
def test_clipped_losses_end_at_sixteen_point_one(number):
    assert r"-\ln 10^{-7} \approx 16.1" in prose_of(BY_NUMBER[number])
    assert round(-np.log(1e-7), 1) == 16.1


# 5. Categorical cross-entropy


@told_in(5, "$e^{710}$ is beyond the largest float")
def test_the_exponential_of_710_is_beyond_the_largest_float():
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(710.0))
    assert np.isfinite(np.exp(709.0))


@told_in(5, r"never below the largest score, and at most $\ln C$ above it")
def test_log_sum_exp_lies_between_the_largest_score_and_log_c_above_it():
    scores = RNG.normal(scale=5, size=(100, 6))
    above = np.log(np.exp(scores).sum(-1)) - scores.max(-1)
    assert np.all((above > 0) & (above <= np.log(6)))
    assert np.log(np.exp(np.zeros(6)).sum()) == pytest.approx(np.log(6))


@told_in(5, "where the second class has the score 0")
def test_a_sigmoid_is_a_softmax_over_two_classes_of_which_one_has_score_0():
    assert simplify(exp(x) / (exp(x) + exp(0)) - 1 / (1 + exp(-x))) == 0


def test_sigmoids_of_1_and_0_stay_level_at_073_and_a_half():
    assert [round(1 / (1 + np.exp(-score)), 2) for score in (1, 0)] == [0.73, 0.5]


# 6. The dense softmax loss


@told_in(6, r"for a lead of $-\ln(e - 1)$")
def test_a_lead_of_minus_log_e_minus_one_costs_one():
    assert simplify(log(1 + exp(log(E - 1)))) == 1


@told_in(6, r"about $1.2 \cdot 10^{-38}$")
def test_the_smallest_float32_is_about_twelve_times_ten_to_the_minus_39():
    assert f"{np.finfo('float32').tiny:.1e}" == "1.2e-38"


# 7. The Kullback-Leibler divergence


@shown_in(7, r"s(p) = \ln\frac1p = -\ln p")
def test_independent_surprises_add_up_and_what_is_certain_does_not_surprise():
    assert sympy.expand_log(-log(p * q)) == -log(p) - log(q)
    assert -log(1) == 0
    assert round(1 / np.log(2), 2) == 1.44


@shown_in(7, r"\ln x \le x - 1")
def test_the_logarithm_stays_below_its_tangent_at_1():
    gap = t - 1 - log(t)
    assert sympy.solve(diff(gap, t), t) == [1]
    assert gap.subs(t, 1) == 0
    assert diff(gap, t, 2).subs(t, 1) > 0


def test_the_divergence_is_never_negative_and_cross_entropy_never_below_entropy():
    a, b = distributions(200), distributions(200)
    assert np.all(losses.kl_divergence(a, b) > 0)
    np.testing.assert_allclose(losses.kl_divergence(a, a), 0, atol=1e-15)


@shown_in(7, r"\int \ln \frac{dP}{dQ} \, dP", r"\int p(x) \ln \frac{p(x)}{q(x)} \, dx")
def test_the_general_form_is_the_sum_for_outcomes_and_the_integral_for_densities():
    a, b = distributions(2)
    ratio = a / b  # the density of P with respect to Q: the mean under P is that under Q, weighed by it
    assert np.sum(b * ratio * np.log(ratio)) == pytest.approx(losses.kl_divergence(a, b))
    # two exponential densities, of rates 2 and 1
    integral = integrate(2 * exp(-2 * t) * log(2 * exp(-2 * t) / exp(-t)), (t, 0, oo))
    assert simplify(integral - (log(2) - sympy.Rational(1, 2))) == 0


@shown_in(7, r"\ln\frac{\sigma_q}{\sigma_p} - \frac{(x-\mu_p)^2}{2\sigma_p^2}")
def test_the_logarithm_of_the_ratio_of_two_normal_densities():
    mu_p, mu_q = symbols("mu_p mu_q", real=True)
    sigma_p, sigma_q = symbols("sigma_p sigma_q", positive=True)

    def density(m, d):
        return exp(-((x - m) ** 2) / (2 * d**2)) / (d * sqrt(2 * pi))

    shown = log(sigma_q / sigma_p) - (x - mu_p) ** 2 / (2 * sigma_p**2) + (x - mu_q) ** 2 / (2 * sigma_q**2)
    ratio = sympy.expand_log(log(density(mu_p, sigma_p)), force=True) - sympy.expand_log(
        log(density(mu_q, sigma_q)), force=True
    )
    assert simplify(sympy.expand_log(ratio - shown, force=True)) == 0


@shown_in(7, r"y_i \ln \frac{y_i}{\hat y_i} - y_i + \hat y_i")
def test_the_generalised_divergence_is_never_negative_and_has_the_slope_of_the_poisson_loss():
    counts, rates = RNG.uniform(0.1, 5, size=(2, 100))
    assert np.all(counts * np.log(counts / rates) - counts + rates >= 0)
    rate = Symbol("r", positive=True)
    generalised = t * log(t / rate) - t + rate
    assert simplify(diff(generalised - (rate - t * log(rate)), rate)) == 0


@told_in(13, r"$p_i \, (g_i - \sum_j p_j g_j)$")
@told_in(7, r"$q_i \, (g_i - \sum_j q_j g_j)$")
def test_a_softmax_passes_a_gradient_on_as_the_chapter_says():
    logits, g = RNG.normal(size=(2, 5))

    def weighted(logits):
        q = np.exp(logits) / np.exp(logits).sum()
        return q @ g

    q = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(q * (g - q @ g), central_difference(weighted, logits), rtol=1e-6)


# 8. Cosine proximity


@shown_in(8, r"- 2 \, \|a\| \, \|b\| \cos\theta", r"a \cdot b = \|a\| \, \|b\| \cos\theta")
def test_the_law_of_cosines_and_the_dot_product_give_one_angle():
    a, b, theta = symbols("a b theta", positive=True)
    first, second = sympy.Matrix([a, 0]), sympy.Matrix([b * cos(theta), b * sympy.sin(theta)])
    third = first - second
    assert simplify(third.dot(third) - (a**2 + b**2 - 2 * a * b * cos(theta))) == 0
    assert simplify(first.dot(second) - a * b * cos(theta)) == 0


@told_in(8, r"$1 - \cos\theta \approx \theta^2 / 2$")
def test_near_the_goal_the_loss_lacks_half_the_square_of_the_angle():
    assert series(1 - cos(x), x, 0, 4).removeO() == x**2 / 2


@told_in(8, "It cannot get shorter, ever.")
def test_each_step_down_the_gradient_makes_a_prediction_longer():
    truth, prediction = RNG.normal(size=(2, 50, 3))
    step = losses.cosine_similarity.gradient(truth, prediction)
    np.testing.assert_allclose((step * prediction).sum(-1), 0, atol=1e-12)
    assert np.all(np.linalg.norm(prediction - step, axis=-1) > np.linalg.norm(prediction, axis=-1))


# 9. Label smoothing


@shown_in(9, r"(1 - y') \cdot \bigl( -\ln(1 - p) \bigr)")
def test_the_mean_loss_of_both_truths_is_the_cross_entropy_of_the_doubted_label():
    doubted = 0.9
    mean = (1 - doubted) * losses.binary_crossentropy([0.0], [0.3]) + doubted * losses.binary_crossentropy([1.0], [0.3])
    assert mean == pytest.approx(losses.binary_crossentropy([doubted], [0.3]))


def test_the_loss_over_the_gap_is_the_smoothed_cross_entropy_of_such_logits():
    logits = np.array([1.7, 0, 0, 0, 0])
    target = 1 - 0.2 + 0.2 / 5
    loss = losses.categorical_crossentropy([1, 0, 0, 0, 0], logits, from_logits=True, label_smoothing=0.2)
    assert loss == pytest.approx(np.log(np.exp(1.7) + 4) - target * 1.7)


@shown_in(9, r"s \, D(u \,\|\, p) + s \ln K", r"H(y', p) = H(y') + D(y' \,\|\, p)")
def test_smoothing_fines_the_divergence_from_the_uniform_and_leaves_the_entropy_of_the_label():
    prediction, label, uniform = distributions(1)[0], np.eye(4)[2], np.full(4, 1 / 4)
    smoothed = 0.9 * label + 0.1 * uniform
    whole = losses.cross_entropy(smoothed, prediction)
    fine = losses.kl_divergence(uniform, prediction) + np.log(4)
    assert whole == pytest.approx(0.9 * losses.cross_entropy(label, prediction) + 0.1 * fine)
    assert whole == pytest.approx(losses.entropy(smoothed) + losses.kl_divergence(smoothed, prediction))


@told_in(9, r"the logits $\ln (1 + K (1 - s) / s)$ apart")
def test_the_best_logits_are_apart_as_the_card_says():
    assert simplify((1 - s + s / K) / (s / K) - (1 + K * (1 - s) / s)) == 0


@told_in(9, "a training loss of one half can be perfection")
def test_a_training_loss_of_one_half_can_be_perfection():
    targets = np.array([0.91] + [0.01] * 9)
    assert losses.entropy(targets) == pytest.approx(0.5, abs=0.001)


# 10. Reduction


@told_in(10, "is a twelfth of the data. Alone on its replica it gets a third of the step")
def test_a_point_alone_on_one_of_three_machines_counts_for_four():
    assert pytest.approx(4) == (1 / 3) / (1 / 12)


# 11. Optimizers


@shown_in(11, r"\nabla f = (x,\; 50\, y)")
def test_the_gradient_of_the_valley():
    f = (x**2 + 50 * y**2) / 2
    assert (diff(f, x), diff(f, y)) == (x, 50 * y)


@shown_in(11, r"\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v")
def test_adams_two_forms_are_one_but_for_epsilon_which_counts_32_times_as_much_at_first():
    m, v, eta, b_1, b_2 = symbols("m v eta b_1 b_2", positive=True)
    corrected = eta * (m / (1 - b_1)) / sqrt(v / (1 - b_2))
    gathered = eta * sqrt(1 - b_2) / (1 - b_1) * m / sqrt(v)
    assert (corrected / gathered).subs({b_1: 0.9, b_2: 0.999, m: 2, v: 3, eta: 1}).evalf() == pytest.approx(1)
    assert round(1 / np.sqrt(1 - 0.999)) == 32


@told_in(11, r"With $\mu = 0.9$, steps that agree become ten times as long")
def test_velocity_of_a_momentum_of_nine_tenths_makes_steps_that_agree_ten_times_as_long():
    velocity = 0.0
    for _ in range(500):
        velocity = 0.9 * velocity - 1.0
    assert velocity == pytest.approx(-10)


@told_in(11, r"the same sum with alternating signs comes to $1 / (1 + \mu)$")
def test_velocity_of_steps_that_alternate_is_about_half_a_step():
    assert sympy.summation((-s) ** K, (K, 0, oo)).subs(s, sympy.Rational(9, 10)) == sympy.Rational(10, 19)


@told_in(11, r"grows from about half of $\beta_1$ to all of it")
def test_the_momentum_of_nadam_grows_from_about_half_of_beta_1_to_all_of_it():
    grown = [1 - 0.96**step / 2 for step in (1, 1000)]
    assert grown == pytest.approx([0.5, 1], abs=0.03)


@told_in(11, r"$0.1 / \sqrt{0.001}$, more than 3")
def test_without_its_correction_the_first_step_of_adam_is_more_than_three_times_as_long():
    assert 3 < 0.1 / np.sqrt(0.001) < 3.2


@told_in(11, "the minimum, 0, is at $(1, 1)$")
def test_the_bend_is_lowest_at_one_one_and_its_gradient_is_that_of_the_cell():
    f = (1 - x) ** 2 + 10 * (y - x**2) ** 2
    assert simplify(diff(f, x) - (-2 * (1 - x) - 40 * x * (y - x**2))) == 0
    assert simplify(diff(f, y) - 20 * (y - x**2)) == 0
    assert f.subs({x: 1, y: 1}) == 0


# 12. Metrics


@told_in(12, "of slope $2q - 1$")
def test_expected_accuracy_is_a_straight_line_and_expected_log_loss_is_least_at_the_truth():
    assert simplify(diff(p * q + (1 - p) * (1 - q), p) - (2 * q - 1)) == 0
    assert sympy.solve(diff(-q * log(p) - (1 - q) * log(1 - p), p), p) == [q]


# 13. Compile and fit


@told_in(13, r"Add it up over all ten labels: $\frac{2}{10} (10 - 1) = 1.8$")
def test_the_absolute_errors_of_all_labels_of_an_image_add_up_to_the_same_whatever_the_prediction():
    predictions = np.repeat(distributions(20, classes=10)[:, None], 10, axis=1)
    labels = np.broadcast_to(np.eye(10), predictions.shape)
    errors = losses.mean_absolute_error(labels, predictions)
    np.testing.assert_allclose(errors, 2 / 10 * (1 - predictions[:, 0]), rtol=1e-12)
    np.testing.assert_allclose(errors.sum(-1), 1.8)


@told_in(
    13,
    r"$p_i \, (g_i - \sum_j p_j g_j)$",
    r"the loss is $\ln 10$",
    r"its slope in the score of the true class is $p - 1$",
)
def test_ten_equally_likely_classes_cost_ln_10():
    assert losses.categorical_crossentropy(np.eye(10)[0], np.zeros(10), from_logits=True) == pytest.approx(np.log(10))


# 14. Imbalance


@shown_in(14, r"\frac{\partial \ell_q}{\partial z_j} = p_k^q")
@told_in(14, r"$p^q = e^{q \ln p} \approx 1 + q \ln p$")
def test_the_generalised_cross_entropy_has_the_slope_of_the_cross_entropy_times_a_power():
    assert series(exp(q * log(p)), q, 0, 2).removeO() == 1 + q * log(p)
    scores, label, power = RNG.normal(size=4), np.array([2]), 0.7

    def cost(scores):
        e = np.exp(scores)
        return losses.categorical_generalized_cross_entropy(label, [e / e.sum()], power).sum()

    shares = np.exp(scores) / np.exp(scores).sum()
    slope = shares[2] ** power * (shares - np.eye(4)[2])
    np.testing.assert_allclose(central_difference(cost, scores), slope, rtol=1e-6)


# 15. Overlap


@shown_in(15, r"|A \cap B| \to \sum_i y_i \, \hat y_i")
@told_in(15, r"$|A \cup B| = |A| + |B| - |A \cap B|$")
def test_on_masks_sums_count_the_pixels_of_intersection_and_union():
    one, other = RNG.integers(2, size=(2, 100))
    a, b = (set(np.flatnonzero(mask)) for mask in (one, other))
    assert len(a & b) == (one * other).sum()
    assert len(a) + len(b) == one.sum() + other.sum() == len(a | b) + len(a & b)
