"""Each item of the articles that the course grew out of is covered: by which chapter, where, and in which words.

A line gives the item, the chapter, the section or the exercise that covers it, and words that stand there.
"""

import pytest

from lossedu import exercises
from lossedu.exercises import CounterexampleExercise
from tests.authoring.reading import CHAPTERS, printed_by, sections_of, words_of

FACTS = [
    # A. The Keras objectives list
    ("A mean_squared_error", 1, "mean_squared_error", r"\mathrm{MSE} = \frac1D \sum_{i=1}^D (\hat y_i - y_i)^2"),
    ("A mse", 1, "Summary", "`mse`", "by your functions' full names too"),
    ("A mean_absolute_error", 1, "mean_absolute_error", r"\mathrm{MAE} = \frac1D \sum_{i=1}^D |\hat y_i - y_i|"),
    ("A mae", 1, "Summary", "`mae`"),
    ("A mean_absolute_percentage_error", 1, "mean_absolute_percentage_error", r"\mathrm{MAPE} = \frac{100}{D}"),
    ("A mape", 1, "Summary", "`mape`"),
    ("A mean_squared_logarithmic_error", 1, "mean_squared_logarithmic_error", r"\mathrm{MSLE} = \frac1D"),
    ("A msle", 1, "Summary", "`msle`"),
    ("A hinge", 3, "The hinge", r"\ell = \max(1 - t\,s,\; 0)"),
    ("A hinge of t = +1 or -1", 3, "The hinge", "| $+1$ | $2$ | $2$ | $0$ | right, and far enough |"),
    ("A squared_hinge", 3, "squared_hinge", r"\max(1 - t\,s,\; 0)^2"),
    ("A binary_crossentropy", 4, "binary_crossentropy", r"\max(z, 0) - z\,y + \ln\left(1 + e^{-|z|}\right)"),
    ("A categorical_crossentropy, one-hot", 5, "categorical_crossentropy", r"L = -\sum_i y_i \ln p_i", "**one-hot**"),
    ("A sparse_categorical_crossentropy", 5, "sparse_categorical_crossentropy", "number of the true class, from 0 to"),
    ("A labels in a column", 5, "Labels as numbers", "`np.expand_dims(class_numbers, -1)`"),
    ("A kullback_leibler_divergence", 7, "Summary", "`kullback_leibler_divergence`, `kld`"),
    ("A cosine_proximity", 8, "cosine_proximity", "minus the *mean* of the products"),
    ("A cosine in [-1, 1]", 8, "From the dot product to the angle", "the cosine lies in $[-1, 1]$"),
    ("A softmax loss: the scores", 5, "Softmax, step by step", "scores = np.array([1.2, 0.8])"),
    ("A softmax loss: the scores", 6, "One pixel, step by step", "np.array([1.2, 0.8]), 1"),
    ("A Caffe: ignore_label", 6, "Labels that don't count", "costs nothing", "its gradient is zero", "`ignore_label`"),
    ("A Caffe: FULL", 6, "What to divide by", "| FULL | $N \\cdot H \\cdot W$ | all pixels, those ignored included |"),
    ("A Caffe: VALID", 6, "loss_divisor", "VALID (the default)", "the same as FULL if no label is ignored"),
    ("A Caffe: BATCH_SIZE and NONE", 6, "What to divide by", "| BATCH_SIZE | $N$ |", "| NONE | 1 | |"),
    (
        "A Caffe: normalize",
        6,
        "What to divide by",
        "only if `normalization` is not set",
        "`normalize: false` BATCH_SIZE",
    ),
    ("A Caffe: shapes", 6, "One label a pixel", "`(N, C, H, W)`", "whole numbers from $0$ to $C-1$"),
    ("A Caffe: a second output", 6, "softmax_loss", "the loss, and the probabilities"),
    ("A log loss", 4, "log_loss", "y_i \\ln p_i + (1-y_i) \\ln (1-p_i)", "as competitions call it"),
    ("A four mails", 4, "A question", "| 1 | 0.10 | 0.90 | spam |", "| 4 | 0.35 | 0.65 | spam |"),
    ("A KL: 0 ln 0 = 0", 7, "Surprise, and its mean", r"0 \ln 0 = 0"),
    ("A KL: only where Q > 0", 7, "Believing the wrong distribution", "that you held impossible ($q_i = 0$)"),
    ("A KL: the sum", 7, "kl_divergence", r"= \sum_i p_i \ln \frac{p_i}{q_i}"),
    ("A KL: the integral", 7, "gaussian_kl", r"\int p(x) \ln \frac{p(x)}{q(x)} \, dx"),
    ("A KL: Radon-Nikodym", 7, "Densities, and the general form", r"\int \ln \frac{dP}{dQ} \, dP"),
    # B. Losses in TensorFlow 1
    (
        "B the regression losses together",
        2,
        "All of them together",
        "np.linspace(-1, 1, 100)",
        "L1",
        "L2, MSE",
        "log-cosh",
    ),
    ("B Huber and pseudo-Huber, 0.25 and 5", 2, "All of them together", 'for limit, light, dark in [(5, "#', "(0.25,"),
    ("B the classification losses together", 4, "The losses in one picture", "np.linspace(-3, 5, 100)", "np.ones(100)"),
    ("B weighted cross-entropy", 4, "The losses in one picture", '(0.5, "the same, weight 0.5")'),
    ("B which loss for what", 13, "Which loss for what", "| loss | for | strength | weakness |", "| squared (L2) |"),
    ("B weighted cross-entropy", 4, "weighted_cross_entropy_with_logits", r"-w\,y \ln \sigma(z)"),
    ("B softmax cross-entropy, a soft target", 5, "soft_optimum", "[[0.1, 0.02, 0.88]]", "[[1.0, -3.0, 10.0]]"),
    # C. model.compile
    ("C optimizer, loss, metrics", 13, "What compile takes", "| `optimizer` |", "| `loss` |", "| `metrics` |"),
    ("C compile by names", 13, "What compile takes", '`"sgd"` for `SGD()`', '`"mse"` and `"mean_squared_error"`'),
    ("C target_tensors", 13, "What compile takes", "`target_tensors=[...]` | gone", "`tf.data.Dataset`"),
    ("C sample_weight_mode", 13, "What compile takes", "`sample_weight_mode='temporal'` | gone"),
    ("C lr is learning_rate", 13, "What compile takes", "`SGD(lr=0.01, decay=1e-6)`"),
    ("C Dense(64), uniform, of 10", 13, "What compile takes", 'Dense(64, kernel_initializer="random_uniform")'),
    ("C the example, with objects", 13, "What compile takes", "SGD(0.01, clipvalue=0.5)", '"loss": "mse"'),
    ("C the example, by name", 13, "What compile takes", '"optimizer": "sgd", "loss": "mean_squared_error"'),
    ("C the example, a metric", 13, "What compile takes", '"rmsprop", "loss": "binary_crossentropy"', "mean_pred]"),
    ("C loss_weights", 10, "total_loss", "`compile(loss_weights=[...])`"),
    ("C sample_weight_mode", 10, "Masks and sequences", '`compile(sample_weight_mode="temporal")`', "no such argument"),
    ("C weighted_metrics", 12, "Metrics in Keras, then and now", "`weighted_metrics=[...]`"),
    ("C SGD", 11, "sgd_step", r"m \leftarrow \mu\, m - \eta\, g", "**Nesterov's**"),
    ("C SGD's defaults", 11, "Defaults, then and now", "| SGD | lr 0.01, momentum 0, decay 0, nesterov False |"),
    ("C RMSprop's defaults", 11, "Defaults, then and now", "| RMSprop | lr 0.001, rho 0.9;"),
    ("C Adagrad's defaults", 11, "Defaults, then and now", "| Adagrad | lr **0.01**;"),
    ("C Adadelta's defaults", 11, "Defaults, then and now", "| Adadelta | lr **1.0**, rho 0.95 |"),
    ("C Adam's defaults", 11, "Defaults, then and now", "| lr 0.001, beta_1 0.9, beta_2 0.999, amsgrad False |"),
    ("C Adamax's defaults", 11, "Defaults, then and now", "| Adamax | lr **0.002**,"),
    ("C Nadam's defaults", 11, "Defaults, then and now", "| Nadam | lr **0.002**,", "schedule_decay **0.004**"),
    ("C clipnorm and clipvalue", 11, "Steps that are too long", "(learning_rate=0.01, clipvalue=0.5)", "clipnorm=0.5)"),
    ("C decay", 11, "time_decay", r"\frac{\eta_0}{1 + \text{decay} \cdot s}"),
    ("C categorical_hinge", 3, "categorical_hinge", r"\max_i\, (1 - y_i)\,s_i"),
    ("C logcosh", 2, "log_cosh", r"\ln\cosh x = x + \operatorname{softplus}(-2x) - \ln 2"),
    ("C poisson", 7, "poisson", r"\hat y_i - y_i \ln \hat y_i"),
    ("C epsilon is 1e-7 in clips", 4, "The cost of a logit", r"$\epsilon = 10^{-7}$"),
    ("C epsilon is 1e-7 in clips", 7, "The divergence", r"$\epsilon = 10^{-7}$"),
    ("C binary_accuracy", 12, "binary_accuracy", "**threshold**"),
    ("C categorical_accuracy", 12, "categorical_accuracy", "the class with the highest score"),
    ("C sparse_categorical_accuracy", 12, "sparse_categorical_accuracy", "class numbers"),
    ("C top_k_categorical_accuracy", 12, "top_k_categorical_accuracy", "*fewer than $k$ classes score higher*"),
    ("C k is 5", 12, "Summary", "`top_k_categorical_accuracy(k=5)`"),
    ("C sparse_top_k_categorical_accuracy", 12, "sparse_top_k_categorical_accuracy", "**Top-k accuracy**"),
    ("C mean_pred", 12, "mean_pred", '`compile(..., metrics=["accuracy", mean_pred])`'),
    # D. Arguments of tf.keras.losses
    ("D logit", 4, "logit", r"\operatorname{logit}(p) = \ln \frac{p}{1-p}"),
    ("D sigmoid, its inverse", 4, "sigmoid", r"p = \sigma(z) = \frac{1}{1 + e^{-z}}", "The way back"),
    ("D from_logits", 4, "Log-odds", "`from_logits=True`"),
    (
        "D softmax sums to one, sigmoids don't",
        5,
        "Softmax, step by step",
        "probabilities sum to one",
        "may have any sum",
    ),
    ("D labels flipped with alpha", 9, "flipped_target", "wrong with probability $\\alpha$", "$1 - \\alpha$"),
    ("D label_smoothing is 2 alpha", 9, "smoothing_of_two", r"y' = y \, (1 - s) + \frac{s}{2}"),
    ("D label_smoothing is 2 alpha", 9, "Summary", r"$2 \alpha$ for two classes"),
    ("D smoothing of K classes", 9, "smooth_categorical_labels", r"$1 - s + \frac sK$"),
    ("D Szegedy and others", 9, "Summary", "*Rethinking the Inception Architecture for Computer Vision*, 2016"),
    (
        "D 2 samples",
        5,
        "Cross-entropy over classes",
        "[[0.0, 1, 0], [0, 0, 1]]",
        "[[0.05, 0.95, 0], [0.1, 0.8, 0.1]]",
    ),
    ("D 2 samples", 9, "The smoothed losses", "[[0, 1, 0], [0, 0, 1]]", "[[0.05, 0.95, 0], [0.1, 0.8, 0.1]]"),
    ("D axis", 10, "From an array to a number", "the argument `axis` of many losses, by default the last one"),
    ("D name", 10, "From an array to a number", "a `name`, which changes nothing but what the loss is called"),
    ("D reductions", 10, "From an array to a number", "`AUTO` (default) chooses it", "| `SUM` |", "| `NONE` |"),
    ("D replicas: AUTO raises", 10, "Several machines", "`AUTO` or `SUM_OVER_BATCH_SIZE` therefore raises an error"),
    ("D replicas: sum and divide", 10, "replica_loss", "divide by the global batch yourself"),
]

