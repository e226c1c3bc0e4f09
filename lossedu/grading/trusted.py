"""The trusted verdict: while nbgrader grades, answers stay in the kernel of the submission and verdicts outside it.

`nbgrader_config.py` calls `trust`, which puts `RestoreCells` and `TrustedExecute` in the place of nbgrader's own. What
a test cell checks is read from its master copy; the kernel is asked for outputs; what is expected never goes there.
"""

import ast
import asyncio
import contextlib
import inspect
import os
import re
import secrets
import signal
import tempfile
import time
from pathlib import Path
from queue import Empty

import nbformat.v4
import zmq
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, OverwriteCells
from traitlets import Integer, List, Unicode, default

from lossedu import exercises
from lossedu.checking import Incorrect, KernelAnswer, UnansweredError, bundle, headline, verdict
from lossedu.checking._agent import FOREIGN, OWN
from lossedu.checking._answers import text_of
from lossedu.grading import _guard
from lossedu.grading.warm import WarmProvisioner

LATE = "CellTimeoutError"  # what nbgrader calls the error of a cell that takes too long
REFUSED = "refused while grading: "
PATIENCE = 3  # seconds that a kernel has to come back from an interrupt
MOST_CELLS = 2000  # in a notebook
OVERHEAD = 4000  # characters that a message counts for besides those it holds, since many small ones take long
INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "NBGRADER_EXECUTION")
INHERITED_PREFIXES = ("LC_", "PYTHON", "MPL", "OMP_", "OPENBLAS_", "MKL_", "JUPYTER", "IPYTHON")

# the frameworks that have the answers ready, but of scikit-learn only the parts that do: its data sets are for all
SKLEARN = tuple(f"sklearn.{part}" for part in ("metrics", "_loss", "linear_model", "neural_network", "ensemble"))
READY_MADE = (*(package for package in FOREIGN if package != "sklearn"), *SKLEARN)


class MisplacedCheckError(ValueError):
    """A test cell of the master calls `check` in a form that cannot be judged outside the kernel."""


class KernelLostError(RuntimeError):
    """A cell of a submission brought its kernel down."""


class TooManyCellsError(ValueError):
    """A submission has more cells than can be graded in a sensible time."""


def trust(config):
    """Set the steps of autograding: nbgrader's own, with `RestoreCells` and `TrustedExecute` in their places."""
    for stage, theirs, ours in [
        ("sanitize_preprocessors", OverwriteCells, [RestoreCells, OverwriteCells]),
        ("autograde_preprocessors", Execute, [TrustedExecute]),
    ]:
        steps = Autograde.class_traits()[stage].default()
        at = steps.index(theirs)
        setattr(config.Autograde, stage, [*steps[:at], *ours, *steps[at + 1 :]])


class RestoreCells(NbGraderPreprocessor):
    """Give every cell the nbgrader metadata of its master copy, and put back those that are gone.

    nbgrader's own `OverwriteCells`, which follows, restores their text, but stops at changed roles and at a solution
    that was deleted together with its test.
    """

    def preprocess(self, nb, resources):
        """Restore the cells of a submission."""
        if len(nb.cells) > MOST_CELLS:
            raise TooManyCellsError(f"the notebook has {len(nb.cells):,} cells, and {MOST_CELLS:,} is the most")
        of = resources["nbgrader"]
        with Gradebook(of["db_url"]) as gradebook:
            master = gradebook.find_notebook(of["notebook"], of["assignment"])
            worth = {cell.name: cell.max_score for cell in [*master.grade_cells, *master.task_cells]}
            roles = {
                "grade": {cell.name for cell in master.grade_cells},
                "solution": {cell.name for cell in master.solution_cells},
                "task": {cell.name for cell in master.task_cells},
            }
            handed_in = {}
            for cell in nb.cells:  # of two with one id, the last counts
                handed_in[cell.metadata.pop("nbgrader", {}).get("grade_id")] = cell
            previous = None
            for source in master.source_cells:
                cell = handed_in.get(source.name) or self.put_back(nb, source, previous)
                cell.metadata["nbgrader"] = {
                    "grade_id": source.name,
                    **{role: source.name in names for role, names in roles.items()},
                    "locked": source.locked,
                    "schema_version": 3,
                    "cell_type": source.cell_type,
                    **({"points": worth[source.name]} if source.name in worth else {}),
                }
                cell.metadata.pop("tags", None)  # one of them keeps a cell from being run
                previous = cell
        return nb, resources

    def put_back(self, nb, source, previous):
        """A cell that is missing, with its master's text, behind the one that came before it."""
        self.log.warning("cell %s was missing and is put back", source.name)
        make = nbformat.v4.new_code_cell if source.cell_type == "code" else nbformat.v4.new_markdown_cell
        cell = make(source.source, metadata={"lossedu": {"put_back": True}})
        place = next((i for i, other in enumerate(nb.cells) if other is previous), -1) + 1
        nb.cells.insert(place, cell)
        return cell


