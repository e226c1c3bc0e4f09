"""Measure the lower bound for grading: only run the cells of a submission, in a fork of a process with all imports.

    python -m benchmarks.grading.floor NOTEBOOK...

It prints the CPU seconds of each notebook as JSON: first without drawing figures, then with all figures drawn. It
leaves out the test cells. There are no messages and no sandbox; IPython's shell runs the cells. The fork itself counts.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path

import nbformat
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import lossedu.checking  # noqa: F401  the first cell asks for it; kernels of submissions get something smaller
from lossedu import plots
from lossedu.executor._server_process import warm_up


def main(paths):
    """Print the CPU seconds."""
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))  # it would start a thread
    shell.display_pub = CapturingDisplayPublisher()
    warm_up()
    plots.plt.switch_backend("agg")
    gc.collect()
    gc.freeze()  # or the first collection of each fork would copy all memory
    cells = [cells_of(path) for path in paths]
    print(json.dumps([[cpu_of(shell, sources, is_drawn) for is_drawn in (False, True)] for sources in cells]))


def cells_of(path):
    """Return the sources of the code cells of a notebook, without the tests."""
    notebook = nbformat.read(Path(path), as_version=4)
    roles = [(cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells if cell.cell_type == "code"]
    return [cell.source for cell, role in roles if role.get("solution") or not role.get("grade")]


def cpu_of(shell, sources, is_drawn):
    """Return the CPU seconds that this process needs to fork, and that the fork needs to run cells."""
    before = time.process_time()
    child = os.fork()
    if child == 0:
        run(shell, sources, is_drawn)
    _, _, usage = os.wait4(child, 0)
    return usage.ru_utime + usage.ru_stime + time.process_time() - before


def run(shell, sources, is_drawn):
    """Run cells, and end this process."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        if not is_drawn:
            plots.as_png = lambda figure: ""
        for source in sources:
            shell.run_cell(source)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