PRINTED = [
    (
        "A softmax loss: the steps",
        5,
        "Softmax, step by step",
        "0.  -0.4",
        "0.5987 0.4013",
        "0.913",
    ),
    (
        "A softmax loss: the steps",
        6,
        "One pixel, step by step",
        "0.  -0.4",
        "0.5987 0.4013",
        "0.9130",
    ),
    ("A four mails", 4, "From likelihood to log loss", "0.21616"),
    ("B softmax cross-entropy, a soft target", 5, "Spot the bug", "cost 1.1601"),
    ("D two samples, each and their mean", 5, "Cross-entropy over classes", "0.0513 2.30", "mean 1.177"),
    ("D two samples, each and their mean", 9, "The smoothed losses", "0.0513 2.30", "mean 1.177"),
]

MISTAKES = [
    ("A1 MSE called the standard deviation", "not_the_deviation", "is the standard deviation of the errors.*"),
    ("A2 MAE taken from the mean", "not_from_the_mean", "mean distance of the observations from their mean.*"),
    ("A3 a right sign costs nothing", "right_yet_costly", "is zero as soon as its score has the right sign.*"),
    ("A4 sparse taken for many zeros", "dense_by_numbers", "is for sparse data, which holds many zeros"),
    ("A5 a cosine near 1, a direction near 0", "alike_but_far_from_0", "the nearer the direction is to 0.*"),
    ("A6 RMSE given for MSE", "root_left_on", r"is* $\mathrm{MSE} = \sqrt{"),
    ("B1 only the residual squared", "unsquared_delta", "np.sqrt(1 + e**2 / delta)"),
    ("B2 a minus for a plus", "minus_for_plus", "`y * np.log(p) - (1 - y) * np.log(1 - p)`"),
    ("B3 labels for logits", "labels_for_logits", "it does not matter which comes first.*"),
    ("B4 cross-entropy called a distance", "equals_apart", "measures the distance between two distributions.*"),
    ("B4 nor is it symmetric, as its mend is not", "there_and_back", "But a distance is the same in both directions"),
    ("B5 the logarithm beyond [0, 1]", "beyond_certain", "draws it for outputs from -3 to 5"),
    ("B6 for a single class only", "soft_optimum", "only for targets that are a single class.*"),
    ("D1 zeros as 1e-6", "cost_of_impossible", "puts 1e-6 in the place of zeros.*"),
    ("D1 no division by the sum", "not_only_zeros", "divide by the sum, then clip"),
    ("D2 alpha for label_smoothing", "too_few_flips", r"set* `label_smoothing` *to $\alpha$"),
    ("D3 a logit called a label", "logit_inside", "*A logit is a label outside of [0, 1].*"),
]


