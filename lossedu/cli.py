"""The `lossedu` command: thin, each subcommand a few lines on top of a module that does the work."""

import time
from difflib import get_close_matches
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from lossedu import __version__


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
            nearest = ", ".join(begun or get_close_matches(value, self.names(), cutoff=0))
            self.fail(f"there is no {self.name} {value!r}; the nearest: {nearest}", param, ctx)
        return value if value in begun else begun[0]

    def shell_complete(self, ctx, param, incomplete):
        """The names that begin so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


CHAPTER, EXERCISE = Declared("chapter", "chapters"), Declared("exercise", "names")
COMPLETION = """\b
Tab completes names after:  eval "$(_LOSSEDU_COMPLETE=bash_source lossedu)"
"""


@click.group(epilog=COMPLETION)
@click.version_option(__version__, prog_name="lossedu")
def cli():
    """A Jupyter course on loss functions, with graded exercises."""


@cli.command()
@click.argument("chapters", nargs=-1, metavar="[CHAPTER]...", shell_complete=CHAPTER.shell_complete)
@click.option(
    "--source",
    default="solutions",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with one folder a chapter.",
)
def build(chapters, source):
    """Build the notebooks of CHAPTERs, or of all, from their text.

    Example:  lossedu build 07_kl_divergence
    """
    from lossedu import authoring

    texts = [source / name / f"{name}.md" for name in chapters] or sorted(source.glob("*/*.md"))
    for text in texts:
        if not text.is_file():
            near = get_close_matches(text.parent.name, [each.name for each in source.iterdir()])
            nearest = f"; the nearest: {', '.join(near)}" if near else ""
            raise click.BadParameter(f"there is no {text}{nearest}", param_hint="CHAPTER")
        try:
            click.echo(f"built {authoring.build(text)}")
        except authoring.ChapterError as error:
            raise click.ClickException(str(error)) from error


@cli.command()
@click.argument("assignment", shell_complete=CHAPTER.shell_complete)
@click.option(
    "--course",
    default=".",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The nbgrader course directory.",
)
def results(assignment, course):
    """Show the grades of ASSIGNMENT, and what is wrong in words.

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
    """Check the answers in FILE, a Python file or a notebook.

    Shows the first that is not right yet. The exit code is 0 if all are right, 1 if not.

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
            note(found, file)
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


def note(found, file):
    """Note verdicts for `lossedu progress`, where the file lies in a copy of the course."""
    from lossedu.checking import notes

    course = notes.course_of(file.parent)
    for each in found if course else ():
        notes.note_verdict(each, course)


@cli.command()
def record():
    """Record anew what the installed tf.keras gives, for checks.

    Example:  lossedu record
    """
    from lossedu.checking import record_keras_outputs

    click.echo(f"recorded what tf.keras gives for {', '.join(record_keras_outputs())}")


# --- For learners ---------------------------------------------------------------------------------------------------


in_copy = click.option(
    "--course",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of your copy; by default, the one that you are in.",
)


def copy_of_course(folder):
    """The learner's copy of the course at a folder or around the working directory, or words on how to get one."""
    from lossedu.checking import notes

    course = notes.course_of(folder)
    if course is None:
        raise click.ClickException(
            f"{folder.resolve()} is not in a copy of the course; lay one out with  lossedu start DIR"
        )
    return course


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def start(folder):
    """Lay out a copy of the course in DIR, or bring a copy up to date.

    What you have changed is never overwritten: a newer version goes beside it.

    Example:  lossedu start my-course
    """
    from lossedu.learners import lay_out

    try:
        laid = lay_out(folder)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error}") from error
    by_what = {what: [each.path for each in laid if each.what == what] for what in ("new", "updated", "kept", "beside")}
    click.echo(
        f"{folder}: {len(by_what['new'])} files new, {len(by_what['updated'])} updated, "
        f"{len(by_what['kept'] + by_what['beside'])} left as you changed them."
    )
    for path in by_what["beside"]:
        click.echo(f"A newer version than yours is beside it: {path}")
    click.echo(f"Open it with  jupyter lab {folder}  and begin with README.md (Open With, Markdown Preview).")


@cli.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--chapter", type=CHAPTER, help="Show this chapter exercise by exercise.")
def progress(folder, chapter):
    """Show what is done and what is next.

    DIR is a copy of the course; by default, the one that you are in.

    Example:  lossedu progress my-course --chapter 07
    """
    from lossedu.learners import bundle

    click.echo(bundle(copy_of_course(folder), chapter)["text/plain"])


@cli.command()
@click.argument("exercise", type=EXERCISE)
@in_copy
def hint(exercise, course):
    """Show a hint to EXERCISE, and a stronger one the next time.

    Example:  lossedu hint kl_divergence
    """
    from lossedu.learners import next_hint

    click.echo(next_hint(exercise, copy_of_course(course)))


@cli.command()
@click.argument("exercise", type=EXERCISE)
@in_copy
def restart(exercise, course):
    """Start EXERCISE again; your answer is kept in a file.

    The stub comes back into your notebook. Save it before; if it is open, reload it afterwards.

    Example:  lossedu restart kl_divergence
    """
    from lossedu.learners import NoCopyError, put_back

    try:
        kept = put_back(exercise, copy_of_course(course))
    except NoCopyError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{exercise} is at its start again{f'; your answer is kept in {kept}' if kept else ''}.")


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
    """Write a page about how the class did in ASSIGNMENT.

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
    """Export the grades of ASSIGNMENTs, or of all, for other systems.

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
    """Grade one SUBMISSION, a notebook or a Python file, without a gradebook.

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
    """Find what is wrong with the installation or a course, and say the mend.

    The exit code is 1 if something must be mended.

    Example:  lossedu doctor --course .
    """
    from lossedu.doctor import examine, show

    context.exit(not show(examine(course), as_json))
