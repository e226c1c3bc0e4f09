"""What a batch shows while it runs: a bar in a terminal, a line or a JSON object a submission elsewhere."""

import json
from contextlib import closing
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from lossedu.grading.strangers import for_terminal

COLUMNS = (
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[rate]:.0f} a minute"),
    TimeRemainingColumn(elapsed_when_finished=True),
    TextColumn("{task.fields[failed]} failed"),
)


def show(batch, results, as_json=False, console=None):
    """Run a batch and show it.

    Args:
        batch: a `Batch`.
        results: what its `run` yields.
        as_json: print an object a submission, and nothing else.
        console: a `rich.console.Console`; by default, one for the standard output.

    Returns:
        bool: whether all could be graded.
    """
    console = console or Console(soft_wrap=True)
    failed = []
    bar = Progress(*COLUMNS, console=console, disable=as_json or not console.is_terminal)
    with bar as progress, closing(results):
        task = progress.add_task("", total=len(batch.submissions), rate=0, failed=0)
        for done, result in enumerate(results, 1):
            failed += [result.student] if result.problem else []
            if as_json:
                print(json.dumps(asdict(result)), flush=True)
            elif result.problem or result.remarks or not console.is_terminal:
                progress.console.print(Text(for_terminal(describe_result(result))))
            rate = 60 * done / (progress.tasks[0].elapsed or 1)
            progress.update(task, completed=done, failed=len(failed), rate=rate)
    if not as_json:
        before = f"; {batch.graded_before} were graded before" if batch.graded_before else ""
        console.print(f"{len(batch.submissions) - len(failed)} graded, {len(failed)} failed{before}.")
    if failed:  # not among the JSON objects
        words = f"{len(failed)} of {len(batch.everything)} handed in could not be graded: {', '.join(failed)}"
        out = Console(stderr=True, soft_wrap=True) if as_json else console
        out.print(Text(for_terminal(words)), soft_wrap=not out.is_terminal)
    return not failed


def describe_result(result):
    """Say in one line: the student, the points or why there are none, and what was unusual."""
    points = result.problem or f"{result.points:g} of {result.max_points:g} points"
    return f"{result.student}: {'; '.join([points, *result.remarks])}"