def heading_of(chapter, target):
    """The section that covers an item: the target itself, or the one in which the exercise of that name is asked."""
    if target not in exercises.names():
        return target
    (heading,) = [
        heading
        for heading, section in sections_of(chapter).items()
        for cell in section
        if not isinstance(cell, str) and cell.metadata.get("nbgrader", {}).get("grade_id") == target
    ]
    return heading


def test_every_fact_stands_in_some_chapter():
    missing = []
    for item, number, target, *words in FACTS:
        chapter = CHAPTERS[number]
        section = words_of(sections_of(chapter)[heading_of(chapter, target)])
        missing += [(item, part) for part in words if part not in section]
    assert missing == []


def test_every_number_is_computed_where_it_is_told():
    missing = []
    for item, number, heading, *numbers in PRINTED:
        printed = printed_by(CHAPTERS[number])[heading]
        missing += [(item, part) for part in numbers if part not in printed]
    assert missing == []


@pytest.mark.parametrize(("item", "exercise", "claim"), MISTAKES)
def test_every_mistake_is_for_the_learner_to_refute(item, exercise, claim):
    declared = exercises.get(exercise)
    assert isinstance(declared, CounterexampleExercise) or exercise == "cost_of_impossible"  # that one is a number
    heading = heading_of(declared.chapter, exercise)
    assert heading == "Spot the bug"
    assert claim in words_of(sections_of(declared.chapter)[heading])