class TrustedExecute(Execute):
    """Run a submission in its kernel, and judge its test cells in this process.

    A test cell whose statements are `check(name)` and `check(name=name)` is judged here. Whatever else a test cell
    holds, such as a teacher's own asserts, runs in the kernel, as nbgrader does it.
    """

    secret_seed = Integer(help="The number that draws the hidden inputs; by default, the one in a file.").tag(
        config=True
    )
    secret_seed_file = Unicode(help="This file, the same for all submissions of a course; made if missing.").tag(
        config=True
    )
    out_of_reach = List(Unicode(), help="Files and folders that a submission must not open.").tag(config=True)
    notebook_timeout = Integer(600, help="Seconds that a notebook may take; what is left then is not run.").tag(
        config=True
    )
    output_limit = Integer(20 * 2**20, help="Characters that a kernel may show; with more, it is ended.").tag(
        config=True
    )

    @default("secret_seed")
    def _of_the_course(self):
        file = Path(self.secret_seed_file)
        if not file.exists():
            with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.") as drawn:
                drawn.write(f"{secrets.randbits(63)}\n")
                drawn.flush()
                with contextlib.suppress(FileExistsError):  # the first process wins
                    os.link(drawn.name, file)  # readable for its owner only, and never empty
        return int(file.read_text(encoding="utf-8"))

    @default("shutdown_kernel")
    def _without_waiting(self):
        return "immediate"

    def preprocess(self, nb, resources, km=None):
        """Run and judge a notebook."""
        self.guarded, self.dead, self.shown, self.ending, self.reported = False, False, 0, None, []
        self.timeout_func = self.seconds_left
        return super().preprocess(nb, resources, km)

    def setup_kernel(self, **options):
        """A kernel without what the environment holds besides, such as passwords."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in INHERITED or name.startswith(INHERITED_PREFIXES)
        }
        return super().setup_kernel(env=environment, **options)

    def seconds_left(self, cell=None):
        """What a cell, or a question to the kernel, may take."""
        return max(0.1, min(self.timeout, self.end - time.monotonic()))

    def preprocess_cell(self, cell, resources, index):
        """Run a cell, or judge it."""
        self._check_assign_resources(resources)
        if cell.cell_type != "code":
            return cell, resources
        if self.end - time.monotonic() < 1:
            late = f"not run, since the notebook took {self.notebook_timeout} seconds"
            self.log.warning("some cells were %s", late)
            cell.outputs = [error_output(LATE, late)]
            return cell, resources
        self.guard()
        checks, rest = plan(cell) if utils.is_grade(cell) else ([], "")
        try:
            if checks:
                self.judge(cell, checks, rest, index)
            else:
                self.run(cell, index)
                if utils.is_grade(cell):  # nbgrader believes the first output that tells a grade
                    cell.outputs.sort(key=lambda output: output.output_type != "error")
        except KernelLostError as error:
            self.log.warning("cell %d: %s", index + 1, error)
            cell.outputs = [*cell.outputs, error_output(type(error).__name__, str(error))]
        if self.dead:
            self.log.warning("cell %d: its kernel is gone, and the rest goes on in a new one", index + 1)
            self.restart()
        return cell, resources

    def judge(self, cell, checks, rest, index):
        """Put the verdicts on what a cell checks into its outputs, then what the rest shows, then the points."""
        cell.outputs = []
        found = []
        for exercise, name in checks:
            answer = KernelAnswer(name, self.ask)
            found.append(verdict(exercise, answer, seed=self.secret_seed))
            cell.outputs += self.refusals(answer)
        cell.outputs += [nbformat.v4.new_output("display_data", bundle(each)) for each in found]
        if rest:
            shell = nbformat.v4.new_code_cell(rest)
            self.run(shell, index)
            self.nb.cells[index] = cell
            cell.outputs += [output for output in shell.outputs if output.output_type != "execute_result"]
        cell.outputs += points_of(found, float(cell.metadata.nbgrader["points"]))

    def refusals(self, answer):
        """What the guard refused since it was last said, as an output for the teacher and the learner."""
        new = [attempt for attempt in answer.attempts if attempt not in self.reported]
        self.reported += new
        for attempt in new:
            self.log.warning("%s%s", REFUSED, attempt)
        text = f"{REFUSED}{'; '.join(new)}"
        return [nbformat.v4.new_output("display_data", {"text/plain": text})] if new else []

    # --- The kernel ---

    def create_kernel_manager(self):
        """A manager whose kernels are warm and isolated."""
        manager = super().create_kernel_manager()
        hidden = [*self.out_of_reach, *_guard.places_of([*READY_MADE, *OWN])]
        manager.provisioner = WarmProvisioner(
            kernel_spec=manager.kernel_spec, parent=manager, hidden=hidden, lent=self.lent()
        )
        return manager

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
        tests = [cell for cell in self.nb.cells if utils.is_grade(cell) and cell.cell_type == "code"]
        checked = [exercise for cell in tests for exercise, _ in plan(cell)[0]]
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

    def process_message(self, msg, cell, cell_index):
        """Take in what the kernel shows, up to the limit."""
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
