"""The commands for who learns: start, lab, check, progress, next, hint, solution, restart, copy-answers."""

import json
import os
import time
from pathlib import Path

import click

from lossedu.cli._parameters import CHAPTER, EXERCISE
from lossedu.files import for_shell
from lossedu.language import say, speaking, spoken

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
        words = say(
            "{folder} is not in a copy of the course; lay one out with  lossedu start DIR", folder=folder.resolve()
        )
        raise click.ClickException(words)
    return course


def course_in(folder):
    """Return a folder if it holds chapters, such as `course/` in a clone, or else the copy of the course around it."""
    from lossedu.exercises import chapters

    if any((folder / name / f"{name}.ipynb").is_file() for name in chapters()):
        return folder
    return copy_of_course(folder)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def start(folder):
    """Lay out a copy of the course in DIR, or update one.

    What you have changed is never overwritten: a newer version goes beside it.

    Example:  lossedu start my-course
    """
    from lossedu.learners import lay_out

    laid = lay_out(folder)
    by_what = {what: [each.path for each in laid if each.what == what] for what in ("new", "updated", "kept", "beside")}
    counts = {"new": len(by_what["new"]), "updated": len(by_what["updated"])}
    click.echo(
        say(
            "{folder}: {new} files new, {updated} updated, {kept} left as you changed them.",
            folder=folder,
            kept=len(by_what["kept"] + by_what["beside"]),
            **counts,
        )
    )
    for path in by_what["beside"]:
        click.echo(say("A newer version than yours is beside it: {path}", path=path))
    click.echo(say("Open it with  lossedu lab {folder}", folder=for_shell(folder)))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", metavar="[DIR] [OPTION]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def lab(context, arguments):
    """Open the course in JupyterLab, at its start page.

    DIR is a copy of the course; by default, the one that you are in. nbgrader's menu is not shown. Each OPTION is
    given to jupyter lab, such as --no-browser.

    Example:  lossedu lab my-course
    """
    from lossedu.learners import open_lab

    first, *others = [*arguments, ""]
    folder, options = (".", arguments) if first.startswith("-") or not first else (first, others[:-1])
    language = context.find_root().params.get("language")
    if language:
        os.environ["LANGUAGE"] = language  # the language of the kernels
    open_lab(course_in(Path(folder)), options=options)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--watch", is_flag=True, help="Check again whenever the file is saved, and show the next step.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per exercise, one per line.")
@click.option(
    "--master",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The notebook that says which cells are graded; by default, the released notebook of the chapter.",
)
@click.pass_context
def check(context, file, watch, as_json, master):
    """Check the answers in a file, as grading will.

    FILE is a notebook or a Python file. The command shows the first answer that is not right yet. For a notebook, it
    also reads the chapter's Python file in the same folder. Grading tries more inputs, and a teacher may add tests and
    points by hand. The exit code is 0 if all answers are right, 1 if not.

    Example:  lossedu check 07_kl_divergence.ipynb --watch
    """
    from lossedu.grading.check import UnreadableFileError, check_file

    while True:
        saved = times_of(file)
        try:
            found = check_file(file, master)
        except UnreadableFileError as error:
            if not watch:
                raise
            click.echo(error)
        else:
            show_found(found, as_json)
            note(found, file)
            if not watch:
                context.exit(not all(each.passed for each in found.verdicts))
        while times_of(file) in (saved, None):  # an editor that saves a file may remove it for a moment
            time.sleep(0.3)


def times_of(file):
    """Return the times of the last change of a file and of the Python files beside it; None if it does not exist."""
    beside = sorted(file.parent.glob("*.py"))
    try:
        return [(path, path.stat().st_mtime_ns) for path in (file, *beside)]
    except FileNotFoundError:
        return None


def show_found(found, as_json):
    """Print verdicts as JSON, or a count and the first that is not right; print notes to the standard error."""
    from lossedu.checking import as_text

    for remark in found.remarks:
        click.echo(f"Note: {remark}", err=True)
    for attempt in found.warnings:
        click.echo(f"Warning: grading refuses {attempt}", err=True)
    if found.not_tried:
        what = "1 test or answer" if found.not_tried == 1 else f"{found.not_tried} tests or answers"
        click.echo(f"Note: {what} of this notebook can only be judged by grading or by your teacher", err=True)
    verdicts = found.verdicts
    if as_json:
        for each in verdicts:
            click.echo(json.dumps(each.as_dict()))
        return
    if not verdicts:
        click.echo(say("This notebook has no exercise that can be checked before grading."))
        return
    right = [each for each in verdicts if each.passed]
    points, worth = sum(each.points for each in verdicts), sum(each.max_points for each in verdicts)
    following = next((each for each in verdicts if not each.passed), None)
    with speaking(following.language if following else spoken()):  # the count in the language of the verdict below it
        click.echo(
            say(
                "{right} of {all} exercises are right: {points} of {worth} points.",
                right=len(right),
                all=len(verdicts),
                points=f"{points:g}",
                worth=f"{worth:g}",
            )
        )
        if following:
            click.echo(say("Next: {verdict}", verdict=as_text(following)))
        else:
            click.echo(say("All done. Grading will try other inputs, too."))


