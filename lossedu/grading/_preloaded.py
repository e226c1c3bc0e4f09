"""What the process that forks grading processes imports before it forks."""

import contextlib
import importlib

MODULES = (
    "lossedu.grading.worker",
    "lossedu.grading.steps",
    "ipykernel.kernelspec",  # jupyter_client asks it where kernels are
    "sympy",  # lossedu judges steps of derivations with it
)

with contextlib.suppress(SystemExit):  # a library is not supported; the main process says so
    for name in MODULES:
        importlib.import_module(name)
