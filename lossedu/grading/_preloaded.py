"""What the process from which grading processes are forked imports before it forks."""

import contextlib
import importlib

MODULES = (
    "lossedu.grading.worker",
    "lossedu.grading.steps",
    "ipykernel.kernelspec",  # of which jupyter_client asks where kernels are
    "sympy",  # by which steps of derivations are judged
)

with contextlib.suppress(SystemExit):  # a library is not supported, as the main process says
    for name in MODULES:
        importlib.import_module(name)
