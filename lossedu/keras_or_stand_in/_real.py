"""Tell whether the real Keras has been loaded."""

import sys


def loaded():
    """Return the module `keras` if the real Keras has been imported completely; else None.

    It is never imported from here: that takes seconds, and `lossedu.load_keras` shows that it loads.
    """
    keras = sys.modules.get("keras")
    return keras if hasattr(keras, "ops") and hasattr(keras, "Model") else None
