"""Run a notebook in a kernel and judge its test cells outside of it, for `lossedu check` and nbgrader's steps.

The master's text says what a test cell checks. The kernel computes the outputs of the answers. It never receives the
expected outputs.
"""

import ast
import contextlib
import copy
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat.v4
from traitlets import HasTraits, Integer, List, Unicode

from lossedu import exercises
from lossedu.checking import (
    MIME_TYPE,
    Incorrect,
    KernelAnswer,
    Stopped,
    UnansweredError,
    bundle,
    headline,
    text_of_reply,
    verdict,
)
from lossedu.checking.probe import FOREIGN, OWN
from lossedu.executor import hiding
from lossedu.executor.client import is_idle
from lossedu.executor.code import Code
from lossedu.executor.errors import LostError, NoAnswerError
from lossedu.executor.pictures import Pictures
from lossedu.grading import _audit_hook, _earlier_answers, _earlier_calls, _module_namespace, _shell_lines, _stand_ins
from lossedu.grading.stops import line_named
from lossedu.intake.modules import Part
from lossedu.intake.names import names_bound, names_not_reached
from lossedu.intake.notebooks import OUR_METADATA
from lossedu.learners import solution_places

if TYPE_CHECKING:
    from lossedu.executor.forked import ForkedRunner
    from lossedu.executor.jupyter import JupyterRunner

LATE = "CellTimeoutError"  # what nbgrader calls the error of a cell that takes too long
REFUSED = "refused while grading: "
ANSI = re.compile(r"\x1b\[[0-9;]*m")
OVERHEAD = 4000  # characters added to the length of each message, since many small messages take long

# the frameworks that have the answers ready; of scikit-learn only the parts that do, since its data sets are allowed
SKLEARN = tuple(f"sklearn.{part}" for part in ("metrics", "_loss", "linear_model", "neural_network", "ensemble"))
BY_ADDRESS = ("cffi", "_cffi_backend")  # reads and writes any memory, and raises no audit events
SHOWN = {"output_type": "display_data", "metadata": {}}  # nbformat's function checks by the schema, which takes long
GUARD = Code("lossedu_guard", _earlier_calls, _stand_ins, _shell_lines, hiding, _audit_hook)
NAMESPACE = Code("lossedu_namespace", _module_namespace)
READY_MADE = (*(package for package in FOREIGN if package != "sklearn"), *SKLEARN)


class MisplacedCheckError(ValueError):
    """A test cell of the master calls `check` in a form that cannot be judged outside the kernel."""


class KernelLostError(RuntimeError):
    """A cell of a submission made its kernel unusable."""


