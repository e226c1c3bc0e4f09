"""lossedu: a Jupyter course on loss functions, with exercises that are graded as they are solved.

Importing this package costs little: `check` and `compare_with_keras` are loaded when they are first used.
"""

__version__ = "0.1.0"
__all__ = ["check", "compare_with_keras", "losses", "metrics", "optimizers"]


def __getattr__(name):
    if name in ("check", "compare_with_keras"):
        from lossedu import checking

        return getattr(checking, name)
    if name in ("losses", "metrics", "optimizers"):
        from importlib import import_module

        return import_module(f"lossedu.{name}")
    raise AttributeError(f"module 'lossedu' has no attribute {name!r}")
