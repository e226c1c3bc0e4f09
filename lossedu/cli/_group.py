"""A group of commands that print errors as one plain sentence."""

import errno

import click

from lossedu.errors import PlainError
from lossedu.files import for_shell


class UnusableFileError(click.ClickException):
    """A file or folder cannot be used, or the disk is full. The exit code is 3, as for `lossedu grade`."""

    exit_code = 3


class PlainGroup(click.Group):
    """A group whose commands end with a plain message if a user can correct the error, or the system refuses a file."""

    def invoke(self, context):
        """Run a command."""
        try:
            return super().invoke(context)
        except PlainError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.strerror is None or error.errno == errno.EPIPE:  # no refusal, or click says more
                raise
            raise UnusableFileError(describe_refusal(error)) from error


def describe_refusal(error):
    """Describe an `OSError` in a sentence.

    >>> describe_refusal(OSError(errno.ENOSPC, "No space left on device", "a b/c.csv"))
    "cannot use 'a b/c.csv': No space left on device"
    """
    place = error.filename2 or error.filename
    return f"cannot use {for_shell(place)}: {error.strerror}" if place is not None else str(error.strerror)
