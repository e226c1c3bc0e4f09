"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work."""

import re
import signal
import time
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


class Size(click.ParamType):
    """A number of bytes, such as 800M or 2G."""

    name = "size"

    def convert(self, value, param, context):
        """Read K, M, G and T as powers of 1,024."""
        found = re.fullmatch(r"(\d+)([KMGT]?)(i?B)?", str(value), re.IGNORECASE)
        if not found or not int(found[1]):
            self.fail(f"{value!r} is no size; expected a number of bytes such as 800M or 2G", param, context)
        return int(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")


@cli.command()
@click.argument("assignment")
@click.option("--student", "students", multiple=True, default=["*"], help="One student, or a pattern such as 'a*'.")
@click.option("--again", is_flag=True, help="Grade also what is graded already.")
@click.option("--jobs", type=click.IntRange(1), help="How many at a time; by default, one a processor.")
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler, tcp://HOST:PORT.")
@click.option(
    "--isolation",
    type=click.Choice(["auto", "bubblewrap", "rlimits"]),
    help="A sandbox where there can be one, or none without one, or limits alone; by default, as configured (auto).",
)
@click.option("--time-limit", type=click.IntRange(1), metavar="SECONDS", help="What a cell may take; configured: 20.")
@click.option("--memory-limit", type=Size(), metavar="SIZE", help="What a process may take; configured: 2G.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a submission, a line each.")
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
@click.pass_context
def grade(context, assignment, jobs, scheduler, as_json, **options):
    """Grade all submissions to ASSIGNMENT, many at a time.

    It leaves what `nbgrader autograde` leaves, and passes over what is graded already: a run that was interrupted, or
    killed, is taken up by the next.

    The exit code is 0 if all are graded, 1 if some could not be or there was nothing to grade, 2 for wrong usage, 3 if
    it had to stop on the way, as when the disk is full, and 130 after Ctrl-C.

    Example:  lossedu grade 07_kl_divergence --jobs 4
    """
    if scheduler and jobs:
        raise click.UsageError("--jobs is for this machine; with --scheduler, each worker grades one at a time")
    signal.signal(signal.SIGINT, interrupt_once)
    try:
        from lossedu.grading.batch import Batch, StoppedError
        from lossedu.grading.progress import show
        from lossedu.grading.results import NotGradedError

        batch = Batch(assignment=assignment, **options)
        context.exit(not show(batch, batch.run(jobs, scheduler), as_json))
    except KeyboardInterrupt:
        click.echo("Interrupted: run it again to grade the others.", err=True)
        context.exit(130)
    except NotGradedError as error:
        raise click.ClickException(str(error)) from error
    except StoppedError as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(3)


def interrupt_once(*_):
    """Interrupt what runs, and let nothing interrupt what ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


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
