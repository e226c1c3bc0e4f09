"""Hold the earlier names of losses and those in other libraries, for `get`, its messages and the book.

Everything except `GONE` comes from the declarations of the losses.
"""

from lossedu.losses.declaration import DECLARATIONS, ERAS, LIBRARIES

BY_ERA = {
    era: {alias: name for name, declared in DECLARATIONS.items() for alias in declared.aliases.get(era, ())}
    for era in ERAS
}

ALIASES = {old: today for names in BY_ERA.values() for old, today in names.items()}

# names that no loss of today has with the same numbers, and what to use instead
GONE = {
    "cosine_distance": "the loss of TF 1 was 1 + cosine_similarity for unit vectors, but its gradient was -y_true",
    "mean_pairwise_squared_error": "the loss of TF 1 has no successor",
    "sigmoid_cross_entropy": "the loss of TF 1 is BinaryCrossentropy(from_logits=True)",
    "softmax_cross_entropy": "the loss of TF 1 is CategoricalCrossentropy(from_logits=True)",
    "sparse_softmax_cross_entropy": "the loss of TF 1 is SparseCategoricalCrossentropy(from_logits=True)",
    "accuracy": "it is a metric whose slope is 0; to train for it, use a crossentropy",
    "rmse": "as a metric it is RootMeanSquaredError; as a loss, mean_squared_error has the same minimum",
}

# other libraries' functions of the same definition, but for the order of arguments, Keras's clips and what is reduced
ELSEWHERE = {
    library: {
        name: declared.elsewhere[library].name
        for name, declared in DECLARATIONS.items()
        if library in declared.elsewhere
    }
    for library in LIBRARIES
}
