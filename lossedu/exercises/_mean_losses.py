"""Losses that take a mean over the last axis, and their slopes, with the mistakes that all of these share."""

from lossedu.exercises._declare import exercise, misconception


def mean_loss(*, reference, **declared):
    """An exercise that reduces the last axis to its mean; options as of `exercise`."""

    def declare(stub):
        of = exercise(reference=reference, **declared)(stub)

        @misconception(
            of,
            "sum for mean",
            fact="your result is D times too large.",
            hint="What does the contract take over the last axis: a sum, or a mean?",
        )
        def _(y_true, y_pred, **options):
            return reference(y_true, y_pred, **options) * y_pred.shape[-1]

        @misconception(
            of,
            "averaged over the batch too",
            fact="one number came out for the whole batch.",
            hint="Which axis does the contract reduce, and which ones does it leave alone?",
        )
        def _(y_true, y_pred, **options):
            return reference(y_true, y_pred, **options).mean()

        return of

    return declare


def slope(*, reference, **declared):
    """An exercise that asks for the gradient of such a loss; options as of `exercise`."""

    def declare(stub):
        of = exercise(reference=reference, **declared)(stub)

        @misconception(
            of,
            "missing 1/D",
            fact="every entry is D times too large.",
            hint="Your loss takes a mean: where did its 1/D go?",
        )
        def _(y_true, y_pred, **options):
            return reference(y_true, y_pred, **options) * y_pred.shape[-1]

        @misconception(
            of,
            "sign",
            fact="your slope points the other way.",
            hint="Take one prediction and raise it a little: does the loss rise or fall?",
        )
        def _(y_true, y_pred, **options):
            return -reference(y_true, y_pred, **options)

        @misconception(
            of,
            "summed up",
            fact="you added the slopes of all entries.",
            hint="How many numbers can training turn, and how many slopes does it need?",
        )
        def _(y_true, y_pred, **options):
            return reference(y_true, y_pred, **options).sum(-1)

        return of

    return declare