class Session(HasTraits):
    """A client of a kernel that runs the cells of a notebook and judges its test cells in this process.

    It is a mixin for nbclient's `NotebookClient`. A test cell whose statements are `check(name)` and
    `check(name=name)` is judged here. All other statements of a test cell, such as a teacher's own asserts, run in
    the kernel, as in nbgrader.
    """

    # of nbclient's client
    nb: Any
    log: Any
    resources: Any
    timeout: int
    startup_timeout: int

    out_of_reach = List(Unicode(), help="Files and folders that a submission must not open.").tag(config=True)
    notebook_timeout = Integer(600, help="Seconds that a notebook may take; later cells are not run.").tag(config=True)
    output_limit = Integer(20 * 2**20, help="Characters that a kernel may show; with more, lossedu ends it.").tag(
        config=True
    )
    pictures = Pictures()  # those that need not be drawn again
    runner: "ForkedRunner | JupyterRunner"
    seed = None  # draws the hidden inputs; without it there are none
    runs_teachers_tests = True

    def begin(self):
        """Reset the state for a new notebook."""
        self.guarded, self.dead, self.shown, self.ending, self.reported = False, False, 0, False, []
        self.judged = []  # each judged cell with the outputs to put before and after its own
        self.stopped = {}  # name -> a `Stopped` for the error in the cell that should have defined it again
        self.module, self.of_module = None, set()  # cells run in this module's namespace now; its answers so far
        self.parts = []  # the cells of the module that have finished: a new process runs them again

    def run_all(self):
        """Start a kernel, run or judge all cells that are not left out, and end it."""
        language = self.runner.start(self.startup_timeout)
        self.end = time.monotonic() + self.notebook_timeout
        try:
            self.nb.metadata["language_info"] = language
            for index, cell in enumerate(self.nb.cells):
                if cell.cell_type == "code" and not self.leaves_out(cell):
                    self.run_or_judge(cell, index)
        finally:
            self.runner.stop()
        self.settle()

    def leaves_out(self, cell):
        """Whether a code cell is neither run nor judged."""
        return False

    def seconds_left(self):
        """Return how many seconds a cell, or a question, may take."""
        return max(0.1, min(self.timeout, self.end - time.monotonic()))

    def run_or_judge(self, cell, index):
        """Run a code cell, or judge it."""
        if self.end - time.monotonic() < 1:
            late = f"not run, because the notebook has taken {self.notebook_timeout} seconds"
            self.log.warning("some cells were %s", late)
            cell.outputs = [error_output(LATE, late)]
            return
        part = Part.of(cell)
        self.make_ready(index)
        self.choose_namespace(part)
        try:
            checks, rest = plan(cell) if is_grade(cell) else ([], "")
        except (KeyError, SyntaxError, MisplacedCheckError) as error:  # a mistake of the teacher or of lossedu
            self.leave_to_a_person(cell, f"{type(error).__name__}: {error}")
            return
        try:
            if checks:
                self.judge(cell, checks, rest, index)
            else:
                self.run(cell, index)
        except KernelLostError as error:
            self.log.warning("%s: %s", self.place_of(index), error)
            cell.outputs = [*cell.outputs, error_output(type(error).__name__, str(error))]
            if part:
                stop = Stopped(f"{type(error).__name__}: {error}", part.path, part.line, is_late(cell), has_ended=True)
                self.stopped |= dict.fromkeys(part.answers, stop)
        if self.dead:
            self.log.warning("%s: its kernel is gone; a new kernel runs the other cells", self.place_of(index))
            self.restart()
        elif part and not is_late(cell):
            self.parts.append(cell)

    def place_of(self, index):
        """Return the place of a cell as a text: its number in the learner's notebook, or its line in the module."""
        if part := Part.of(self.nb.cells[index]):
            return f"{part.path}, line {part.line}"
        return f"cell {index + 1 - sum(Part.of(cell) is not None for cell in self.nb.cells)}"

    def make_ready(self, index):
        """Prepare a new process for a cell: install the guard, and run again the module's cells that have finished."""
        if self.guarded:
            return
        while True:
            self.guard()
            waiting, self.parts = self.parts, []
            cell = self.nb.cells[index]
            while waiting and not self.dead and self.end - time.monotonic() > 1:
                again = copy.deepcopy(waiting.pop(0))
                self.choose_namespace(Part.of(again))
                with contextlib.suppress(KernelLostError):
                    self.run(again, index)
                    self.parts += [] if self.dead or is_late(again) else [again]
            self.nb.cells[index] = cell
            self.parts += waiting
            if not self.dead:
                return
            self.restart()

    def choose_namespace(self, part):
        """Let the next cell run in the namespace of its module, given as a `Part`, or of the notebook if None."""
        wanted = part and part.module
        if wanted != self.module:
            call = f"enter_module'](*{[wanted]!r})" if wanted else f"leave_module'](*{[sorted(self.of_module)]!r})"
            self.module = wanted
            with contextlib.suppress(UnansweredError):  # the process is gone or hangs; the next cell will show it
                self.ask(NAMESPACE.expression(f"scope['{call} or ''", same_python=self.runner.same_python))
        self.of_module |= set(part.answers if part else ())

    def judge(self, cell, checks, rest, index):
        """Judge the checks of a cell and run its other statements; `settle` adds verdicts and points to its outputs."""
        cell.outputs, found, before, behind = [], [], [], []
        self.judged.append((cell, before, behind))
        for exercise, name in checks:
            answer = KernelAnswer(name, self.ask, same_python=self.runner.same_python)
            found.append(verdict(exercise, answer, seed=self.seed, stopped=self.stopped.get(name)))
            before += self.refusals(answer)
        before += [nbformat.from_dict(SHOWN | {"data": bundle(each)}) for each in found]
        if rest and self.runs_teachers_tests:
            shell = nbformat.v4.new_code_cell(rest)
            self.run(shell, index)
            self.nb.cells[index] = cell
            cell.outputs = shell.outputs
        accidents = [each.accident for each in found if each.accident]
        if accidents:
            self.leave_to_a_person(cell, accidents[0])
        else:
            behind += grade_outputs(found, float(cell.metadata.nbgrader.get("points") or 0))
        self.verdicts_found(cell, found)

    def settle(self):
        """Add the verdicts and points to the outputs of the cells, after all cells have run.

        While cells run, a submission can change earlier outputs by their display ids. So the verdicts and points are
        added last.
        """
        for cell, before, behind in self.judged:
            shown = [output for output in cell.outputs if output.output_type != "execute_result"]
            cell.outputs = [*before, *shown, *behind]
        for cell in self.nb.cells:
            if cell.cell_type == "code" and is_grade(cell):  # nbgrader reads the grade in the first output with one
                cell.outputs.sort(key=lambda output: output.output_type != "error")

    def verdicts_found(self, cell, found):
        """Receive the verdicts on a cell; a subclass may use them."""

    def leave_to_a_person(self, cell, accident):
        """Note in a test cell that lossedu could not judge it, so that it waits for a grade by hand."""
        self.log.error("%s: lossedu itself failed (%s); grade this cell by hand", grade_id(cell), accident)
        cell.metadata[OUR_METADATA] = {**cell.metadata.get(OUR_METADATA, {}), "accident": accident}

    def refusals(self, answer):
        """Return new refusals of the guard as an output for the teacher and the learner."""
        new = [attempt for attempt in answer.attempts if attempt not in self.reported]
        self.reported += new
        for attempt in new:
            self.log.warning("%s%s", REFUSED, attempt)
        text = f"{REFUSED}{'; '.join(new)}"
        return [nbformat.v4.new_output("display_data", {"text/plain": text})] if new else []

    def guard(self):
        """Install the guard in a new kernel before the submission runs there."""
        if self.guarded:
            return
        home = str(Path(self.resources.get("metadata", {}).get("path") or ".").resolve())
        paths = [str(Path(path).resolve()) for path in (*self.out_of_reach, *solution_places())]
        ready_made = exercises.ready_made_in(sorted({exercise.chapter for exercise in self.checked()}))
        refused = [*READY_MADE, *OWN, *BY_ADDRESS, *(name for name in ready_made if "." not in name)]
        functions = {name: exercise for name, exercise in ready_made.items() if "." in name}
        steps = (
            f"scope['replace_own_calls']({self.earlier_exercises()!r})",
            f"scope['bind_stand_ins']({refused!r})",
            "scope['pass_over_shell_lines']()",
            "scope['pass_over_exit']()",
            f"scope['install'](*{[refused, paths, home, functions]!r}, scope['hide'], scope['ready_made'])",
        )
        self.ask(GUARD.expression(f"({', '.join(steps)}) and ''", same_python=self.runner.same_python))
        self.guarded = True

    def checked(self):
        """Return the exercises that the test cells of the notebook check."""
        return checked_in(self.nb)

    def forking(self, server, request):
        """Return a function that forks a process of a `KernelServer` for this notebook; `ForkedRunner` calls it."""
        folder = self.resources.get("metadata", {}).get("path") or "."

        def fork(channels):
            with contextlib.ExitStack() as opened:
                kept = {}
                if names := self.earlier_exercises():
                    connection = _earlier_answers.connect(names, request["limits"])
                    kept[_earlier_calls.EARLIER_ANSWERS] = opened.enter_context(connection)
                return server.fork(request, folder, channels, kept)

        return fork

    def earlier_exercises(self):
        """Return the functions of earlier chapters, for a submission that uses `lossedu.mine`.

        Functions of later chapters would give answers away: the divergence from a one-hot label is a cross-entropy.
        """
        if not any(re.search(r"\blossedu\b.*\bmine\b", cell.source) for cell in self.nb.cells):
            return []
        own = min((exercise.chapter for exercise in self.checked()), default="")
        declared = [exercises.get(name) for name in exercises.names()]
        functions = [each for each in declared if isinstance(each, exercises.FunctionExercise)]
        return [each.name for each in functions if each.chapter < own and not each.is_class]

    def run(self, cell, index):
        """Run a cell in the kernel; KernelLostError if the kernel does not survive it."""
        try:
            self.runner.run(cell, index, self.seconds_left())
        except LostError as error:
            self.dead = True
            if not self.ending:
                raise KernelLostError(str(error)) from error
        except Exception as error:  # a submission may send any message from its kernel
            self.dead = True
            raise KernelLostError("this cell broke the kernel") from error
        if self.ending:
            self.dead = True
            most = f"{self.output_limit:,} characters or {self.output_limit // OVERHEAD:,} messages"
            raise KernelLostError(f"lossedu ended the kernel, because it showed more than {most}")
        if is_late(cell):
            self.log.warning("%s: no end within %d seconds", self.place_of(index), self.timeout)
        self.note_stop(cell)

    def note_stop(self, cell):
        """If a cell stopped, note the names that it should have defined anew."""
        error = next((output for output in cell.outputs if output.output_type == "error"), None)
        if error is not None and error.ename != "NotImplementedError":
            stop = stopped_by(error, cell)
            self.stopped |= dict.fromkeys(names_not_reached(cell.source, line_of(error)), stop)
        elif self.stopped:
            for name in names_bound(cell.source):
                self.stopped.pop(name, None)

    def process_message(self, msg, cell, cell_index):
        """Accept the outputs of the kernel, up to the limit."""
        if isinstance(msg["content"].get("data"), dict):
            msg["content"]["data"].pop(MIME_TYPE, None)  # only lossedu may show verdicts
            self.pictures.put_into(msg["content"]["data"])
        self.shown += len(str(msg["content"])) + OVERHEAD
        if self.shown <= self.output_limit or is_idle(msg):
            return super().process_message(msg, cell, cell_index)  # pyright: ignore[reportAttributeAccessIssue]  nbclient's
        if not self.ending:
            self.ending = True
            self.runner.kill()
        return None

    def restart(self):
        """Start a new process in place of one that died or hangs, for the remaining cells."""
        self.guarded, self.dead, self.shown, self.ending, self.module = False, False, 0, False, None
        self.runner.restart(self.startup_timeout)

    def ask(self, expression):
        """Evaluate a Python expression in the kernel, and return the text; `UnansweredError` if it takes too long."""
        if self.dead:
            raise UnansweredError("gone kernel")
        try:
            return text_of_reply(self.runner.ask(expression, self.seconds_left()))
        except NoAnswerError as error:
            self.dead = error.is_lost
            raise UnansweredError(error.reason, **error.fields) from error


