"""Models: networks with `compile`, `fit`, `evaluate` and `predict` as in Keras."""

import functools
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from lossedu import optimizers
from lossedu.arrays import Array, Floats, as_size
from lossedu.metrics import Mean
from lossedu.training import data
from lossedu.training.heads import Head, results
from lossedu.training.layers import Input, Layer, Node
from lossedu.training.network import Network, require_finite

Verbose: TypeAlias = bool | int | str
GONE = {  # arguments that compile once had, and what to do today
    "sample_weight_mode": "give fit a sample_weight of the shape of the losses, (samples, steps) for sequences",
    "target_tensors": "give the targets to fit, as y",
}


class History:
    """What `fit` has seen: `epoch`, the numbers of the epochs, and `history`, a list of figures by name."""

    def __init__(self) -> None:
        """Empty."""
        self.epoch, self.history = [], {}

    def add(self, epoch: int, logs: dict[str, float]) -> None:
        """Append the figures of one epoch."""
        self.epoch.append(epoch)
        for name, figure in logs.items():
            self.history.setdefault(name, []).append(figure)


class Model:
    """A network from one input to one output or several, as in the functional API of Keras.

    All is computed in float64, where Keras takes float32. Outputs have the names of their layers, numbered where two
    are the same.

    Args:
        inputs: the node that `Input` made.
        outputs: the node of the output, or a list of nodes.
        seed: anything that `numpy.random.default_rng` takes, also a generator: first weights and shuffles are drawn
            from it. In Keras it is `keras.utils.set_random_seed` that makes a run reproducible.

    Raises:
        TypeError: what should be a node is none.
        ValueError: an output that does not come from the input.

    >>> from lossedu.training import Dense
    >>> inputs = Input((2,))
    >>> trunk = Dense(8, activation="tanh")(inputs)
    >>> price = Dense(1, name="price")(trunk)
    >>> kind = Dense(3, activation="softmax", name="kind")(trunk)
    >>> model = Model(inputs, [price, kind], seed=0)
    >>> model.compile(loss={"price": "mse", "kind": "crossentropy"}, loss_weights={"price": 0.5, "kind": 1.0})
    >>> y = {"price": [1.0, 2.0, 3.0], "kind": [0, 1, 2]}
    >>> sorted(model.fit([[0, 1], [1, 0], [1, 1]], y, verbose=0).history)
    ['kind_loss', 'loss', 'price_loss']
    """

    def __init__(self, inputs: Node, outputs: Node | list[Node] | tuple[Node, ...], seed: Any = None) -> None:
        """Tie the layers together and make their weights."""
        self.rng = np.random.default_rng(seed)
        self.compiled = None
        self.network = Network(inputs, outputs if isinstance(outputs, (list, tuple)) else [outputs], self.rng)

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs, in their order."""
        names = [node.layer.name for node in self.network.outputs]
        return [f"{name}_{names[:i].count(name)}" if name in names[:i] else name for i, name in enumerate(names)]

    def get_weights(self) -> list[Floats]:
        """A copy of all weights, as a list of arrays, layer by layer."""
        return [w.copy() for w in self.network.weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Set all weights to those of a list such as `get_weights` gives; ValueError if the shapes differ."""
        own, new = self.network.weights, [np.asarray(w, np.float64) for w in weights]
        if [w.shape for w in new] != [w.shape for w in own]:
            raise ValueError(f"weights must be arrays of shapes {[w.shape for w in own]}, got {[w.shape for w in new]}")
        for w, value in zip(own, new, strict=True):
            w[...] = value

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **gone: Any,
    ) -> None:
        """Say what is minimised, how, and what is reported.

        Args:
            optimizer: as in `optimizers.get`.
            loss: as in `losses.get`, or "crossentropy", which is chosen by shapes; for several outputs a list, or a
                dict by name, with None for an output that has no loss. A function of your own needs a gradient, see
                `lossedu.training`.
            loss_weights: how much each loss counts in the total: a number, or a list or dict as for `loss`.
            metrics: a list as in `metrics.get`, or "accuracy", which is chosen by shapes; for several outputs a list
                of such lists, or a dict of them by name.
            weighted_metrics: the same, weighted with the `sample_weight` or `class_weight` of `fit`.

        Raises:
            TypeError: an argument of the wrong kind, or one that is gone: `sample_weight_mode`, `target_tensors`.
            ValueError: lists or dicts that don't fit the outputs, or an optimizer that there is not.
        """
        for argument in gone:
            today = f"is gone since Keras 3: {GONE[argument]}" if argument in GONE else "is no argument of compile"
            raise TypeError(f"{argument} {today}")
        names = self.output_names
        loss_weights = data.per_output("loss_weights", loss_weights, names)
        for weight in loss_weights:
            if weight is not None and not isinstance(weight, Real):
                raise TypeError(f"loss_weights must hold numbers, got {weight!r}")
        each = zip(
            data.per_output("loss", loss, names),
            loss_weights,
            data.metrics_per_output("metrics", metrics, names),
            data.metrics_per_output("weighted_metrics", weighted_metrics, names),
            strict=True,
        )
        self.optimizer = optimizers.get(optimizer)
        self.compiled = list(each)

    def fit(
        self,
        x: Array,
        y: Any,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: Verbose = "auto",
        validation_data: tuple[Any, ...] | None = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train, batch by batch; the last may be smaller.

        At the end, an optimizer with `use_ema` sets the weights to their moving averages, as in Keras: the figures of
        the last epoch are from before that.

        Args:
            x: inputs, an array whose first axis counts samples.
            y: as many labels; for several outputs a list of arrays, or a dict by name.
            batch_size: how many samples make a step.
            epochs: the number of the last epoch, counted from 1.
            verbose: whether to print a line an epoch.
            validation_data: a tuple (x, y) or (x, y, sample_weight) to evaluate after each epoch.
            shuffle: whether the order of the samples is drawn anew in each epoch.
            class_weight: a dict with what the samples of a class weigh; 1 where it says nothing. As in Keras it cannot
                be combined with `sample_weight`.
            sample_weight: what each sample weighs; for several outputs an array for all, or a list or dict as `y`.
            initial_epoch: how many epochs there have been before.

        Returns:
            The `History` with "loss", for several outputs the loss of each, and the metrics. Each is the mean over an
            epoch of what was seen before every step; as in Keras's graphs, the loss of one output of several counts a
            smaller last batch as much as the others. Figures from `validation_data` have `val_` in front, and are from
            after the epoch.

        Raises:
            FloatingPointError: the loss or an output has grown out of all bounds.
            TypeError: an array that holds no real numbers, or a loss without a gradient.
            ValueError: the model is not compiled; arrays that are empty, hold NaN or infinity, or don't fit each other
                or the network.
        """
        batch_size, epochs = as_size("batch_size", batch_size), as_size("epochs", epochs)
        initial_epoch = as_size("initial_epoch", initial_epoch, least=0)
        heads, samples = self.read("fit", x, y, sample_weight, class_weight)
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
                raise ValueError(
                    f"validation_data must be a tuple (x, y) or (x, y, sample_weight), got {validation_data!r:.80}"
                )
            validation = self.read("fit", *validation_data)
        self.history = History()
        for epoch in range(initial_epoch, epochs):
            order = self.rng.permutation(len(samples[0])) if shuffle else None
            logs = self.run(heads, samples, batch_size, order, train=True)
            if validation_data is not None:
                logs |= {
                    f"val_{name}": figure for name, figure in self.run(validation[0], validation[1], batch_size).items()
                }
            self.history.add(epoch, dict(sorted(logs.items())))
            if verbose:
                print(f"epoch {epoch + 1} of {epochs}: {line(logs)}")
        if self.history.epoch:
            self.optimizer.finalize_variable_values(self.network.weights)
        return self.history

    def evaluate(
        self,
        x: Array,
        y: Any,
        batch_size: int = 32,
        verbose: Verbose = "auto",
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss, or a list of it and the metrics; as a dict by name if `return_dict`. The rest is as in `fit`."""
        logs = self.run(*self.read("evaluate", x, y, sample_weight), as_size("batch_size", batch_size))
        if verbose:
            print(line(logs))
        return logs if return_dict else listed(logs)

    def predict(self, x: Array, batch_size: int = 32, verbose: Verbose = "auto") -> Any:
        """The output for each sample of `x`, or a list of all outputs. `verbose` is taken as in Keras, and idle."""
        x, step = self.read_inputs(x), as_size("batch_size", batch_size)
        batches = [self.network.forward(x[start : start + step]) for start in range(0, len(x), step)]
        outputs = [np.concatenate([arrays[node] for arrays in batches]) for node in self.network.outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    def train_on_batch(
        self,
        x: Array,
        y: Any,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step; return what `evaluate` would have, before it."""
        heads, samples = self.read("train_on_batch", x, y, sample_weight, class_weight)
        logs = self.run(heads, samples, len(samples[0]), train=True)
        return logs if return_dict else listed(logs)

    def test_on_batch(self, x: Array, y: Any, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """`evaluate` on all samples at once."""
        heads, samples = self.read("test_on_batch", x, y, sample_weight)
        logs = self.run(heads, samples, len(samples[0]))
        return logs if return_dict else listed(logs)

    def read(self, method, x, y, sample_weight=None, class_weight=None):
        """A `Head` for each output, and the checked samples: inputs, labels and weights, these for each output."""
        if self.compiled is None:
            raise ValueError(f"the model must be compiled before {method}: call compile(optimizer, loss)")
        if all(loss is None for loss, *_ in self.compiled):
            raise ValueError(f"loss must be given to compile before {method}, got None")
        x, names = self.read_inputs(x), self.output_names
        targets = data.targets_per_output(y, names)
        weights = data.weights_per_output(sample_weight, names)
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("class_weight and sample_weight cannot both be given: multiply them yourself")
            weights = [data.weights_of_classes(class_weight, targets)]
        data.require_one_length(x=[x], y=targets, sample_weight=weights)
        outputs = zip(names, self.network.outputs, targets, self.compiled, strict=True)
        return [Head(name, node, y[:1], *judges) for name, node, y, judges in outputs], (x, targets, weights)

    def read_inputs(self, x):
        """`x` as an array of samples that fit the network."""
        x, shape = data.samples("x", x), self.network.inputs.shape
        if x.ndim == 1 and shape == (1,):
            x = x[:, None]
        if x.shape[1:] != shape:
            raise ValueError(f"x must hold samples of shape {shape}, got an array of shape {x.shape}")
        return x

    def run(self, heads, samples, batch_size, order=None, train=False):
        """The means of all figures over the batches, by name; with a step after each batch if `train`."""
        x, targets, weights = samples
        order = np.arange(len(x)) if order is None else order
        loss = Mean()
        for head in heads:
            head.reset()
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            arrays = self.network.forward(x[batch])
            labelled = [
                (head, y[batch], None if w is None else w[batch])
                for head, y, w in zip(heads, targets, weights, strict=True)
            ]
            with np.errstate(over="ignore"):
                value = sum(head.update(arrays, y, w) for head, y, w in labelled)
            require_finite("the loss", value)
            loss.update_state(value, len(batch))
            if train:
                self.step(arrays, labelled)
        return {"loss": float(loss.result())} | {name: float(figure) for name, figure in results(heads).items()}

    def step(self, arrays, labelled):
        """Change the weights, given the `arrays` at all nodes and a list of (head, labels, weights)."""
        slopes = {}
        for head, y, w in labelled:
            if head.loss:
                slopes[head.loss.node] = slopes.get(head.loss.node, 0) + head.slopes(arrays, y, w)
        self.optimizer.apply(self.network.backward(arrays, slopes), self.network.weights)


class Sequential(Model):
    """Layers in a row.

    Args:
        layers: a list of them, or none yet. It may begin with an `Input`; else the weights are made when the first
            samples show their shape.
        seed: as in `Model`.

    >>> from lossedu.training import Dense
    >>> model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones")])
    >>> model.predict([[1.0, 2.0], [3.0, 4.0]])
    array([[3.],
           [7.]])
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> history = model.fit([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0], epochs=2)
    epoch 1 of 2: loss 14.5000
    epoch 2 of 2: loss 6.8050
    """

    def __init__(self, layers: Sequence[Layer | Node] | None = None, seed: Any = None) -> None:
        """Add the layers."""
        self.rng = np.random.default_rng(seed)
        self.compiled = self.inputs = None
        self.layers = []
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Layer | Node) -> None:
        """Add a layer at the end, or an `Input` before all; TypeError if it is neither, ValueError if it comes late."""
        if isinstance(layer, Node):
            if self.inputs or self.layers:
                raise ValueError("layer must not be an Input once there is one, or a layer")
            self.inputs = layer
        elif isinstance(layer, Layer):
            if not self.inputs and not self.layers and layer.input_shape:
                self.inputs = Input(layer.input_shape)
            self.layers.append(layer)
        else:
            raise TypeError(f"layer must be an Input or a layer, got {layer!r}")
        self.__dict__.pop("network", None)

    @functools.cached_property
    def network(self) -> Network:
        """The layers tied together, with weights; ValueError as long as something is missing."""
        if not self.inputs:
            raise ValueError("the shape of a sample must be known: begin with an Input, or call fit or predict first")
        node = self.inputs
        for layer in self.layers:
            node = layer(node)
        return Network(self.inputs, [node], self.rng)

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer, in a list."""
        if not self.layers:
            raise ValueError("the model must have a layer: call add(layer)")
        return [self.layers[-1].name]

    def read_inputs(self, x):
        """As in `Model`; the first samples decide the shape of all, unless an `Input` has."""
        if not self.inputs:
            shape = data.samples("x", x).shape
            if len(shape) < 2:
                raise ValueError(f"x must have an axis of samples and one of features, got shape {shape}")
            self.inputs = Input(shape[1:])
        return super().read_inputs(x)


def line(logs):
    """The figures on one line."""
    return ", ".join(f"{name} {figure:.4f}" for name, figure in logs.items())


def listed(logs):
    """The figures without their names, in a list if there are several."""
    figures = list(logs.values())
    return figures if len(figures) > 1 else figures[0]
