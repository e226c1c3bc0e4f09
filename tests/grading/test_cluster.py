"""`lossedu grade --scheduler` leaves what a run on one machine leaves, whichever workers come and go meanwhile."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from lossedu import edition
from lossedu.grading.batch import LOST
from lossedu.grading.worker import UnfitProcessError
from tests.grading.batches import assert_equal
from tests.grading.tampering import ASSIGNMENT
from tests.grading.test_batch import GRADED, UNREADABLE, by_nbgrader, course, ungraded  # noqa: F401
from tests.samples.demo import REPOSITORY

pytest.importorskip("distributed")
import dask

from lossedu.grading.cluster import check_editions, workers

pytestmark = pytest.mark.slow

ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(REPOSITORY),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s",
}
ONE_NETWORK = [[]]


class Cluster:
    """A scheduler and workers, each a process of its own.

    `inside` are commands that run others in a network: the first is for the scheduler and who grades, the others for
    workers, as far as there are any. Leaving `started` ends all processes.
    """

    def __init__(self, folder, started, inside, host):
        self.folder, self.started, self.workers = folder, started, []
        self.here, *self.elsewhere = inside
        file = folder / "scheduler.json"
        file.unlink(missing_ok=True)
        options = ["--host", host, "--port", "0", "--no-dashboard", "--scheduler-file", file]
        self.scheduler = self.start(self.here, "scheduler", *options)
        await_until(file.exists)
        self.port = int(json.loads(file.read_text())["address"].rpartition(":")[2])

    def start(self, inside, *command):
        with (self.folder / "cluster.log").open("a") as log:
            process = subprocess.Popen(
                [*inside, sys.executable, "-m", "dask", *command],
                cwd=self.folder,
                env=ENVIRONMENT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.callback(lose, process)
        return process

    def add_worker(self, threads=1):
        """Start a worker, in the next network, and the nanny that starts it anew when it is lost."""
        number = len(self.workers) % max(len(self.elsewhere), 1)
        inside = self.elsewhere[number] if self.elsewhere else self.here
        host = f"10.213.{number}.1" if self.elsewhere else "127.0.0.1"
        options = ["--nthreads", str(threads), "--no-dashboard", "--local-directory", self.folder]
        self.workers.append(self.start(inside, "worker", f"tcp://{host}:{self.port}", *options))

    def grade(self, course, *options):  # noqa: F811
        """`lossedu grade` at work on the cluster."""
        command = [*self.here, sys.executable, "-m", "lossedu", "grade", ASSIGNMENT, "--json"]
        return subprocess.Popen(
            [*command, "--scheduler", f"tcp://127.0.0.1:{self.port}", *options],
            cwd=course,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def lose(process):
    """End a process and all that it started at once, as when a machine is lost."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def await_until(holds, seconds=120):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def networks(made, count):
    """Commands that run others in networks of their own, each joined to the first alone; skips where there can be none.

    Leaving `made` removes them.
    """

    def ip(*arguments):
        subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True)

    first, *others = names = [f"lossedu-{os.getpid()}-{number}" for number in range(1 + count)]
    try:
        for name in names:
            ip("netns", "add", name)
            made.callback(ip, "netns", "delete", name)
            ip("-n", name, "link", "set", "lo", "up")
        for number, name in enumerate(others):
            there = f"worker{number}"
            ip("link", "add", there, "netns", first, "type", "veth", "peer", "name", "grader", "netns", name)
            for end, device, address in ((first, there, 1), (name, "grader", 2)):
                ip("-n", end, "address", "add", f"10.213.{number}.{address}/24", "dev", device)
                ip("-n", end, "link", "set", device, "up")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no networks of one's own here: {getattr(error, 'stderr', None) or error}")
    return [["ip", "netns", "exec", name] for name in names]


@pytest.fixture
def start_cluster(tmp_path):
    """Starts clusters, which end with the test."""
    with ExitStack() as started:
        yield lambda inside=ONE_NETWORK, host="127.0.0.1": Cluster(tmp_path, started, inside, host)


