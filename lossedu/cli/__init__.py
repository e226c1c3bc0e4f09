"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work."""

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


for command in [*learners.COMMANDS, *teachers.COMMANDS, *authors.COMMANDS]:
    cli.add_command(command)
