"""Make the imports at the start of a program faster."""

import gc
from contextlib import contextmanager

OBJECTS_BETWEEN_COLLECTIONS = 10_000  # Python's default was 700 up to 3.12


@contextmanager
def without_garbage_collection():
    """Collect no garbage while the block imports modules; afterwards, collect it less often than by default.

    Large imports spend a quarter of their time in collections, because each one looks at all objects imported so far.
    Collections after the block skip these objects. Forked processes then also share this memory for longer.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
        gc.enable()
