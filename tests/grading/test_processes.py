"""The limits of the processes that judge submissions."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import lossedu

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no other system counts the memory of a process")

LIMITED = "from lossedu.executor import sandbox\nsandbox.limit_further(1, 2**28)\n"
TAKE_MEMORY = "b'x' * 2**29"
COMPUTE = "while True: pass"


def run(code):
    """Run code in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_a_process_that_computes_for_too_long_is_ended():
    assert run(LIMITED + COMPUTE).returncode == -signal.SIGXCPU


def test_a_process_that_takes_too_much_memory_gets_an_error():
    assert "MemoryError" in run(LIMITED + TAKE_MEMORY).stderr


def test_the_limits_begin_anew_with_each_submission():
    code = "import time\nfor _ in range(3):\n    sandbox.limit_further(2, 2**28)\n    end = time.process_time() + 0.9\n"
    assert run(f"{LIMITED}{code}    while time.process_time() < end: pass").returncode == 0


@pytest.mark.parametrize("harm", [TAKE_MEMORY, "import time\nwhile time.process_time() < 2.5: pass"])
def test_kernels_do_not_inherit_them(harm):
    code = f"import subprocess, sys\nprogram = '''{LIMITED.splitlines()[0]}\nsandbox.lift_limits()\n{harm}'''\n"
    code += "sys.exit(subprocess.run([sys.executable, '-c', program]).returncode)"
    assert run(LIMITED + code).returncode == 0


GRADING = """
from lossedu.grading import processes
processes.PRELOADED = ("lossedu._grammar",)

if __name__ == "__main__":
    with processes.processes(1) as pool:
        print(pool.submit(eval, "__import__('lossedu').__file__").result())
"""


def test_processes_have_the_package_of_the_command_whatever_lies_in_the_current_folder(tmp_path):
    (tmp_path / "course" / "lossedu").mkdir(parents=True)
    (tmp_path / "course" / "lossedu" / "__init__.py").write_text("raise RuntimeError('another lossedu')")
    (tmp_path / "program.py").write_text(GRADING)
    environment = os.environ | {"PYTHONPATH": str(Path(lossedu.__file__).parents[1])}
    program = [sys.executable, str(tmp_path / "program.py")]
    done = subprocess.run(program, cwd=tmp_path / "course", env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stderr, done.stdout.strip()) == ("", lossedu.__file__)


LEFT_EARLY = """
import threading, time
from concurrent.futures.process import _ExecutorManagerThread
from lossedu.grading import processes
processes.PRELOADED = ("lossedu._grammar",)
end = _ExecutorManagerThread.terminate_broken
_ExecutorManagerThread.terminate_broken = lambda *arguments: time.sleep(0.5) or end(*arguments)  # as on a busy machine

if __name__ == "__main__":
    try:
        with processes.processes(2) as pool:
            running = [pool.submit(time.sleep, 60) for _ in range(3)]
            pool.submit(abs, -1)
            raise OSError("the disk is full")
    except OSError:
        print([thread.name for thread in threading.enumerate()])
"""


def test_leaving_a_pool_early_leaves_no_thread_running(tmp_path):
    (tmp_path / "program.py").write_text(LEFT_EARLY)
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, timeout=50)
    assert (done.stderr, done.stdout) == ("", "['MainThread']\n")
