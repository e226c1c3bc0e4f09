"""What losses were called in other times and are called elsewhere, as data for `get`, its messages and the book."""

BY_ERA = {
    "Keras 1": {
        "mse": "mean_squared_error",
        "MSE": "mean_squared_error",
        "mae": "mean_absolute_error",
        "MAE": "mean_absolute_error",
        "mape": "mean_absolute_percentage_error",
        "MAPE": "mean_absolute_percentage_error",
        "msle": "mean_squared_logarithmic_error",
        "MSLE": "mean_squared_logarithmic_error",
        "kld": "kl_divergence",
        "KLD": "kl_divergence",
        "kullback_leibler_divergence": "kl_divergence",
        "cosine": "cosine_similarity",
        "cosine_proximity": "cosine_similarity",
    },
    "Keras 2": {
        "bce": "binary_crossentropy",
        "BCE": "binary_crossentropy",
        "huber_loss": "huber",
        "logcosh": "log_cosh",
    },
    "TF 1": {
        "absolute_difference": "mean_absolute_error",
        "hinge_loss": "hinge",
    },
}

ALIASES = {old: today for names in BY_ERA.values() for old, today in names.items()}

# names that no loss of today answers to with the same figures, and where to go instead
GONE = {
    "cosine_distance": "the loss of TF 1 was 1 + cosine_similarity, with the same gradient",
    "mean_pairwise_squared_error": "the loss of TF 1 has no successor",
    "sigmoid_cross_entropy": "the loss of TF 1 is BinaryCrossentropy(from_logits=True)",
    "softmax_cross_entropy": "the loss of TF 1 is CategoricalCrossentropy(from_logits=True)",
    "sparse_softmax_cross_entropy": "the loss of TF 1 is SparseCategoricalCrossentropy(from_logits=True)",
    "accuracy": "it is a metric, and has no slope to descend; of the losses, a crossentropy serves it",
    "rmse": "as a metric it is RootMeanSquaredError; as a loss, mean_squared_error has the same minimum",
}

# other libraries' functions of the same definition, but for the order of arguments, Keras's clips and what is reduced
ELSEWHERE = {
    "tf.keras": {
        name: f"keras.losses.{name}"
        for name in (
            "binary_crossentropy",
            "binary_focal_crossentropy",
            "categorical_crossentropy",
            "categorical_focal_crossentropy",
            "categorical_generalized_cross_entropy",
            "categorical_hinge",
            "circle",
            "cosine_similarity",
            "ctc",
            "dice",
            "hinge",
            "huber",
            "kl_divergence",
            "log_cosh",
            "mean_absolute_error",
            "mean_absolute_percentage_error",
            "mean_squared_error",
            "mean_squared_logarithmic_error",
            "poisson",
            "sparse_categorical_crossentropy",
            "squared_hinge",
            "tversky",
        )
    },
    "TensorFlow": {
        "sigmoid_cross_entropy_with_logits": "tf.nn.sigmoid_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits": "tf.nn.softmax_cross_entropy_with_logits",
        "weighted_cross_entropy_with_logits": "tf.nn.weighted_cross_entropy_with_logits",
    },
    "PyTorch": {
        "binary_crossentropy": "torch.nn.functional.binary_cross_entropy",
        "categorical_crossentropy": "torch.nn.functional.cross_entropy",
        "ctc": "torch.nn.functional.ctc_loss",
        "gaussian_kl": "torch.distributions.kl_divergence",
        "huber": "torch.nn.functional.huber_loss",
        "kl_divergence": "torch.nn.functional.kl_div",
        "log_loss": "torch.nn.functional.binary_cross_entropy",
        "mean_absolute_error": "torch.nn.functional.l1_loss",
        "mean_squared_error": "torch.nn.functional.mse_loss",
        "poisson": "torch.nn.functional.poisson_nll_loss",
        "sigmoid_cross_entropy_with_logits": "torch.nn.functional.binary_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits": "torch.nn.functional.cross_entropy",
        "softmax_with_loss": "torch.nn.functional.cross_entropy",
        "sparse_categorical_crossentropy": "torch.nn.functional.cross_entropy",
        "weighted_cross_entropy_with_logits": "torch.nn.functional.binary_cross_entropy_with_logits",
    },
    "SciPy": {
        "cross_entropy": "scipy.special.xlogy",
        "entropy": "scipy.stats.entropy",
        "huber": "scipy.special.huber",
        "jensen_shannon": "scipy.spatial.distance.jensenshannon",
        "kl_divergence": "scipy.special.rel_entr",
        "pseudo_huber": "scipy.special.pseudo_huber",
    },
    "scikit-learn": {
        "log_loss": "sklearn.metrics.log_loss",
        "mean_absolute_error": "sklearn.metrics.mean_absolute_error",
        "mean_absolute_percentage_error": "sklearn.metrics.mean_absolute_percentage_error",
        "mean_squared_error": "sklearn.metrics.mean_squared_error",
        "mean_squared_logarithmic_error": "sklearn.metrics.mean_squared_log_error",
    },
    "Caffe": {"softmax_with_loss": "SoftmaxWithLoss"},
}
