"""What commands are told: names that the shell completes, sizes, directories."""

import re
from pathlib import Path

import click
from click.shell_completion import CompletionItem


class Declared(click.ParamType):
    """The name of an exercise or a chapter, of which a beginning will do. The shell completes it."""

    def __init__(self, name, listing):
        """A parameter called `name`, with the names that the function `listing` of `lossedu.exercises` gives."""
        self.name, self.listing = name, listing

    def names(self):
        """All names there are."""
        from lossedu import exercises

        return getattr(exercises, self.listing)()

    def convert(self, value, param, ctx):
        """The full name; a misspelt one is answered with the nearest."""
        begun = [name for name in self.names() if name.startswith(value)]
        if value not in begun and len(begun) != 1:
            from lossedu.exercises import nearest

            near = ", ".join(begun or nearest(value, self.names()))
            self.fail(f"there is no {self.name} {value!r}; the nearest: {near}", param, ctx)
        return value if value in begun else begun[0]

    def shell_complete(self, ctx, param, incomplete):
        """The names that begin so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


CHAPTER, EXERCISE = Declared("chapter", "chapters"), Declared("exercise", "names")


class Size(click.ParamType):
    """A number of bytes, such as 800M or 2G."""

    name = "size"

    def convert(self, value, param, context):
        """Read K, M, G and T as powers of 1,024."""
        found = re.fullmatch(r"(\d+)([KMGT]?)(i?B)?", str(value), re.IGNORECASE)
        if not found or not int(found[1]):
            self.fail(f"{value!r} is no size; expected a number of bytes such as 800M or 2G", param, context)
        return int(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")


course_directory = click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