@pytest.mark.parametrize("where", ["on one machine", "in networks of their own"])
def test_workers_come_and_go_and_the_gradebook_is_the_same(course, by_nbgrader, start_cluster, where):  # noqa: F811
    with ExitStack() as made:
        cluster = start_cluster() if where == "on one machine" else start_cluster(networks(made, 2), "0.0.0.0")  # noqa: S104
        cluster.add_worker()
        grading = cluster.grade(course)
        first = json.loads(grading.stdout.readline())
        cluster.add_worker()
        lose(cluster.workers[0])
        rest, complaints = grading.communicate()
    said = [first, *map(json.loads, rest.splitlines())]
    assert sorted(result["student"] for result in said) == sorted(GRADED | UNREADABLE)
    assert grading.returncode == 1, complaints
    assert_equal(course, by_nbgrader)


def test_who_brings_workers_down_is_named_and_the_others_are_graded(course, start_cluster):  # noqa: F811
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nfrom tests.grading.fatal import Fatal\nc.Autograde.sanitize_preprocessors.append(Fatal)\n")
    cluster = start_cluster()
    for _ in range(2):
        cluster.add_worker()
    grading = cluster.grade(course)
    said = {result["student"]: result for result in map(json.loads, grading.communicate()[0].splitlines())}
    assert said["late"]["problem"] == LOST
    assert {student for student, result in said.items() if not result["problem"]} == GRADED - {"late"}


def test_a_lost_scheduler_stops_the_run_which_is_taken_up_by_the_next(course, by_nbgrader, start_cluster):  # noqa: F811
    cluster = start_cluster()
    cluster.add_worker()
    grading = cluster.grade(course)
    before = {json.loads(grading.stdout.readline())["student"]}
    lose(cluster.scheduler)
    rest, complaints = grading.communicate()
    before |= {json.loads(line)["student"] for line in rest.splitlines()}
    assert grading.returncode == 3
    assert "the scheduler at tcp://127.0.0.1" in complaints
    assert "Traceback" not in complaints

    another = start_cluster()
    another.add_worker()
    grading = another.grade(course)
    after = {json.loads(line)["student"] for line in grading.communicate()[0].splitlines()}
    assert not before & after - UNREADABLE
    assert_equal(course, by_nbgrader)


def test_a_scheduler_that_is_lost_while_it_is_asked_for_workers_is_named(start_cluster):
    cluster = start_cluster()
    address = f"tcp://127.0.0.1:{cluster.port}"

    def ask():
        with workers(address) as pool:
            assert pool.at_once == 2
            lose(cluster.scheduler)
            while True:
                _ = pool.at_once

    lost = pytest.raises(ConnectionError, match=f"^the scheduler at {address} was lost$")
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), lost:
        ask()


def test_a_cluster_that_cannot_grade_is_refused_with_the_reason(course, start_cluster):  # noqa: F811
    cluster = start_cluster()
    cluster.add_worker(threads=2)
    grading = cluster.grade(course)
    said, complaints = grading.communicate()
    assert (said, grading.returncode) == ("", 3)
    assert "has 2 threads: start workers with --nthreads 1" in complaints

    lose(cluster.scheduler)
    grading = cluster.grade(course)
    said, complaints = grading.communicate()
    assert (said, grading.returncode) == ("", 3)
    assert f"tcp://127.0.0.1:{cluster.port}" in complaints
    assert "Traceback" not in complaints


SAME = (edition.describe(), edition.digest())


@pytest.mark.parametrize(
    ("scheduler", "worker", "problem"),
    [
        ((None, None), SAME, f"the scheduler has no lossedu, and {SAME[0]} is needed"),
        (SAME, ("0.0", None), f"tcp://a has lossedu 0.0, and {SAME[0]} is needed"),
        (SAME, (SAME[0], "other"), f"tcp://a has lossedu {SAME[0]}, and {SAME[0]} with the same files is needed"),
    ],
)
def test_a_cluster_with_another_lossedu_is_refused(scheduler, worker, problem):
    client = SimpleNamespace(run_on_scheduler=lambda ask: scheduler, run=lambda ask: {"tcp://a": worker})
    with pytest.raises(UnfitProcessError, match=f"^{re.escape(problem)}$"):
        check_editions(client)
