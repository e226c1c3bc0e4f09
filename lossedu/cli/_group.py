"""A group of commands that say in one line which file they could not read or write."""

import errno

import click

from lossedu.files import for_shell


class UnusableFileError(click.ClickException):
    """A file or folder cannot be used, or the disk is full. The exit code is 3, as for `lossedu grade`."""

    exit_code = 3


class PlainGroup(click.Group):
    """A group whose commands end with a plain message if the system refuses access to a file."""

    def invoke(self, context):
        """Run a command."""
        try:
            return super().invoke(context)
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
    return f"cannot use {for_shell(place)}: {error.strerror}" if place is not None else error.strerror
