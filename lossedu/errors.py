"""The base of errors that a user can correct, and warnings that name the user's own line."""

import sys
import warnings

__all__ = ["PlainError", "warn_user"]


class PlainError(Exception):
    """An error that a user can correct; its message is a plain sentence.

    The `lossedu` command prints only the message, and ends with exit code 1.
    """


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn of the line that called this package, however many of the package's own functions lie between.

    Python 3.12 can do this by itself (`skip_file_prefixes`).
    """
    level, frame = 2, sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
