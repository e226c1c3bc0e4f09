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


def ulps_off(computed, definition, *rows, of_row=False, **options):
    """How far each computed number is from `definition` evaluated by mpmath on exactly the same doubles.

    `rows` are arrays with a row for each sample; `definition` takes one row of each as a list of mpf and returns an
    mpf, or a list of them in the shape of what was computed for the row. An error is in units in the last place of
    the true value (`of_row`: of the largest one of the row), 0 where it is below 1e-15 absolute, and infinite where
    only one of both is beyond the largest float.
    """
    with mpmath.workdps(50):
        errors = []
        for values, *row in zip(computed, *rows, strict=True):
            exact = np.ravel(np.array(definition(*map(exactly, row), **options), object))
            largest = max(map(abs, exact)) if of_row else 0
            errors += [ulps_between(*pair, largest) for pair in zip(np.ravel(values), exact, strict=True)]
    return np.array(errors)


def exactly(numbers):
    """An array as lists of the mpf that its doubles are."""
    return np.frompyfunc(lambda x: mpmath.mpf(float(x)), 1, 1)(numbers).tolist()


def ulps_between(value, true, largest=0):
    """How far a double is from an mpf, in the ulp of the latter, or of `largest` if that is larger."""
    nearest = float(true)
    if not np.isfinite([value, nearest]).all():
        return 0.0 if value == nearest else np.inf
    error = abs(float(value) - true)
    unit = np.spacing(max(abs(nearest), float(largest)))
    return 0.0 if error <= 1e-15 else float(error / mpmath.mpf(float(unit)))
