"""Networks in plain NumPy that train as those of Keras do: the same names, arguments and figures.

A loss of your own is trained once its gradient is attached to it: a function with the same arguments that returns, in
the shape of `y_pred`, the derivative of each sample's loss with respect to that sample's predictions.

>>> import numpy as np
>>> from lossedu import optimizers
>>> from lossedu.training import Dense, Input, Sequential
>>> def squared(y_true, y_pred):
...     return np.mean((y_pred - y_true) ** 2, axis=-1)
>>> def squared_gradient(y_true, y_pred):
...     return 2 * (y_pred - y_true) / y_pred.shape[-1]
>>> squared.gradient = squared_gradient
>>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
>>> model = Sequential([Input((1,)), Dense(1)], seed=0)
>>> model.compile(optimizer=optimizers.Adam(0.1), loss=squared)
>>> history = model.fit(x, 2 * x + 1, epochs=200, verbose=0)
>>> bool(history.history["loss"][-1] < 1e-3)
True

A loss that is one number for the whole batch serves too: its gradient is the derivative of that number.
"""

from lossedu.training.layers import Activation, Dense, Input, Layer
from lossedu.training.model import History, Model, Sequential

__all__ = ["Activation", "Dense", "History", "Input", "Layer", "Model", "Sequential"]
