"""Run a notebook in a kernel and judge its test cells outside of it; what `lossedu check` and nbgrader's steps share.

What a test cell checks is read from its master's text. The kernel is asked for outputs; what is expected never goes
there.
"""

import ast
import asyncio
import contextlib
import inspect
import re
import signal
import time
from pathlib import Path
from queue import Empty

import nbformat.v4
import zmq
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from traitlets import HasTraits, Integer, List, Unicode

from lossedu import exercises
from lossedu.checking import Incorrect, KernelAnswer, UnansweredError, bundle, headline, verdict
from lossedu.checking._agent import FOREIGN, OWN
from lossedu.checking._answers import text_of
from lossedu.checking._render import MIME_TYPE
from lossedu.grading import _guard
from lossedu.intake.names import names_bound, names_not_reached
from lossedu.intake.notebooks import OUR_METADATA

LATE = "CellTimeoutError"  # what nbgrader calls the error of a cell that takes too long
REFUSED = "refused while grading: "
PATIENCE = 3  # seconds that a kernel has to come back from an interrupt
ANSI = re.compile(r"\x1b\[[0-9;]*m")
OVERHEAD = 4000  # characters that a message counts for besides those it holds, since many small ones take long

# the frameworks that have the answers ready, but of scikit-learn only the parts that do: its data sets are for all
SKLEARN = tuple(f"sklearn.{part}" for part in ("metrics", "_loss", "linear_model", "neural_network", "ensemble"))
READY_MADE = (*(package for package in FOREIGN if package != "sklearn"), *SKLEARN)


class MisplacedCheckError(ValueError):
    """A test cell of the master calls `check` in a form that cannot be judged outside the kernel."""


class KernelLostError(RuntimeError):
    """A cell of a submission brought its kernel down."""


