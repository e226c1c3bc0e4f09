"""The commands for who teaches and grades: grade, results, report, export, grade-file, copy-gradebook, doctor."""

import json
import signal
from contextlib import contextmanager
from pathlib import Path

import click

from lossedu._imports import without_garbage_collection
from lossedu.cli._parameters import CHAPTER, Size, course_directory


@click.command()
@click.argument("assignment", shell_complete=CHAPTER.shell_complete)
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
@course_directory
@click.pass_context
def grade(context, assignment, jobs, scheduler, as_json, **options):
    """Grade all submissions to ASSIGNMENT, many at a time.

    It leaves what `nbgrader autograde` leaves, and passes over what is graded already: a run that was interrupted, or
    killed, is taken up by the next. Files that cells write are gone when their notebook has run.

    The exit code is 0 if all are graded, 1 if some could not be or there was nothing to grade, 2 for wrong usage, 3 if
    the gradebook, the disk or the cluster gave out, 130 after Ctrl-C.

    Example:  lossedu grade 07_kl_divergence --jobs 4
    """
    if scheduler and jobs:
        raise click.UsageError("--jobs is for this machine; with --scheduler, each worker grades one at a time")
    signal.signal(signal.SIGINT, interrupt_once)
    try:
        with holding_interrupts_back():
            if not scheduler:
                from lossedu.grading.processes import get_ready

                get_ready()
            with without_garbage_collection():
                from lossedu.grading.batch import Batch, StoppedError
                from lossedu.grading.progress import show

        try:
            batch = Batch(assignment=assignment, **options)
            context.exit(not show(batch, batch.run(jobs, scheduler), as_json))
        except StoppedError as error:
            click.echo(f"Error: {error}", err=True)
            context.exit(3)
    except KeyboardInterrupt:
        click.echo("Interrupted: run it again to grade the others.", err=True)
        context.exit(130)


@contextmanager
def holding_interrupts_back():
    """Let Ctrl-C wait until this ends: an import may swallow what is raised amid it."""
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        signal.raise_signal(signal.SIGINT)


def interrupt_once(*_):
    """Interrupt what runs, and let nothing interrupt what ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


@click.command()
@click.argument("assignment", shell_complete=CHAPTER.shell_complete)
@course_directory
def results(assignment, course):
    """Show the grades of ASSIGNMENT, and what is wrong in words.

    Example:  lossedu results 07_kl_divergence
    """
    from lossedu.grading.results import print_results, read_results

    print_results(read_results(course, assignment))


@click.command()
@click.argument("assignment", shell_complete=CHAPTER.shell_complete)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The page; by default, in feedback/.")
@course_directory
def report(assignment, output, course):
    """Write a page about how the class did.

    Scores, points by exercise, misconceptions and who has them, times of submission, what to review by hand.

    Example:  lossedu report 07_kl_divergence
    """
    from lossedu.grading.report import write_report

    click.echo(f"wrote {write_report(course, assignment, output)}")


@click.command()
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...", shell_complete=CHAPTER.shell_complete)
@click.option("--to", required=True, type=click.Choice(["csv", "canvas", "moodle", "gradescope"]), help="The format.")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; for Gradescope, the folder.")
@course_directory
def export(assignments, to, output, course):
    """Export grades for Canvas, Moodle, Gradescope.

    Those of ASSIGNMENTs, or of all; `csv` is the table that nbgrader exports.

    Example:  lossedu export 07_kl_divergence --to canvas
    """
    from lossedu.grading.export import export

    written, remarks = export(course, assignments, to, output)
    for remark in remarks:
        click.echo(f"Note: {remark}.", err=True)
    click.echo(f"wrote {written}")


@click.command("grade-file")
@click.argument("submission", type=click.Path(exists=True, path_type=Path))
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

    It is a notebook, a Python file of answers, or a folder with the files of one student.

    The exit code is 0 if it was graded, whatever it earned, and 1 if not.

    Example:  lossedu grade-file 07_kl_divergence.ipynb --json
    """
    from lossedu.grading.single import grade_file
    from lossedu.grading.strangers import for_terminal

    graded = grade_file(submission, assignment, course=course, master=master, isolation=isolation)
    for remark in graded.remarks:
        click.echo(f"Note: {for_terminal(remark)}", err=True)
    if to == "classroom":
        click.echo(graded.for_classroom())
    elif to:
        click.echo(json.dumps(graded.as_dict() if to == "json" else graded.for_gradescope()))
    else:
        result = graded.result
        for each in result.exercises:
            words = for_terminal(each.words)
            click.echo(f"{each.exercise}: {each.points:g} of {each.max_points:g}  {words}".rstrip())
        click.echo(for_terminal(result.problem or "") or f"{result.points:g} of {graded.max_points:g} points")
    context.exit(graded.result.problem is not None)


@click.command("copy-gradebook")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy_gradebook(source, target):
    """Copy a gradebook to an empty database.

    FROM and TO are URLs, as in c.CourseDirectory.db_url, or paths of SQLite files. Nothing may be graded meanwhile.
    If a row cannot be copied, none is. FROM stays as it is.

    Example:  lossedu copy-gradebook gradebook.db postgresql+psycopg:///lossedu
    """
    from lossedu.grading import copying

    copied = copying.copy_gradebook(source, target)
    for table in copied.left_out:
        click.echo(f"Note: the table {table} is not nbgrader's, and was not copied.", err=True)
    words = {"students": "student", "assignments": "assignment", "submissions": "submitted_assignment"}
    counts = ", ".join(f"{word}: {copied.rows[table]:,}" for word, table in words.items())
    click.echo(f"copied {sum(copied.rows.values()):,} rows ({counts})")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a check, a line each.")
@course_directory
@click.pass_context
def doctor(context, as_json, course):
    """Find what is wrong here, and say how to fix it.

    The installation is looked at, and the course directory if there is one.

    The exit code is 1 if something must be fixed.

    Example:  lossedu doctor --course .
    """
    from lossedu.doctor import examine, show

    context.exit(not show(examine(course), as_json))


COMMANDS = [grade, results, report, export, grade_file, copy_gradebook, doctor]
