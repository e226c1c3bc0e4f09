"""The judges that lossedu is held against in the tests: tf.keras, and mpmath at 50 digits."""

import mpmath
import numpy as np


def keras_value(name, y_true, y_pred, **options):
    """What `keras.losses.<name>` makes of the arrays, in the dtype of `y_pred`."""
    import keras

    return np.asarray(getattr(keras.losses, name)(y_true, y_pred, **options))


def keras_gradient(name, y_true, y_pred, **options):
    """The slope that tf.GradientTape sees in `keras.losses.<name>`, summed over samples, with respect to `y_pred`."""
    import keras
    import tensorflow as tf

    predictions = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        total = tf.reduce_sum(getattr(keras.losses, name)(y_true, predictions, **options))
    return tape.gradient(total, predictions).numpy()


def central_difference(function, y_pred, step=1e-6):
    """The slope of `sum(function(y_pred))` in each entry of the float64 array `y_pred`, measured."""
    slope = np.empty_like(y_pred)
    for index in np.ndindex(y_pred.shape):
        up, down = y_pred.copy(), y_pred.copy()
        up[index] += step
        down[index] -= step
        slope[index] = (np.sum(function(up)) - np.sum(function(down))) / (2 * step)
    return slope


def ulps_off(computed, definition, *rows, **options):
    """How far each computed number is from `definition` evaluated by mpmath on exactly the same doubles.

    `rows` are arrays of shape (N, D); `definition` takes one row of each as a list of mpf and returns an mpf. An
    error is in units in the last place of the true value, and 0 where it is below 1e-15 absolute.
    """
    errors = []
    with mpmath.workdps(50):
        for value, *row in zip(np.ravel(computed), *rows, strict=True):
            exact = definition(*([mpmath.mpf(float(x)) for x in numbers] for numbers in row), **options)
            error = abs(mpmath.mpf(float(value)) - exact)
            errors.append(0.0 if error <= 1e-15 else float(error / mpmath.mpf(float(np.spacing(abs(float(exact)))))))
    return np.array(errors)