class Session(HasTraits):
    """A client of a kernel that runs the cells of a notebook and judges its test cells in this process.

    It is a mixin for nbclient's `NotebookClient`. A test cell whose statements are `check(name)` and
    `check(name=name)` is judged here. Whatever else a test cell holds, such as a teacher's own asserts, runs in the
    kernel, as nbgrader does it.
    """

    out_of_reach = List(Unicode(), help="Files and folders that a submission must not open.").tag(config=True)
    notebook_timeout = Integer(600, help="Seconds that a notebook may take; what is left then is not run.").tag(
        config=True
    )
    output_limit = Integer(20 * 2**20, help="Characters that a kernel may show; with more, it is ended.").tag(
        config=True
    )
    seed = None  # draws the hidden inputs; without it there are none
    runs_teachers_tests = True

    def begin(self):
        """Forget the last notebook."""
        self.guarded, self.dead, self.shown, self.ending, self.reported = False, False, 0, None, []
        self.judged = []  # each judged cell with what stands before and behind the outputs that it shows by itself
        self.stopped = {}  # by name: with which error the cell ended that would have defined it anew
        self.timeout_func = self.seconds_left

    def seconds_left(self, cell=None):
        """What a cell, or a question to the kernel, may take."""
        return max(0.1, min(self.timeout, self.end - time.monotonic()))

    def run_or_judge(self, cell, index):
        """Run a code cell, or judge it."""
        if self.end - time.monotonic() < 1:
            late = f"not run, since the notebook took {self.notebook_timeout} seconds"
            self.log.warning("some cells were %s", late)
            cell.outputs = [error_output(LATE, late)]
            return
        self.guard()
        try:
            checks, rest = plan(cell) if is_grade(cell) else ([], "")
        except (KeyError, SyntaxError, MisplacedCheckError) as error:  # the teacher's mistake, or one of ours
            self.leave_to_a_person(cell, f"{type(error).__name__}: {error}")
            return
        try:
            if checks:
                self.judge(cell, checks, rest, index)
            else:
                self.run(cell, index)
        except KernelLostError as error:
            self.log.warning("cell %d: %s", index + 1, error)
            cell.outputs = [*cell.outputs, error_output(type(error).__name__, str(error))]
        if self.dead:
            self.log.warning("cell %d: its kernel is gone, and the rest goes on in a new one", index + 1)
            self.restart()

    def judge(self, cell, checks, rest, index):
        """Judge what a cell checks, and run the rest; `settle` puts verdicts and points into its outputs."""
        cell.outputs, found, before, behind = [], [], [], []
        self.judged.append((cell, before, behind))
        for exercise, name in checks:
            answer = KernelAnswer(name, self.ask)
            found.append(verdict(exercise, answer, seed=self.seed, stopped=self.stopped.get(name)))
            before += self.refusals(answer)
        before += [nbformat.v4.new_output("display_data", bundle(each)) for each in found]
        if rest and self.runs_teachers_tests:
            shell = nbformat.v4.new_code_cell(rest)
            self.run(shell, index)
            self.nb.cells[index] = cell
            cell.outputs = shell.outputs
        accidents = [each.accident for each in found if each.accident]
        if accidents:
            self.leave_to_a_person(cell, accidents[0])
        else:
            behind += points_of(found, float(cell.metadata.nbgrader.get("points") or 0))
        self.verdicts_found(cell, found)

    def settle(self):
        """Put verdicts and points into the outputs of the cells, once no cell runs any more.

        While cells run, a submission can change outputs that it has shown, by their display ids. So the verdicts and
        points are out of its reach until then.
        """
        for cell, before, behind in self.judged:
            shown = [output for output in cell.outputs if output.output_type != "execute_result"]
            cell.outputs = [*before, *shown, *behind]
        for cell in self.nb.cells:
            if cell.cell_type == "code" and is_grade(cell):  # nbgrader believes the first output that tells a grade
                cell.outputs.sort(key=lambda output: output.output_type != "error")

    def verdicts_found(self, cell, found):
        """Take notice of the verdicts on a cell."""

    def leave_to_a_person(self, cell, accident):
        """Note in a test cell that lossedu could not judge it: it waits for a grade by hand."""
        self.log.error("%s: lossedu itself failed (%s), to be graded by hand", grade_id(cell), accident)
        cell.metadata[OUR_METADATA] = {**cell.metadata.get(OUR_METADATA, {}), "accident": accident}

    def refusals(self, answer):
        """What the guard refused since it was last said, as an output for the teacher and the learner."""
        new = [attempt for attempt in answer.attempts if attempt not in self.reported]
        self.reported += new
        for attempt in new:
            self.log.warning("%s%s", REFUSED, attempt)
        text = f"{REFUSED}{'; '.join(new)}"
        return [nbformat.v4.new_output("display_data", {"text/plain": text})] if new else []

    @run_sync
    async def start_new_kernel_client(self):
        """A client of the kernel, ready when the kernel is; nbclient's own would wait a fifth of a second more."""
        try:
            await self.connect()
        except Exception:
            await self._async_cleanup_kernel()
            raise
        self.end = time.monotonic() + self.notebook_timeout
        return self.kc

    async def connect(self):
        """Make a client, and wait until the kernel replies and its outputs arrive; KernelLostError if they don't."""
        self.kc = self.km.client()
        self.kc.context.setsockopt(zmq.MAXMSGSIZE, 4 * self.output_limit)  # what is longer does not arrive
        self.kc.start_channels(hb=False)
        self.kc.allow_stdin = False
        deadline = time.monotonic() + self.startup_timeout
        with contextlib.suppress(UnansweredError):  # it has ended
            while time.monotonic() < deadline:
                message = self.kc.kernel_info()
                await self.reply_to(message, self.startup_timeout)
                with contextlib.suppress(Empty):  # the reply came before the outputs were listened to
                    while True:
                        output = await self.kc.get_iopub_msg(timeout=0.1)
                        if output["parent_header"].get("msg_id") == message and is_idle(output):
                            return
        raise KernelLostError(f"no kernel was ready within {self.startup_timeout} seconds")

    def guard(self):
        """Send the guard ahead of the submission, into each new kernel."""
        if self.guarded:
            return
        home = str(Path(self.resources.get("metadata", {}).get("path") or ".").resolve())
        paths = [str(Path(path).resolve()) for path in self.out_of_reach]
        arguments = [[*READY_MADE, *OWN], paths, home, self.lent()]
        source = inspect.getsource(_guard)
        self.ask(f"(lambda scope: (exec({source!r}, scope), scope['install'](*{arguments!r}))[1] or '')({{}})")
        self.guarded = True

    def lent(self):
        """The functions that `lossedu.mine` offers a submission that asks for it: those of chapters before its own.

        Later chapters hold answers to earlier ones, as the divergence from a one-hot label is a cross-entropy.
        """
        if not any(re.search(r"\blossedu\b.*\bmine\b", cell.source) for cell in self.nb.cells):
            return []
        tests = [cell for cell in self.nb.cells if is_grade(cell) and cell.cell_type == "code"]
        checked = [exercise for cell in tests for exercise in exercises_in(cell)]
        own = min((exercises.get(name).chapter for name in checked), default="")
        declared = [exercises.get(name) for name in exercises.names()]
        functions = [each for each in declared if isinstance(each, exercises.FunctionExercise)]
        return [each.name for each in functions if each.chapter < own and each.protocol != "methods"]

    def run(self, cell, index):
        """Run a cell in the kernel; KernelLostError if that is the end of it."""
        try:
            self.execute_cell(cell, index, store_history=True)
        except DeadKernelError as error:
            self.dead = True
            if not self.ending:
                raise KernelLostError("the kernel died in this cell") from error
        except CellTimeoutError as error:
            self.dead = True
            raise KernelLostError(f"no end within {self.timeout} seconds, and no interrupt ended it") from error
        except Exception as error:  # what a submission may do to the messages of its kernel cannot be foreseen
            self.dead = True
            raise KernelLostError("the kernel went out of order in this cell") from error
        if self.ending:
            self.dead = True
            most = f"{self.output_limit:,} characters or {self.output_limit // OVERHEAD:,} messages"
            raise KernelLostError(f"the kernel was ended: it showed more than {most}")
        if any(output.get("ename") == LATE for output in cell.outputs):
            self.log.warning("cell %d: no end within %d seconds", index + 1, self.timeout)
        self.note_stop(cell)

    def note_stop(self, cell):
        """Note which names a cell would have defined anew, had it not stopped."""
        error = next((output for output in cell.outputs if output.output_type == "error"), None)
        if error is not None and error.ename != "NotImplementedError":
            self.stopped |= dict.fromkeys(names_not_reached(cell.source, line_of(error)), error.ename)
        elif self.stopped:
            for name in names_bound(cell.source):
                self.stopped.pop(name, None)

    def process_message(self, msg, cell, cell_index):
        """Take in what the kernel shows, up to the limit."""
        if isinstance(msg["content"].get("data"), dict):
            msg["content"]["data"].pop(MIME_TYPE, None)  # verdicts are ours alone
        self.shown += len(str(msg["content"])) + OVERHEAD
        if self.shown <= self.output_limit or is_idle(msg):
            return super().process_message(msg, cell, cell_index)
        if not self.ending:
            self.ending = asyncio.ensure_future(ensure_async(self.km.signal_kernel(signal.SIGKILL)))
        return None

    @run_sync
    async def restart(self):
        """A new kernel in place of one that died or hangs, for the cells that are left."""
        if self.ending:
            await self.ending
        self.kc.stop_channels()  # what the lost kernel said, perhaps garbage, may still wait in them
        self.guarded, self.dead, self.shown, self.ending = False, False, 0, None
        await ensure_async(self.km.restart_kernel(now=True))
        await self.connect()

    @run_sync
    async def ask(self, expression):
        """The text that a Python expression evaluates to in the kernel; `UnansweredError` if there is none in time."""
        if self.dead:
            raise UnansweredError("the kernel is gone")
        message = self.kc.execute("", silent=True, store_history=False, user_expressions={"reply": expression})
        reply = await self.reply_to(message, self.seconds_left())
        if reply is None:
            await ensure_async(self.km.interrupt_kernel())
            self.dead = await self.reply_to(message, PATIENCE) is None
            raise UnansweredError(f"gives no answer within {self.timeout} seconds; does a loop never end?")
        return text_of(reply)

    async def reply_to(self, message, seconds):
        """The reply to a message, or None if it takes longer; `UnansweredError` if the kernel dies."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                reply = await ensure_async(self.kc.get_shell_msg(timeout=0.5))
            except Empty:
                if not await ensure_async(self.km.is_alive()):
                    self.dead = True
                    raise UnansweredError("ends the kernel") from None
            except Exception as error:  # a submission may have done anything to the messages of its kernel
                self.dead = True
                raise UnansweredError("could not be tried: the kernel is out of order") from error
            else:
                if reply["parent_header"].get("msg_id") == message:
                    return reply
        return None


def is_idle(message):
    """Whether a message says that the kernel has done its work."""
    return message["msg_type"] == "status" and message["content"].get("execution_state") == "idle"


def line_of(error):
    """The line of a cell in which it stopped, by the traceback that it shows; 0 if none of it ran."""
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


def exercises_in(cell):
    """The exercises that a test cell checks; none if it cannot be told."""
    with contextlib.suppress(KeyError, SyntaxError, MisplacedCheckError):
        return [exercise for exercise, _ in plan(cell)[0]]
    return []


def plan(cell):
    """What a master test cell checks, as pairs of exercise and variable, and the text of its other statements."""
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


def points_of(found, points):
    """What tells nbgrader the grade of a cell worth so many points: nothing for all, a number, or an error for none."""
    share = sum(each.points for each in found) / sum(each.max_points for each in found)
    if share == 0:
        return [error_output(Incorrect.__name__, "; ".join(map(headline, found)))]
    return [nbformat.v4.new_output("execute_result", {"text/plain": str(share * points)})] if share < 1 else []


def error_output(name, message):
    """An error as a cell shows it."""
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
