"""Keras where it is loaded, and a stand-in for the part of it that losses need.

A loss for Keras is written on `keras.ops`, so that it runs on tensors. In a notebook, `lossedu.load_keras()` loads the
real Keras, and then `keras` and `ops` of this package pass everything on to it. Without TensorFlow, in a browser, and
while submissions are graded, a loss runs on the stand-in: its tensors hold NumPy arrays and remember how they were
made, so that slopes can be computed. A function that gets tensors of the stand-in runs on the stand-in in any case, so
checks are quick and everywhere the same.

To take a loss into a project of your own, write `import keras` and `from keras import ops` instead.

>>> import numpy as np
>>> from lossedu.keras_or_stand_in import ops, slope_of, tensor
>>> def squared_error(y_true, y_pred):
...     return ops.mean(ops.square(y_pred - y_true), axis=-1)
>>> slope_of(squared_error, np.array([1.0, 2.0]), np.array([3.0, 2.0]))
array([2., 0.], dtype=float32)
>>> ops.mean(tensor([1.0, 4.0]))
<2.5, a tensor of shape (), dtype float32>
"""

from lossedu.keras_or_stand_in import keras, ops
from lossedu.keras_or_stand_in._tensor import Tensor, array_of, slope, tensor

__all__ = ["Tensor", "array_of", "keras", "ops", "slope", "slope_of", "tensor"]


def slope_of(loss, y_true, y_pred):
    """Return the slope of the sum of a loss with respect to its predictions, as a tape of gradients computes it.

    Args:
        loss: a function of `(y_true, y_pred)` on `ops`.
        y_true, y_pred: arrays, which become tensors of 32 bits first, as in Keras.

    Returns:
        An array of the shape of `y_pred`; 0 where no path leads from the loss back to a prediction.

    >>> slope_of(lambda y_true, y_pred: ops.abs(y_pred - y_true), 1.0, [3.0, -1.0])
    array([ 1., -1.], dtype=float32)
    """
    predictions = tensor(y_pred)
    return slope(loss(tensor(y_true), predictions), predictions)
