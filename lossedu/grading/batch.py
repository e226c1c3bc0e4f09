"""Many submissions at once: nbgrader's autograding with the runs in other processes, and one writer.

The gradebook and the folders end as `nbgrader autograde` leaves them. A run that is killed is taken up by the next.
"""

import logging
import os
import sys
from collections import deque
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from lossedu.executor.provisioner import WarmProvisioner
from lossedu.grading.course import NotGradedError
from lossedu.grading.nbgrader import AutogradeApp, Execute, NbGraderException
from lossedu.grading.processes import processes
from lossedu.grading.steps import TrustedExecute
from lossedu.grading.worker import (
    Finished,
    UnfitProcessError,
    describe_error,
    fault_of_the_machine,
    grade,
    prepared,
    use_prepared,
)
from lossedu.grading.writer import ChangedError, UnfitFileError, Writer

if sys.platform != "win32":
    import fcntl

LOST = "its grading process ended twice: it may need too much time or memory"
LOOK_AGAIN = 10  # seconds after which to ask how many may run, though none has ended

log = logging.getLogger(__name__)


class StoppedError(RuntimeError):
    """The gradebook or a folder cannot be written, so that no submission can be graded; says why."""

    def __init__(self, error):
        """What to do about an error."""
        super().__init__(f"cannot go on ({describe_error(error)}): set it right, then run it again")


