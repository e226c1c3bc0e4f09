"""What losses were called in other times, as data for `get`, for its messages and for the course."""

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
