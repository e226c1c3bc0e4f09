"""Imports of many modules at the start of a program."""

import gc
from contextlib import contextmanager

SELDOM = 10_000  # new objects between two garbage collections; Python's own number is 700


@contextmanager
def without_garbage_collection():
    """Do not collect garbage while modules are imported; afterwards, do it less often than by default.

    Collections take a quarter of the time of large imports, because they look through all that was imported before.
    Later ones leave it out. Processes that are forked from this one then share its memory for longer, too.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
        gc.enable()
