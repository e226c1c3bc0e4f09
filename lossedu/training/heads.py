"""What is measured at each output of a model: a loss and metrics, chosen by the shapes that meet there."""

from collections import Counter

import numpy as np

from lossedu import losses
from lossedu.metrics import Mean
from lossedu.metrics.identifiers import for_shapes, label_kind
from lossedu.training.activations import sigmoid, softmax
from lossedu.training.layers import Activation

READ_LOGITS = (losses.binary_crossentropy, losses.categorical_crossentropy, losses.sparse_categorical_crossentropy)


class MeanOfFunction(losses.Loss):
    """The mean over the batch of a function of (y_true, y_pred), trainable if the function has a `gradient`."""

    def __init__(self, function):
        """Keep the function."""
        super().__init__(getattr(function, "__name__", None))
        self.function, self.options = function, {}

    def call(self, y_true, y_pred):
        """What the function returns: a loss for each sample, each entry or the batch."""
        return self.function(y_true, y_pred, **self.options)

    def weighted_slopes(self, shares, y_true, y_pred):
        """As in `Loss`; TypeError if there is no gradient, ValueError if it has not the shape of `y_pred`."""
        if not hasattr(self.function, "gradient"):
            raise TypeError(f"loss must have a gradient to be trained: set {self.name}.gradient = f(y_true, y_pred)")
        slopes = np.asarray(self.function.gradient(y_true, y_pred, **self.options))
        if slopes.shape != y_pred.shape:
            raise ValueError(f"{self.name}.gradient must have the shape of y_pred, {y_pred.shape}, got {slopes.shape}")
        return slopes * np.expand_dims(shares, tuple(range(np.ndim(shares), y_pred.ndim)))


class Measure:
    """A loss or a metric at an output.

    As in Keras, a crossentropy reads the logits behind a softmax or sigmoid, where no digit is lost; and it reads them
    whichever of the two it is: `binary_crossentropy` takes those of a softmax as if a sigmoid came next.

    Args:
        judge: the loss or the metric.
        output: the node of the output.
    """

    def __init__(self, judge, output):
        """Find the node to read."""
        function = getattr(judge, "function", getattr(judge, "fn", None))
        is_probability = isinstance(output.layer, Activation) and output.layer.activation in (sigmoid, softmax)
        self.judge = judge
        self.reads_logits = is_probability and function in READ_LOGITS
        self.node = output.parent if self.reads_logits else output

    def __call__(self, method, arrays, y_true, sample_weight=None):
        """Call a `method` of the loss or metric on the one of the `arrays` that it reads."""
        if not self.reads_logits:
            return getattr(self.judge, method)(y_true, arrays[self.node], sample_weight)
        options = self.judge.options
        self.judge.options = options | {"from_logits": True}
        try:
            return getattr(self.judge, method)(y_true, arrays[self.node], sample_weight)
        finally:
            self.judge.options = options  # it may be an object of the learner's


class Head:
    """An output of a model with its loss and metrics.

    Args:
        name: the name of the output.
        output: its node.
        y_true: labels for it, of which only the shape matters.
        loss, loss_weight, metrics, weighted_metrics: what `compile` got for it; the last two are lists.
    """

    def __init__(self, name, output, y_true, loss, loss_weight, metrics, weighted_metrics):
        """Find out what is meant, for those shapes."""
        y_pred = np.zeros((1, *output.shape))
        self.name = name
        self.loss = None if loss is None else Measure(find_loss(loss, y_true, y_pred), output)
        self.loss_weight = 1.0 if loss_weight is None else loss_weight
        self.mean_loss = Mean()
        self.metrics = [Measure(for_shapes(metric, y_true, y_pred), output) for metric in metrics]
        self.weighted_metrics = [Measure(for_shapes(metric, y_true, y_pred), output) for metric in weighted_metrics]

    def reset(self):
        """Forget all batches."""
        self.mean_loss.reset_state()
        for metric in self.metrics + self.weighted_metrics:
            metric.judge.reset_state()

    def update(self, arrays, y_true, sample_weight):
        """Take a batch in; return its loss, as much as it counts in the total."""
        for metric in self.metrics:
            metric("update_state", arrays, y_true)
        for metric in self.weighted_metrics:
            metric("update_state", arrays, y_true, sample_weight)
        if not self.loss:
            return 0.0
        value = self.loss("__call__", arrays, y_true, sample_weight)
        self.mean_loss.update_state(np.mean(value))  # every batch counts as much: see `Model.fit`
        return self.loss_weight * value

    def slopes(self, arrays, y_true, sample_weight):
        """The derivative of that loss with respect to the array that it reads."""
        assert self.loss  # noqa: S101  `Model.step` asks only heads that have one
        return self.loss_weight * self.loss("gradient", arrays, y_true, sample_weight)


def find_loss(identifier, y_true, y_pred):
    """The loss that `identifier` means for labels and predictions of those shapes."""
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        identifier = f"{label_kind(y_true, y_pred)}_crossentropy"
    loss = losses.get(identifier)
    return loss if isinstance(loss, losses.Loss) else MeanOfFunction(loss)


def results(heads):
    """All figures by the names and in the order that `evaluate` of Keras has them in, but for the total loss."""
    with_loss = [head for head in heads if head.loss]
    means = {f"{head.name}_loss": head.mean_loss.result() for head in with_loss} if len(with_loss) > 1 else {}
    figures, used = {}, Counter()
    for kind in "metrics", "weighted_metrics":
        for head in heads:
            prefix = f"{head.name}_" if len(heads) > 1 else ""
            for metric in getattr(head, kind):
                name = prefix + metric.judge.name
                if kind == "weighted_metrics" and name in used:
                    name = f"{prefix}weighted_{metric.judge.name}"
                figures[f"{name}_{used[name]}" if used[name] else name] = metric.judge.result()
                used[name] += 1
    return means | (dict(sorted(figures.items())) if len(heads) > 1 else figures)
