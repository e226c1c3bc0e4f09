"""The base of errors that a user can correct."""

__all__ = ["PlainError"]


class PlainError(Exception):
    """An error that a user can correct; its message is a plain sentence.

    The `lossedu` command prints only the message, and ends with exit code 1.
    """
