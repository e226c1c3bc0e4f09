"""A kernel, as learners have one."""

import contextlib

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from tests.conftest import ROOT


@contextlib.contextmanager
def kernel():
    """A function that runs a cell in a new kernel and returns its outputs."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))

    def run(code):
        outputs = []

        def keep(message):
            if message["msg_type"] in {"display_data", "error", "execute_result", "stream"}:
                outputs.append(nbformat.v4.output_from_msg(message))

        client.execute_interactive(code, output_hook=keep, timeout=60)
        return outputs

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def run():
    """Runs cells in one kernel for all tests of a file."""
    with kernel() as run:
        yield run


@pytest.fixture
def run_anew():
    """Runs cells in a kernel of this test's own."""
    with kernel() as run:
        yield run


@pytest.fixture(autouse=True)
def no_diagnosis_fails(caplog):
    """A diagnosis that fails costs no verdict, but it is a fault of lossedu."""
    caplog.set_level("INFO", "lossedu.checking._diagnosis")
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if "no diagnosis" in record.getMessage()] == []
