"""`keras`, or the part of it that the stand-in has: `ops`, `losses.Loss` and `saving.register_keras_serializable`."""

from lossedu.keras_or_stand_in import _real, losses, ops, saving

__all__ = ["losses", "ops", "saving"]


def __getattr__(name):
    """What the real Keras has besides."""
    if name == "Loss":
        return losses.Loss
    keras = _real.loaded()
    if keras is None:
        raise AttributeError(f"Keras is not loaded here, and the stand-in has no keras.{name}", name=name)
    return getattr(keras, name)
