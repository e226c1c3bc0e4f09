"""The commands for who writes chapters: build, record."""

from difflib import get_close_matches
from pathlib import Path

import click

from lossedu.cli._parameters import CHAPTER


@click.command()
@click.argument("chapters", nargs=-1, metavar="[CHAPTER]...", shell_complete=CHAPTER.shell_complete)
@click.option(
    "--source",
    default="solutions",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with one folder a chapter.",
)
def build(chapters, source):
    """Build the notebooks of all chapters, or of CHAPTERs.

    Example:  lossedu build 07_kl_divergence
    """
    from lossedu import authoring

    texts = [source / name / f"{name}.md" for name in chapters] or sorted(source.glob("*/*.md"))
    for text in texts:
        if not text.is_file():
            near = get_close_matches(text.parent.name, [each.name for each in source.iterdir()])
            nearest = f"; the nearest: {', '.join(near)}" if near else ""
            raise click.BadParameter(f"there is no {text}{nearest}", param_hint="CHAPTER")
    failed = False
    for text in texts:  # an error in one chapter does not keep the others from being built
        try:
            click.echo(f"built {authoring.build(text)}")
        except (authoring.ChapterError, OSError) as error:
            click.ClickException(str(error)).show()
            failed = True
    if failed:
        raise click.exceptions.Exit(1)


@click.command(hidden=True)  # only lossedu's own authors need it, and the list of commands fits on a screen
def record():
    """Record anew what the installed tf.keras gives, for checks.

    Example:  lossedu record
    """
    from lossedu.checking import record_keras_outputs

    click.echo(f"recorded what tf.keras gives for {', '.join(record_keras_outputs())}")


COMMANDS = [build, record]
