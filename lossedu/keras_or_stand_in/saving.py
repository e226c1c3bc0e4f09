"""`keras.saving`, or its decorator that does nothing where no model can be saved."""

from lossedu.keras_or_stand_in import _real


def register_keras_serializable(package="Custom", name=None):
    """Return a decorator that tells Keras the name under which a saved model finds a class or function.

    Without Keras, the decorator returns the class or function as it is.
    """
    keras = _real.loaded()
    return keras.saving.register_keras_serializable(package, name) if keras else lambda registered: registered


def __getattr__(name):
    """What the real Keras has besides."""
    keras = _real.loaded()
    if keras is None:
        raise AttributeError(f"Keras is not loaded here, and the stand-in has no keras.saving.{name}", name=name)
    return getattr(keras.saving, name)
