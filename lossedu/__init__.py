"""lossedu: a Jupyter course on loss functions, with exercises that are graded as they are solved.

Importing this package costs little: its functions and parts are loaded when they are first used.
"""

TYPE_CHECKING = False  # editors take it as True, like the one in `typing`, whose import takes time
if TYPE_CHECKING:  # editors read these imports; at run time `__getattr__` below imports a name when it is first used
    from lossedu import losses, metrics, optimizers, training
    from lossedu.checking import check, compare_with_keras, load_keras, load_training
    from lossedu.learners import hint, next_exercise, progress, solution, warm_up

__version__ = "0.1.0"
__all__ = [
    "check",
    "compare_with_keras",
    "hint",
    "load_keras",
    "load_training",
    "losses",
    "metrics",
    "next_exercise",
    "optimizers",
    "progress",
    "solution",
    "training",
    "warm_up",
]
HOMES = {
    **dict.fromkeys(("check", "compare_with_keras", "load_keras", "load_training"), "checking"),
    **dict.fromkeys(("hint", "next_exercise", "progress", "solution", "warm_up"), "learners"),
}


if not TYPE_CHECKING:  # hidden from editors: with `__getattr__` they would accept any name

    def __getattr__(name):
        from importlib import import_module

        if name in HOMES:
            return getattr(import_module(f"lossedu.{HOMES[name]}"), name)
        if name in __all__:
            return import_module(f"lossedu.{name}")
        raise AttributeError(f"module 'lossedu' has no attribute {name!r}")
