"""Measure the time and memory of a command, and the CPU seconds of each kind of process."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
SERVER = "lossedu.executor._server_process"  # the module of the process from which those of submissions are forked
ERRORS = "errors.txt"  # of the last command in a course
WARM_AFTER = 4  # after this number of submissions, all processes have started
FEWEST = WARM_AFTER + 2  # submissions that are needed to find where the time was spent
WRITER, JUDGING, SERVING, FORKED = "writer", "judging", "server", "forked"


@dataclass(frozen=True)
class Parts:
    """The CPU seconds of `lossedu grade` per submission, by kind of process. The sum is that of all processes.

    `starting` is what the processes spend only once: for imports, for the solved notebook, and for their end. All
    others are means over the submissions in between. `writer` is the main process. `judging` runs nbgrader's steps and
    compares answers. `server` forks. `watching` is the sandbox, and the process that watches over a submission. `cells`
    is the process of the submission: it runs the cells and answers the judging process.
    """

    starting: float
    writer: float
    judging: float
    server: float
    watching: float
    cells: float


@dataclass(frozen=True)
class Used:
    """What a command and all its processes used, and what it printed as JSON: one object per submission.

    `seconds` is the elapsed time, `cpu` the CPU seconds, and `memory` the peak in bytes. `at_work` holds, for two
    moments, the number of finished submissions and the CPU seconds until then by kind of process.
    """

    seconds: float
    cpu: float
    memory: int
    results: tuple
    at_work: tuple

    @property
    def figures(self):
        """How many figures of a submission were drawn, and how many there were, on average."""
        drawn, known = (sum(each[f"figures_{how}"] for each in self.results) for how in ("drawn", "known"))
        return drawn / len(self.results), (drawn + known) / len(self.results)

    @property
    def parts(self):
        """The `Parts` of the CPU seconds, if there were at least `FEWEST` submissions."""
        (first, before), (last, after) = self.at_work
        each = {kind: (after[kind] - before[kind]) / (last - first) for kind in before}
        cells = sum(result["cpu"] for result in self.results[first:last]) / (last - first)
        starting = self.cpu / len(self.results) - sum(each.values())
        return Parts(starting, each[WRITER], each[JUDGING], each[SERVING], each[FORKED] - cells, cells)


def run(course, programs, note=lambda done, seconds, process: None):
    """Run commands in a course, one after the other; return what they used.

    `note` is called for each line that they print; `lossedu grade --json` prints one for each submission.
    """
    before, start, peak, results, at_work = cpu_of_children(), time.perf_counter(), [0], [], []
    expected = len([*course.glob("submitted/*")])
    for program in programs:
        with popen(course, program) as started:
            process, ended = psutil.Process(started.pid), threading.Event()
            watch = threading.Thread(target=follow, args=[process, peak, ended])
            watch.start()
            for line in started.stdout:
                results += [json.loads(line)] if line.startswith("{") else []
                if len(results) in (WARM_AFTER, expected - 1):  # after the last one, processes end
                    at_work.append((len(results), cpu_by_kind(process)))
                note(len(results), time.perf_counter() - start, process)
        ended.set()
        watch.join()
        if started.returncode:
            raise failure(course, program)
    seconds = time.perf_counter() - start
    with suppress(ChildProcessError):
        while True:
            os.wait()
    return Used(seconds, cpu_of_children() - before, peak[0], tuple(results), tuple(at_work))


def call(course, command):
    """Run a command to its end; RuntimeError if it fails. Return what it printed."""
    with popen(course, command) as started:
        output = started.stdout.read()
    if started.returncode:
        raise failure(course, command)
    return output


def failure(course, command):
    """Return the error for a command that failed, with the end of what it said."""
    said = (course / ERRORS).read_text(encoding="utf-8").splitlines()
    return RuntimeError("\n".join([f"{' '.join(command)} failed:", *said[-20:]]))


def popen(course, command):
    """Start a module of this Python in a course; the caller reads what it prints."""
    more = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY)}
    more["NBGRADER_EXECUTION"] = "autograde"  # as nbgrader sets it; for otter and for the floor
    with (course / ERRORS).open("w", encoding="utf-8") as errors:
        pipes = {"stdout": subprocess.PIPE, "stderr": errors, "text": True}
        return subprocess.Popen([sys.executable, "-m", *command], cwd=course, env=os.environ | more, **pipes)


def cpu_of_children():
    """Return the CPU seconds of all ended child processes, and of their own ended children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


# --- Processes at work ----------------------------------------------------------------------------------------------


def cpu_by_kind(writer):
    """Return the CPU seconds of a process of `lossedu grade`, and of those that it started, by kind.

    Most processes of submissions have ended. The system adds their seconds to those of the server, which forked them.
    """
    spent = dict.fromkeys((WRITER, JUDGING, SERVING, FORKED), 0.0)
    for each in [writer, *writer.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times, kind = each.cpu_times(), WRITER if each == writer else kind_of(each)
            spent[kind] += times.user + times.system
            if kind in (SERVING, FORKED):
                spent[FORKED] += times.children_user + times.children_system
    return spent


def kind_of(process):
    """Return the kind of a process that `lossedu grade` has started, directly or indirectly."""
    try:
        name, *words = process.cmdline()
    except (psutil.ZombieProcess, ValueError):  # it was the process of a submission
        return FORKED
    if not any(SERVER in word for word in words):
        return JUDGING
    return FORKED if is_python_server(process.parent()) and Path(name).name != "bwrap" else SERVING


def is_python_server(process):
    """Return whether a process is the server itself, and not bubblewrap, which has started it."""
    name, *words = process.cmdline()
    return Path(name).name != "bwrap" and any(SERVER in word for word in words)


def follow(process, peak, ended):
    """Note the largest memory of a process and its descendants."""
    while not ended.wait(1):
        with suppress(psutil.NoSuchProcess):
            peak[0] = max(peak[0], sum(memory_of(process)))


def memory_of(process):
    """Return the bytes that a process and its descendants hold: those that grade, and those of submissions."""
    sizes = {False: 0, True: 0}
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error, OSError):
            sizes[any(SERVER in word for word in each.cmdline())] += each.memory_full_info().pss
    return sizes[False], sizes[True]
