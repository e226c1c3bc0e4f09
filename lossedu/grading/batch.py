"""Many submissions at once: nbgrader's autograding with the runs in other processes, and one writer.

The gradebook and the folders end as `nbgrader autograde` leaves them. A run that is killed is taken up by the next.
"""

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.apps import AutogradeApp
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import Execute
from sqlalchemy.exc import SQLAlchemyError

from lossedu.grading.results import NotGradedError
from lossedu.grading.trusted import TrustedExecute
from lossedu.grading.worker import Finished, grade, in_words, is_the_machines
from lossedu.grading.writer import ChangedError, UnfitFileError, Writer

LOST = "its run brought the grading process down"


class StoppedError(RuntimeError):
    """The gradebook or a folder cannot be written, so that no submission can be graded; says why."""

    def __init__(self, error):
        """What to do about an error."""
        super().__init__(f"cannot go on ({in_words(error)}): set it right, then run it again")


class Batch:
    """The submissions to an assignment that are to be graded.

    Args:
        course: the nbgrader course directory.
        assignment: a chapter, such as "07_kl_divergence".
        students: names or patterns, such as "a*".
        time_limit: seconds that a cell may take, instead of what the configuration says.
        again: grade also what is graded already.

    Raises:
        NotGradedError: the gradebook knows no such assignment, or nothing was handed in.
        StoppedError: the gradebook cannot be opened, or the disk is full.
    """

    def __init__(self, course, assignment, students=("*",), *, time_limit=None, again=False):
        """Read what there is to do; nothing is graded before `run`."""
        app = open_nbgrader(course)
        app.coursedir.assignment_id = assignment
        self.writer = Writer(coursedir=app.coursedir, parent=app)
        for each in self.writer.autograde_preprocessors:
            if time_limit is not None and issubclass(each, Execute):
                self.writer.config[each.__name__].timeout = time_limit
        try:
            for each in self.writer.autograde_preprocessors:
                if issubclass(each, TrustedExecute):
                    each(config=app.config).secret_seed()  # made here once, rather than by two processes at a time
            self.writer.open()
            everything = self.writer.submissions(students)
            self.submissions = everything if again else self.writer.ungraded(everything)
            self.writer.gradebook.db.remove()  # no transaction stays open while nothing is written
        except MissingEntry:
            raise NotGradedError(f"the gradebook of {course} knows no assignment {assignment!r}") from None
        except NbGraderException as error:
            raise NotGradedError(str(error)) from None
        except (SQLAlchemyError, OSError, ImportError) as error:  # the driver of a database may not be installed
            raise StoppedError(error) from error
        for submission in everything:
            self.writer.tidy(submission.student)
        self.graded_before = len(everything) - len(self.submissions)

    def run(self, jobs=None):
        """Grade, and yield a `Result` a submission as it is done.

        Whoever stops listening, or is interrupted, abandons what runs; what was yielded is in the gradebook.

        Args:
            jobs: how many at a time; by default, as many as there are processors.

        Raises:
            StoppedError: the gradebook cannot be written, or the disk is full.
        """
        jobs = jobs or os.cpu_count()
        waiting, lost = deque(self.submissions), deque()
        try:
            while True:
                with processes(jobs) as pool:
                    running = {}
                    try:
                        yield from self.run_in(pool, waiting, running, 2 * jobs)
                        break
                    except BrokenProcessPool:
                        lost += running.values()
            while lost:  # one of those that ran together did it: each gets a process of its own
                submission = lost.popleft()
                with processes(1) as pool:
                    try:
                        yield from self.run_in(pool, deque([submission]), {}, 1)
                    except BrokenProcessPool:
                        yield from self.written(submission, Finished({}, LOST, [], 0), lost)
        except (SQLAlchemyError, OSError) as error:
            raise StoppedError(error) from error
        finally:
            self.writer.gradebook.close()

    def run_in(self, pool, waiting, running, at_once):
        """Grade in a pool; if one of its processes dies, `waiting` and `running` tell what is left to do."""
        while True:
            while waiting and len(running) < at_once:
                try:
                    job = self.writer.job(waiting[0])
                except (OSError, UnfitFileError) as error:
                    if is_the_machines(error):
                        raise
                    yield self.writer.refuse(waiting.popleft(), error)
                else:
                    running[pool.submit(grade, job, self.writer.course)] = waiting[0]
                    waiting.popleft()
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                finished = future.result()
                yield from self.written(running.pop(future), finished, waiting)

    def written(self, submission, finished, waiting):
        """Write what came of a submission, and yield its result; if it was handed in anew meanwhile, it waits again."""
        try:
            yield self.writer.write(submission, finished)
        except ChangedError:
            waiting.append(submission)


def open_nbgrader(course):
    """nbgrader with the configuration that it finds when it is started in the course directory."""
    quiet = {"handlers": {"console": {"level": "CRITICAL"}}}  # a log file, if configured, tells as much as ever
    app = AutogradeApp(raise_config_file_errors=True, logging_config=quiet)
    before = Path.cwd()
    os.chdir(course)
    try:
        app.initialize([])
        app.coursedir.root  # noqa: B018  by default, where nbgrader was started
    finally:
        os.chdir(before)
    return app


@contextmanager
def processes(jobs):
    """A pool of processes, ended with their kernels if what uses it is left early, or is killed."""
    method = "spawn" if sys.platform == "win32" else "forkserver"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([grade.__module__, TrustedExecute.__module__])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        pool = ProcessPoolExecutor(jobs, context, initializer=prepare, initargs=[scratch])
        try:
            yield pool
        except BaseException:  # KeyboardInterrupt and GeneratorExit above all
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.kill()
                process.join()
            raise
        pool.shutdown()


def prepare(scratch):
    """Make a process of the pool, and so its kernels, silent; leave Ctrl-C to the main process, and end with it."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  its number is what is needed
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    tempfile.tempdir = scratch
    signal.signal(signal.SIGINT, lambda *_: None)
    threading.Thread(target=end_with_parent, args=[scratch], daemon=True).start()


def end_with_parent(scratch):
    """Wait for the main process to end, however it does, and end with it; a kernel in turn ends with this process."""
    multiprocessing.parent_process().join()
    shutil.rmtree(scratch, ignore_errors=True)  # which a killed main process leaves
    os._exit(1)
