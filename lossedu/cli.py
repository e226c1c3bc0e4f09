"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work."""

from pathlib import Path

import click

from lossedu import __version__


@click.group()
@click.version_option(__version__, prog_name="lossedu")
def cli():
    """A Jupyter course on loss functions: build its chapters, see its grades."""


@cli.command()
@click.argument("chapters", nargs=-1, metavar="[CHAPTER]...")
@click.option(
    "--source",
    default="solutions",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with one folder a chapter.",
)
def build(chapters, source):
    """Turn the text of CHAPTERs (default: all) into notebooks for nbgrader.

    Example:  lossedu build 07_kl_divergence
    """
    from lossedu import authoring

    texts = [source / name / f"{name}.md" for name in chapters] or sorted(source.glob("*/*.md"))
    for text in texts:
        if not text.is_file():
            raise click.BadParameter(f"there is no {text}", param_hint="CHAPTER")
        try:
            click.echo(f"built {authoring.build(text)}")
        except authoring.ChapterError as error:
            raise click.ClickException(str(error)) from error


@cli.command()
@click.argument("assignment")
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
def results(assignment, course):
    """Show the grades of ASSIGNMENT, exercise by exercise, and what is wrong in words.

    Example:  lossedu results 07_kl_divergence
    """
    from lossedu.grading.results import NotGradedError, print_results, read_results

    try:
        print_results(read_results(course, assignment))
    except NotGradedError as error:
        raise click.ClickException(str(error)) from error


@cli.command()
def record():
    """Record the outputs of the installed tf.keras that checks are compared with.

    Example:  lossedu record
    """
    from lossedu.checking import record_keras_outputs

    click.echo(f"recorded what tf.keras gives for {', '.join(record_keras_outputs())}")
