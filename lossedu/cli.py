"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work."""

import time
from pathlib import Path

import click

from lossedu import __version__


@click.group()
@click.option("--language", help="What verdicts are in, such as zh_CN or en; by default what LANG asks for.")
@click.version_option(__version__, prog_name="lossedu")
def cli(language):
    """A Jupyter course on loss functions: build its chapters, see its grades."""
    from lossedu.language import speak

    try:
        speak(language)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--language") from error


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
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--watch", is_flag=True, help="Check again whenever the file is saved, and show the next step.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an exercise, a line each.")
@click.pass_context
def check(context, file, watch, as_json):
    """Check the answers in FILE, a Python file or a notebook, and show the first that is not right yet.

    The exit code is 0 if all are right, 1 if not.

    Example:  lossedu check 07_kl_divergence.ipynb --watch
    """
    from lossedu.checking.files import UnreadableFileError, check_file

    while True:
        saved = file.stat().st_mtime
        try:
            found = check_file(file)
        except UnreadableFileError as error:
            if not watch:
                raise click.ClickException(str(error)) from error
            click.echo(error)
        else:
            show_found(found, as_json)
            if not watch:
                context.exit(not all(each.passed for each in found))
        while file.stat().st_mtime == saved:
            time.sleep(0.3)


def show_found(found, as_json):
    """Print verdicts as JSON, or how far they go and the first that is not right yet."""
    import json

    from lossedu.checking import as_text

    if as_json:
        for each in found:
            click.echo(json.dumps(each.as_dict()))
        return
    right = [each for each in found if each.passed]
    points, worth = sum(each.points for each in found), sum(each.max_points for each in found)
    click.echo(f"{len(right)} of {len(found)} exercises are right: {points:g} of {worth:g} points.")
    following = next((each for each in found if not each.passed), None)
    click.echo(f"Next: {as_text(following)}" if following else "All done.")


@cli.command()
def record():
    """Record the outputs of the installed tf.keras that checks are compared with.

    Example:  lossedu record
    """
    from lossedu.checking import record_keras_outputs

    click.echo(f"recorded what tf.keras gives for {', '.join(record_keras_outputs())}")
