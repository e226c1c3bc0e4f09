"""Run commands of nbgrader and lossedu for tests, in processes forked from one that has imported their modules.

A new Python process imports for two to four seconds before such a command does any work. A forked process skips the
imports. It still has arguments, a folder and an environment of its own, and it ends as Python ends. `make demo`, and
the tests of starting a command, use new Python processes.
"""

import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

MODULES = ("lossedu._grammar", "nbgrader.apps", "lossedu.cli", "lossedu.grading.batch", "lossedu.grading.course")
ROOT = Path(__file__).parents[1]
OF_THREAD = threading.local()  # a server runs one command at a time: each thread has its own


def run_module(course, module, *arguments, **variables):
    """Run `python -m module arguments` in the folder `course`, and return its `subprocess.CompletedProcess`.

    `variables` are added to the environment.

    >>> run_module(ROOT, "lossedu", "--version").returncode
    0
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    # nbgrader calls alembic by name; the processes that grade read `tests`
    folders = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment = os.environ | folders | variables
    if not hasattr(os, "fork"):
        return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    with tempfile.TemporaryDirectory() as folder:
        outputs = [str(Path(folder, name)) for name in ("stdout", "stderr")]
        code = server()([module, *command[3:]], str(course), dict(environment), outputs)
        return subprocess.CompletedProcess(command, code, *map(read, outputs))


def read(file):
    return Path(file).read_text(encoding="utf-8", errors="replace")


class NbgraderError(Exception):
    """A command of nbgrader failed; the message holds its output."""


def nbgrader(course, command, *arguments, may_fail=False):
    """Run a command of nbgrader in the course directory."""
    done = run_module(course, "nbgrader", command, *arguments)
    if done.returncode and not may_fail:
        raise NbgraderError(f"`nbgrader {command}` failed: {done.stdout}{done.stderr}")


def server():
    """Return the function that runs commands for this thread, in a new process if the former has ended."""
    if not hasattr(OF_THREAD, "process") or OF_THREAD.process.poll() is not None:
        OF_THREAD.process = start_server()
    process = OF_THREAD.process

    def run(*request):
        print(json.dumps(request), file=process.stdin, flush=True)
        reply = process.stdout.readline()
        if not reply:
            raise RuntimeError(f"the process that runs commands ended with {process.wait()}")
        return int(reply)

    return run


def start_server():
    """Start the process with the imports, which forks a process for each command."""
    return subprocess.Popen(
        [sys.executable, "-c", "from tests.commands import serve; serve()"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # signals to the group of the tests are not for it
    )


def serve():
    """Fork a process for each command on standard input; print its exit code when it has ended."""
    for name in MODULES:
        importlib.import_module(name)
    from nbgrader import api

    version = api.get_alembic_version()  # nbgrader starts a program for this, which takes two seconds
    api.get_alembic_version = lambda: version
    gc.freeze()  # so garbage collection in forked processes skips these objects
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            become(*json.loads(line))
            return  # the process then ends as Python ends
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(command, folder, environment, outputs):
    """Run a module as the main program of this process, with its own folder, environment and files for its output."""
    for number, file in enumerate([os.devnull, *outputs]):
        opened = os.open(file, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