class Batch:
    """The submissions to an assignment that are to be graded.

    Args:
        course: the nbgrader course directory.
        assignment: a chapter, such as "07_kl_divergence".
        students: names or patterns, such as "a*".
        again: grade also what is graded already.
        time_limit: seconds that a cell may take, instead of what the configuration says.
        memory_limit: bytes of memory that a process of a submission may take, likewise.
        isolation: what submissions are shut off by, likewise: "auto", "bubblewrap" or "rlimits".

    Raises:
        NotGradedError: the gradebook knows no such assignment, or nothing was handed in.
        StoppedError: the gradebook cannot be opened, or the disk is full.
    """

    def __init__(
        self,
        course,
        assignment,
        students=("*",),
        *,
        again=False,
        time_limit=None,
        memory_limit=None,
        isolation=None,
    ):
        """Read what there is to do; nothing is graded before `run`."""
        app = open_nbgrader(course)
        app.coursedir.assignment_id = assignment
        self.writer = Writer(coursedir=app.coursedir, parent=app)
        config = self.writer.config
        for each in self.writer.autograde_preprocessors:
            if time_limit is not None and issubclass(each, Execute):
                config[each.__name__].timeout = time_limit
        kernels = config.WarmProvisioner
        if time_limit is not None:  # a cell that computes all the time that it has must not be ended before
            kernels.time_limit = max(time_limit, WarmProvisioner(config=config).time_limit)
        if memory_limit is not None:
            kernels.memory_limit = memory_limit
        if isolation is not None:
            kernels.isolation = isolation
        try:
            self.writer.open()
            everything = self.writer.worklist.submissions(students)
            self.submissions = everything if again else self.writer.worklist.ungraded(everything)
            for each in self.writer.autograde_preprocessors:
                if issubclass(each, TrustedExecute):  # the number itself: another machine does not have its file
                    config[each.__name__].secret_seed = each(config=config).secret_seed
            self.writer.gradebook.db.remove()  # no transaction stays open while nothing is written
        except NbGraderException as error:
            raise NotGradedError(str(error)) from None
        except (SQLAlchemyError, OSError, ImportError) as error:  # the driver of a database may not be installed
            raise StoppedError(error) from error
        self.everything, self.graded_before = everything, len(everything) - len(self.submissions)
        self.shortcomings = set()

    def run(self, jobs=None, scheduler=None):
        """Grade, and yield a `Result` a submission as it is done.

        Whoever stops listening, or is interrupted, abandons what runs; what was yielded is in the gradebook. Where a
        machine falls short of a sandbox, it is logged once.

        Args:
            jobs: how many at a time; by default, as many as there are processors.
            scheduler: the address of the scheduler of a Dask cluster, such as "tcp://10.0.0.1:8786", that takes the
                place of processes here.

        Raises:
            StoppedError: the gradebook cannot be written, the disk is full, no process can grade, or another run
                grades this assignment.
        """
        try:
            with self.alone(), pool_of(scheduler) if scheduler else self.processes(jobs) as pool:
                for entry in self.everything:
                    self.writer.places.remove_staging(entry.name)
                lost = deque((yield from self.run_in(pool, self.submissions)))
                while lost:  # one of those that ran together did it: each gets the pool to itself
                    submission = lost.popleft()
                    if (yield from self.run_in(pool, [submission])):
                        yield from self.written(submission, Finished({}, LOST, [], 0), lost)
        except (SQLAlchemyError, OSError, ImportError, UnfitProcessError) as error:
            raise StoppedError(error) from error
        finally:
            self.writer.gradebook.close()

    def processes(self, jobs):
        """Return a pool of processes of this machine. What each of them needs is prepared once."""
        ready = [use_prepared, *prepared(self.writer.course)] if self.submissions else []
        return processes(jobs or os.cpu_count(), *ready)

    @contextmanager
    def alone(self):
        """Keep other runs from grading this assignment meanwhile; BlockingIOError if one does.

        The lock hangs on this process: a killed run leaves none. Windows and some network file systems have no locks.
        """
        if sys.platform == "win32":
            yield
            return
        folders, master = self.writer.coursedir, self.writer.places.master
        held = os.open(master if master.is_dir() else folders.root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(f"another run is grading {folders.assignment_id!r}") from None
            except OSError as error:
                log.info("no lock on the course directory: %s", error)
            yield
        finally:
            os.close(held)

    def run_in(self, pool, submissions):
        """Grade in a pool, and return those submissions whose process was lost.

        A pool is an executor that bears losses: `submit` works on, futures raise `lost`, and no more than `at_once` is
        to be submitted at a time.
        """
        waiting, running, lost = deque(submissions), {}, []
        while waiting or running:
            at_once = pool.at_once
            while waiting and len(running) < at_once:
                try:
                    job = self.writer.job(waiting[0])
                except (OSError, UnfitFileError) as error:
                    if fault_of_the_machine(error):
                        raise
                    yield self.writer.refuse(waiting.popleft(), error)
                else:
                    running[pool.submit(grade, job, self.writer.course)] = waiting.popleft()
            done, _ = wait(running, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            for future in done:
                submission = running.pop(future)
                try:
                    finished = future.result()
                except pool.lost:
                    lost.append(submission)
                else:
                    self.tell(finished.shortcomings)
                    yield from self.written(submission, finished, waiting)
        return lost

    def written(self, submission, finished, waiting):
        """Write what came of a submission, and yield its result; if it was handed in anew meanwhile, it waits again."""
        try:
            yield self.writer.write(submission, finished)
        except ChangedError:
            waiting.append(submission)

    def tell(self, shortcomings):
        """Log what was not told before."""
        for each in shortcomings:
            if each not in self.shortcomings:
                self.shortcomings.add(each)
                log.warning("%s", each)


def open_nbgrader(course) -> Any:
    """nbgrader with the configuration that it finds when it is started in the course directory."""
    quiet = {"handlers": {"console": {"level": "CRITICAL"}}}  # a log file, if configured, tells as much as ever
    app = AutogradeApp(raise_config_file_errors=True, logging_config=quiet)
    logging.getLogger("tornado.application").addHandler(logging.NullHandler())  # where its gradebook complains
    before = Path.cwd()
    os.chdir(course)
    try:
        app.initialize([])
        # by default, the folder where this is read first
        app.coursedir.root  # noqa: B018  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
    finally:
        os.chdir(before)
    return app


def pool_of(scheduler):
    """A pool of the workers of a Dask cluster; ImportError where Dask is not installed."""
    from lossedu.grading.cluster import workers

    return workers(scheduler)