def note(found, file):
    """Note verdicts for `lossedu progress`, where the file lies in a copy of the course.

    Note nothing about exercises that a module leaves open, because the notebook may answer them.
    """
    from lossedu.checking import notes

    course = notes.course_of(file.parent)
    for each in found.verdicts if course else ():
        if each.exercise not in found.left_open:
            notes.note_verdict(each, course)


def folder_or_chapter(context, parameter, value):
    """Return a folder and the chapter that it names, if any: `07` and `my-course/07_kl_divergence` name one."""
    from lossedu.exercises import chapters

    named = value.name if value.is_dir() else str(value)
    found = [name for name in chapters() if name == named or (not value.is_dir() and name.startswith(named))]
    if len(found) == 1:
        return (value if value.is_dir() else Path()), found[0]
    return click.Path(exists=True, file_okay=False, path_type=Path).convert(value, parameter, context), None


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path), callback=folder_or_chapter)
@click.option("--chapter", type=CHAPTER, help="Show this chapter exercise by exercise.")
def progress(folder, chapter):
    """Show what is done and what is next.

    DIR is a copy of the course, or the folder of a chapter in it; by default, the copy that you are in.

    Example:  lossedu progress my-course --chapter 07
    """
    from lossedu.learners import bundle

    folder, named = folder
    click.echo(bundle(copy_of_course(folder), chapter or named)["text/plain"])


@click.command("next")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--open", "opens", is_flag=True, help="Open the chapter of this exercise in JupyterLab.")
def next_(folder, opens):
    """Name the next exercise: the first that is not right yet.

    Says its chapter, section and file. DIR is a copy of the course; by default, the one that you are in.

    Example:  lossedu next my-course --open
    """
    from lossedu.learners import open_next, what_is_next

    course = copy_of_course(folder)
    click.echo(what_is_next(course)["text/plain"])
    if opens:
        open_next(course)


@click.command()
@click.argument("exercise", type=EXERCISE, required=False)
@in_copy
def hint(exercise, course):
    """Show a hint to your last answer to EXERCISE.

    Without EXERCISE, this is the one that failed its last check most recently.

    Each call goes one step further: a question, where to look, the next step, the first line, and at last the worked
    solution. After a new answer, the hints begin again.

    Example:  lossedu hint kl_divergence
    """
    from lossedu.learners import following, last_failed, next_hint

    course = copy_of_course(course)
    exercise = exercise or last_failed(course)
    if exercise is None:
        name = following(course) or "kl_divergence"
        raise click.UsageError(f"no exercise has failed its last check; name one, as in  lossedu hint {name}")
    click.echo(next_hint(exercise, course)["text/plain"])


@click.command()
@click.argument("exercise", type=EXERCISE)
@in_copy
def solution(exercise, course):
    """Show the worked solution of EXERCISE and its reason.

    Your progress then says "solution seen".

    Example:  lossedu solution kl_divergence
    """
    from lossedu.learners import worked_solution

    click.echo(worked_solution(exercise, copy_of_course(course))["text/plain"])


@click.command()
@click.argument("exercise", type=EXERCISE)
@in_copy
def restart(exercise, course):
    """Start EXERCISE again; your answer is kept in a file.

    The stub replaces your answer in the notebook, and in the chapter's Python file. Save both first, and reload them
    afterwards.

    Example:  lossedu restart kl_divergence
    """
    from lossedu.learners import put_back

    kept = put_back(exercise, copy_of_course(course))
    for file in kept:
        click.echo(
            say("{exercise} is at its start again; your answer is kept in {file}.", exercise=exercise, file=file)
        )
    if not kept:
        click.echo(say("{exercise} is at its start again.", exercise=exercise))


@click.command("copy-answers")
@click.argument("source", metavar="FROM", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="TO", type=click.Path(exists=True, path_type=Path))
def copy_answers(source, target):
    """Put the answers of a notebook into another version of it.

    FROM and TO are notebooks or their folders, such as in your copy and from your class. Answers that TO had before
    are kept in a file. Close TO before, or reload it afterwards.

    Example:  lossedu copy-answers my-course/07_kl_divergence class/07_kl_divergence
    """
    from lossedu.learners import copy_answers

    copied = copy_answers(source, target)
    if copied.own_cells:
        counts = {"count": len(copied.names), "own": copied.own_cells}
        click.echo(say("answers copied: {count}, and cells of your own: {own}.", **counts))
    else:
        click.echo(say("answers copied: {count}.", count=len(copied.names)))
    if copied.module:
        click.echo(say("Your module of answers was copied too: {path}", path=copied.module))
    for path in copied.kept:
        click.echo(say("The answer that was there before is kept in {path}.", path=path))
    if copied.missing:
        click.echo(say("Not answered yet: {names}.", names=", ".join(copied.missing)))
    click.echo(say("Check it with  lossedu check {file}", file=for_shell(copied.file)))


COMMANDS = [start, lab, check, progress, next_, hint, solution, restart, copy_answers]
