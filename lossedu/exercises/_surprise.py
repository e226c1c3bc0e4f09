"""What the exercises of both chapters on cross-entropy share: their results are surprises, in nats."""

import numpy as np

from lossedu.exercises._declare import exercise, misconception


def surprise(*, reference, **declared):
    """A function exercise whose result is in nats, with the mistakes that all of these know."""

    def declare(stub):
        of = exercise(reference=reference, **declared)(stub)

        @misconception(
            of,
            "sign",
            fact="your result is negative where it should be positive.",
            hint="Which sign has the logarithm of a probability, and which has a cost?",
        )
        def _(*arrays, **options):
            return -reference(*arrays, **options)

        @misconception(
            of,
            "log2 for ln",
            fact="your result is in bits, 1.44 times too large.",
            hint="Which logarithm measures in nats?",
        )
        def _(*arrays, **options):
            return reference(*arrays, **options) / np.log(2)

        @misconception(
            of,
            "averaged over the batch",
            fact="one number came out for the whole batch.",
            hint="What is the shape of the result, according to the contract?",
        )
        def _(*arrays, **options):
            return reference(*arrays, **options).mean()

        return of

    return declare


def branches(of_probabilities, of_logits, then=lambda values: values):
    """A loss or gradient of one formula for probabilities and one for logits, and what is `then` done with either."""

    def function(y_true, y_pred, from_logits=False):
        return then((of_logits if from_logits else of_probabilities)(y_true, y_pred))

    return function


def negative(formula, right):
    """A `refutes` for a wrong formula of a cost: arrays refute it where it comes out below 0, or as no number."""

    def refutes(*arrays):
        try:
            true = right(*arrays)
        except ValueError as error:  # the losses say in words what they don't take
            return f"expected arrays that the loss takes: {error}"
        stated = formula(*arrays)
        if not np.all(stated >= 0):
            return True
        return f"there the formula comes to {rounded(stated)}, not below 0; the true cost is {rounded(true)}."

    return refutes


def rounded(array):
    """The numbers of an array to four digits, as a text."""
    return np.array2string(np.asarray(array), precision=4)
