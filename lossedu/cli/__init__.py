"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work.

The modules `learners`, `teachers` and `authors` hold the subcommands, by who uses them.
"""

import functools
import importlib.util

import click

from lossedu import __version__
from lossedu.cli import authors, learners, teachers
from lossedu.cli._group import PlainGroup


@click.group(cls=PlainGroup)
@click.option("--language", help="Of verdicts, such as zh_CN or en; by default LANG.")
@click.version_option(__version__, prog_name="lossedu")
def cli(language):
    """A Jupyter course on loss functions, with graded exercises."""
    from lossedu.language import speak

    try:
        speak(language)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--language") from error


def needing(package, extra, command):
    """Let a command say which extra of lossedu to install if the package that it needs is missing."""
    run = command.callback

    @functools.wraps(run)
    def say_what_is_missing(*arguments, **options):
        try:
            return run(*arguments, **options)
        except ModuleNotFoundError as error:
            if importlib.util.find_spec(package):
                raise
            advice = f"this command needs {package}: install it with  pip install 'lossedu[{extra}]'"
            raise click.ClickException(advice) from error

    command.callback = say_what_is_missing
    return command


for command in [
    *learners.COMMANDS,
    *(needing("nbgrader", "grade", command) for command in teachers.COMMANDS),
    *(needing("jupytext", "author", command) for command in authors.COMMANDS),
]:
    cli.add_command(command)
