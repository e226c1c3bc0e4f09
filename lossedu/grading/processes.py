"""Processes of this machine as a pool, forked from one that has made all imports; on Windows started anew.

This module imports nothing that takes long, so that `get_ready` can be called before what does.
"""

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path

import lossedu
from lossedu.executor import sandbox

JUDGING_SECONDS = 60  # of computing for one submission; an honest one takes less than 1
JUDGING_MEMORY = 2**30  # bytes beyond those that a process has before
FORKS = sys.platform != "win32"
PRELOADED = ("lossedu._grammar", "lossedu.grading._preloaded")  # in this order


def get_ready():
    """Start the process from which the others will be forked: it makes its imports while this one makes its own.

    To be called in the main thread.
    """
    if FORKS:
        with ignoring_interrupts():  # which it inherits: Ctrl-C is for this process
            start_method()


@contextmanager
def ignoring_interrupts():
    """Let Ctrl-C do nothing in the block, in the main thread; other threads never get it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start_method():
    """Return how processes are started, and start the process that forks them."""
    if not FORKS:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED])
    here = Path.cwd()
    os.chdir(Path(lossedu.__file__).parents[1])  # it looks for modules in the current folder first
    try:
        forkserver.ensure_running()
    finally:
        os.chdir(here)
    return context


class Processes:
    """A pool of processes; when one is lost, all that run at the time are."""

    lost = BrokenProcessPool

    def __init__(self, jobs, scratch, get_ready=None, *arguments):
        """Nothing is started before it is needed. Each process first calls `get_ready` with the arguments."""
        self.jobs, self.at_once, self.begin = jobs, 2 * jobs, (scratch, get_ready, *arguments)
        self.start()

    def start(self):
        """Make an executor."""
        self.executor = ProcessPoolExecutor(self.jobs, start_method(), initializer=prepare, initargs=self.begin)

    def submit(self, *call):
        """The future of a call, in new processes if the former were lost."""
        try:
            return self.executor.submit(within_limits, *call)
        except BrokenProcessPool:
            self.executor.shutdown()  # this waits for its threads
            self.start()
            return self.executor.submit(within_limits, *call)


@contextmanager
def processes(jobs, *get_ready):
    """A pool of processes, ended with their kernels if what uses it is left early, or is killed.

    Args:
        jobs: how many processes.
        get_ready: a function that each process calls first, and its arguments, which may hold sockets.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        pool = Processes(jobs, scratch, *get_ready)
        try:
            yield pool
        except BaseException:  # KeyboardInterrupt and GeneratorExit above all
            for process in multiprocessing.active_children():
                process.kill()
                process.join()
            pool.executor.shutdown(cancel_futures=True)  # waits for threads that else print errors
            raise
        pool.executor.shutdown()


def prepare(scratch, get_ready=None, *arguments):
    """Make a process of the pool, and so its kernels, silent; leave Ctrl-C to the main process, and end with it."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  its number is what is needed
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    tempfile.tempdir = scratch
    signal.signal(signal.SIGINT, lambda *_: None)
    threading.Thread(target=end_with_parent, args=[scratch], daemon=True).start()
    if get_ready:
        get_ready(*arguments)


def within_limits(function, *arguments):
    """Call a function; the system ends this process if the call computes for too long or needs too much memory.

    A submission decides what is to be judged. These limits are the last resort, in case others were forgotten. They do
    not count what its kernel does, which is a process of its own and has limits of its own.
    """
    if FORKS:
        sandbox.limit_further(JUDGING_SECONDS, JUDGING_MEMORY)
    return function(*arguments)


def end_with_parent(scratch):
    """Wait for the main process to end, however it does, and end with it; a kernel in turn ends with this process."""
    parent = multiprocessing.parent_process()
    assert parent  # noqa: S101  this is a process of the pool
    parent.join()
    shutil.rmtree(scratch, ignore_errors=True)  # which a killed main process leaves
    os._exit(1)