def functions_to_hide():
    """Return the dotted names of all functions that a process of a submission may have to hide."""
    ready_made = exercises.ready_made_in(exercises.chapters())
    return (*(name for name in ready_made if "." in name), _audit_hook.STARTER)


def is_late(cell):
    """Tell whether a cell was interrupted because it took too long."""
    return any(output.get("ename") == LATE for output in cell.outputs)


def stopped_by(error, cell):
    """Return a `Stopped` for an error in a cell, which may be a `Part` of a module."""
    words, part = f"{error.ename}: {error.evalue}", Part.of(cell)
    if part is None:
        return Stopped(words)
    line = part.line_in_file(line_of(error) or line_named(error.evalue) or 1)
    return Stopped(words, part.path, line, is_late(cell))


def line_of(error):
    """Return the line in which a cell stopped, from its traceback; 0 if no line of it ran."""
    if error.ename in ("SyntaxError", "IndentationError", "TabError"):
        return 0
    lines = re.findall(r"Cell In\[\d+\], line (\d+)", ANSI.sub("", "\n".join(error.traceback)))
    return int(lines[0]) if lines else 0


def is_grade(cell):
    """Whether a cell earns points, other than as a task."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def grade_id(cell):
    """The name of a cell in its assignment."""
    return cell.metadata.nbgrader["grade_id"]


def checked_in(nb):
    """Return the exercises that the test cells of a notebook check."""
    tests = [cell for cell in nb.cells if is_grade(cell) and cell.cell_type == "code"]
    return [exercises.get(name) for cell in tests for name in exercises_in(cell)]


def exercises_in(cell):
    """Return the exercises that a test cell checks; an empty list if its text is not valid."""
    with contextlib.suppress(KeyError, SyntaxError, MisplacedCheckError):
        return [exercise for exercise, _ in plan(cell)[0]]
    return []


def plan(cell):
    """Read a test cell of the master: return pairs of exercise and variable, and the text of all other statements."""
    if not re.search(r"\bcheck\b", cell.source):  # a teacher's own tests, which may hold magics
        return [], ""
    checks, rest = [], []
    for statement in ast.parse(cell.source).body:
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Name(id="check"), args=[ast.Name(id=name)], keywords=[])):
                checks.append((name, name))
            case ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="check"),
                    args=[],
                    keywords=[ast.keyword(arg=str(exercise), value=ast.Name(id=name))],
                )
            ):
                checks.append((exercise, name))
            case _:
                if any(isinstance(node, ast.Name) and node.id == "check" for node in ast.walk(statement)):
                    raise MisplacedCheckError(
                        f"{cell.metadata.nbgrader['grade_id']}: expected check(name) or check(name=variable) as a "
                        f"statement, got {ast.unparse(statement)}"
                    )
                rest.append(ast.unparse(statement))
    for exercise, _ in checks:
        exercises.get(exercise)
    return checks, "\n".join(rest)


def grade_outputs(found, points):
    """Return the outputs that tell nbgrader a grade: none for all points, an error for no points, else a number."""
    share = sum(each.points for each in found) / sum(each.max_points for each in found)
    if share == 0:
        return [error_output(Incorrect.__name__, "; ".join(map(headline, found)))]
    return [nbformat.v4.new_output("execute_result", {"text/plain": str(share * points)})] if share < 1 else []


def error_output(name, message):
    """Return an error as an output of a cell."""
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
