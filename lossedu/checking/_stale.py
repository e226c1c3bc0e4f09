"""Recognise an earlier answer: the cell that should have replaced it stopped with an error.

Events of the kernel report when a cell begins and how it ends. If a cell stops before it defines the name of an
exercise, this module notes the name and the earlier answer that it still holds, and shows what a teacher says to the
error.
"""

import contextlib
import os
import re
import traceback
import weakref
from typing import Any

from lossedu.checking._advice import advise_on_error
from lossedu.checking._render import kernel_shell, show_line
from lossedu.checking._verdict import Stopped
from lossedu.checking.probe import clues_to, words_of
from lossedu.exercises import names
from lossedu.intake.names import names_bound, names_not_reached
from lossedu.language import in_one_language


class CellWatch:
    """Follows the cells that run in a `namespace`."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace, self.exercises = namespace, frozenset(names())
        self.before = weakref.WeakKeyDictionary()  # for each running cell: the answers that it may replace
        self.stopped = {}  # name -> the error with which its cell stopped, and the answer that it still holds

    def begin(self, cell):
        """Note the answers that a cell may replace (IPython's event `pre_run_cell`)."""
        with contextlib.suppress(Exception):  # an error here must not reach the learner
            mentioned = self.exercises.intersection(re.findall(r"\w+", cell.raw_cell))
            self.before[cell] = {name: self.namespace[name] for name in mentioned if name in self.namespace}
            if self.stopped:
                for name in names_bound(cell.raw_cell):
                    self.stopped.pop(name, None)

    def end(self, result):
        """Note the answers that a cell did not replace because it stopped (IPython's event `post_run_cell`)."""
        with contextlib.suppress(Exception):
            error = result.error_before_exec or result.error_in_exec
            if error is None:
                return
            source = result.info.raw_cell
            before = self.before.get(result.info, self.namespace)  # the first cell began before the watch
            awaited = self.exercises.intersection(names_not_reached(source, line_of(error, source, self.namespace)))
            for name in awaited:
                if name in before and before[name] is self.namespace.get(name):
                    self.stopped[name] = words_of(error), self.namespace[name]
            if awaited and not os.environ.get("NBGRADER_EXECUTION"):
                advice = in_one_language(lambda: advise_on_error(words_of(error), clues_to(error, None)))
                if advice:
                    show_line(advice)

    def error_behind(self, name, answer):
        """Return as `Stopped` what stopped the cell which should have replaced `answer`; None if nothing did."""
        error, earlier = self.stopped.get(name, (None, None))
        return Stopped(error) if error and earlier is answer else None


def line_of(error, source, namespace):
    """Return the line in which a cell stopped; 0 if no line of it ran."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_locals is namespace]
    if lines:
        return lines[-1] if source.startswith("%%") else lines[0]  # first comes the magic's own frame
    return getattr(error, "lineno", None) or 0


def watch():
    """Follow the cells of this kernel; return None outside of a kernel."""
    shell = kernel_shell()
    if shell is None:
        return None
    cells = CellWatch(shell.user_ns)
    shell.events.register("pre_run_cell", cells.begin)
    shell.events.register("post_run_cell", cells.end)
    return cells


CELLS = watch()


def error_behind(name, answer):
    """Return what `CellWatch.error_behind` does; None outside of a kernel."""
    return CELLS.error_behind(name, answer) if CELLS else None
