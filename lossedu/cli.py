"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work."""

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


@cli.command()
@click.argument("assignment")
@click.option("--student", "students", multiple=True, default=["*"], help="One student, or a pattern such as 'a*'.")
@click.option("--jobs", type=click.IntRange(1), help="How many at a time; by default, one a processor.")
@click.option("--time-limit", type=click.IntRange(1), metavar="SECONDS", help="What a cell may take.")
@click.option("--again", is_flag=True, help="Grade also what is graded already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a submission, a line each.")
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
@click.pass_context
def grade(context, assignment, students, jobs, time_limit, again, as_json, course):
    """Grade all submissions to ASSIGNMENT, many at a time.

    It leaves what `nbgrader autograde` leaves, and passes over what is graded already: a run that was interrupted, or
    killed, is taken up by the next.

    The exit code is 0 if all are graded, 1 if some could not be or there was nothing to grade, 2 for wrong usage, 130
    after Ctrl-C.

    Example:  lossedu grade 07_kl_divergence --jobs 4
    """
    from lossedu.grading.batch import Batch, StoppedError
    from lossedu.grading.progress import show
    from lossedu.grading.results import NotGradedError

    try:
        all_graded = show(Batch(course, assignment, students, time_limit=time_limit, again=again), jobs, as_json)
    except (NotGradedError, StoppedError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("Interrupted: run it again to grade the others.", err=True)
        context.exit(130)
    context.exit(not all_graded)


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


@cli.command()
@click.argument("assignment")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The page; by default, in feedback/.")
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
def report(assignment, output, course):
    """Write a page about how the class did.

    Scores, points by exercise, misconceptions and who has them, times of submission, what to review by hand.

    Example:  lossedu report 07_kl_divergence
    """
    from lossedu.grading.report import write_report
    from lossedu.grading.results import NotGradedError

    try:
        click.echo(f"wrote {write_report(course, assignment, output)}")
    except NotGradedError as error:
        raise click.ClickException(str(error)) from error


@cli.command()
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option("--to", required=True, type=click.Choice(["csv", "canvas", "moodle", "gradescope"]), help="The format.")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; for Gradescope, the folder.")
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
def export(assignments, to, output, course):
    """Export grades for Canvas, Moodle, Gradescope.

    Those of ASSIGNMENTs, or of all; `csv` is the table that nbgrader exports.

    Example:  lossedu export 07_kl_divergence --to canvas
    """
    from lossedu.grading.export import export
    from lossedu.grading.results import NotGradedError

    try:
        written, remarks = export(course, assignments, to, output)
    except NotGradedError as error:
        raise click.ClickException(str(error)) from error
    for remark in remarks:
        click.echo(f"Note: {remark}.", err=True)
    click.echo(f"wrote {written}")


@cli.command("grade-file")
@click.argument("submission", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--assignment", help="The chapter that it answers; by default, as the file is called.")
@click.option("--json", "to", flag_value="json", help="Print one JSON object.")
@click.option("--to", type=click.Choice(["json", "gradescope", "classroom"]), help="Print what these read.")
@click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A course directory, for its configuration and its released notebook; by default, lossedu's own.",
)
@click.option(
    "--master",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The notebook that says what is graded, in place of the released one.",
)
@click.option(
    "--isolation",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "bubblewrap", "rlimits", "none"]),
    help="The sandbox; 'bubblewrap' refuses to grade without.",
)
@click.pass_context
def grade_file(context, submission, assignment, to, course, master, isolation):
    """Grade one SUBMISSION without a gradebook.

    It is a notebook, or a Python file of answers.

    The exit code is 0 if it was graded, whatever it earned, and 1 if not.

    Example:  lossedu grade-file 07_kl_divergence.ipynb --json
    """
    import json

    from lossedu.grading.single import NoMasterError, grade_file

    try:
        graded = grade_file(submission, assignment, course=course, master=master, isolation=isolation)
    except NoMasterError as error:
        raise click.ClickException(str(error)) from error
    for remark in graded.remarks:
        click.echo(f"Note: {remark}", err=True)
    if to == "classroom":
        click.echo(graded.for_classroom())
    elif to:
        click.echo(json.dumps(graded.as_dict() if to == "json" else graded.for_gradescope()))
    else:
        result = graded.result
        for each in result.exercises:
            click.echo(f"{each.exercise}: {each.points:g} of {each.max_points:g}  {each.words}".rstrip())
        click.echo(result.problem or f"{result.points:g} of {graded.max_points:g} points")
    context.exit(graded.result.problem is not None)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a check, a line each.")
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
@click.pass_context
def doctor(context, as_json, course):
    """Find what is wrong here, and say the mend.

    The installation is looked at, and the course directory if there is one.

    The exit code is 1 if something must be mended.

    Example:  lossedu doctor --course .
    """
    from lossedu.doctor import examine, show

    context.exit(not show(examine(course), as_json))
