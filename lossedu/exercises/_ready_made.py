"""The functions outside NumPy that do the work of an exercise: the one list, by exercise.

A function is on the list if it *is* the exercise, up to a sum, a mean, a sign, a constant factor or `1 - x`.
Building blocks are not on it: who writes `-xlogy(p, p).sum(-1)` or `x - logsumexp(x)` has written the formula. Nor is
NumPy, in which answers are written, nor the frameworks, which are refused as a whole.

A list holds for all exercises of a chapter, since they stand in one notebook: whoever was asked to write `sigmoid`
there has a sigmoid of their own to use. In other chapters the same functions are tools.

Private names are on the list where the public function only passes the work on to them. A module refuses all that is
in it.
"""

SPECIAL = "scipy.special"
DISTANCE = "scipy.spatial.distance"
LOOPS = "scipy.spatial._distance_wrap"  # the compiled loops behind `cdist` and `pdist`
CONTINUOUS = "scipy.stats._continuous_distns"
DISCRETE = "scipy.stats._discrete_distns"

BETWEEN_ALL = (f"{DISTANCE}.cdist", f"{DISTANCE}.pdist")  # each takes the name of any distance


def special(*names):
    """Return where SciPy has special functions: as functions of arrays, and those of them that C programs can call."""
    return tuple(f"{SPECIAL}{part}.{name}" for name in names for part in ("", ".cython_special"))


def distance(name, *private):
    """Return where SciPy has the distance of that name, with its compiled loops."""
    loops = (f"{LOOPS}.{rows}_{name}_double_wrap" for rows in ("cdist", "pdist"))
    return (f"{DISTANCE}.{name}", *private, *loops, *BETWEEN_ALL)


def fast_distance(name):
    """Return where SciPy has a distance that it computes in another compiled module as well."""
    loops = (f"scipy.spatial._distance_pybind.{rows}_{name}" for rows in ("cdist", "pdist"))
    return distance(name, *loops)


def distance_of_masks(name):
    """Return where SciPy has a distance of arrays of booleans."""
    fast = (f"scipy.spatial._distance_pybind.{rows}_{name}" for rows in ("cdist", "pdist"))
    loops = (f"{LOOPS}.{rows}_{name}_bool_wrap" for rows in ("cdist", "pdist"))
    return (f"{DISTANCE}.{name}", *fast, *loops, *BETWEEN_ALL)


MINKOWSKI = (
    *fast_distance("minkowski"),
    *(f"{LOOPS}.{rows}_weighted_minkowski_double_wrap" for rows in ("cdist", "pdist")),
    *("scipy.spatial._kdtree.minkowski_distance", "scipy.spatial._kdtree.minkowski_distance_p"),
    *(f"scipy.spatial.{name}" for name in ("minkowski_distance", "minkowski_distance_p", "distance_matrix")),
)
EUCLIDEAN = (*fast_distance("euclidean"), *fast_distance("sqeuclidean"), *MINKOWSKI)
RELATIVE_ENTROPY = (
    *special("rel_entr", "kl_div"),
    f"{SPECIAL}._support_alternative_backends._rel_entr",
    "scipy.stats.entropy",
    "scipy.stats.power_divergence",
    "scipy.stats.contingency.chi2_contingency",
)
BERNOULLI = tuple(f"{DISCRETE}.{kind}._logpmf" for kind in ("bernoulli_gen", "binom_gen"))

READY_MADE = {
    "mean_squared_error": EUCLIDEAN,
    "mean_absolute_error": (*fast_distance("cityblock"), *MINKOWSKI),
    "root_mean_squared_error": EUCLIDEAN,
    "pinball_loss": ("sklearn.metrics.mean_pinball_loss", "sklearn.metrics._regression.mean_pinball_loss"),
    "huber": special("huber"),
    "pseudo_huber": special("pseudo_huber"),
    "log_loss": BERNOULLI,
    "logit": (*special("logit"), f"{CONTINUOUS}.genlogistic_gen._ppf"),
    "sigmoid": (*special("expit"), *(f"{CONTINUOUS}.genlogistic_gen.{part}" for part in ("_cdf", "_sf"))),
    "binary_crossentropy": BERNOULLI,
    "softmax": (f"{SPECIAL}.softmax", "sklearn"),
    "log_softmax": (f"{SPECIAL}.log_softmax",),
    "entropy": (
        *special("entr"),
        "scipy.stats.entropy",
        "scipy.stats._multivariate.multinomial_gen.entropy",
        f"{DISCRETE}.bernoulli_gen._entropy",
    ),
    "kl_divergence": RELATIVE_ENTROPY,
    "jensen_shannon_distance": distance("jensenshannon"),
    "l2_normalize": ("sklearn",),
    "cosine_proximity": (*distance("cosine"), *distance("correlation")),  # it can leave the means where they are
    "binary_accuracy": fast_distance("hamming"),
    "categorical_accuracy": fast_distance("hamming"),
    "auc": ("scipy.stats.mannwhitneyu", "scipy.stats._mannwhitneyu.mannwhitneyu"),
    "balanced_weights": ("sklearn.utils.compute_class_weight", "sklearn.utils.class_weight.compute_class_weight"),
    "iou": (*distance_of_masks("jaccard"), *fast_distance("jaccard"), "sklearn"),
    "soft_dice": distance_of_masks("dice"),
}


def ready_made_for(exercises):
    """Return the exercise that each function on the list does the work of, among the exercises of these names."""
    return {dotted: name for name in exercises for dotted in READY_MADE.get(name, ())}
