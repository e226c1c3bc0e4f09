"""What the process that forks grading processes imports before it forks."""

import contextlib
import importlib

from lossedu._imports import without_garbage_collection

MODULES = (
    "lossedu.grading.worker",
    "lossedu.grading.steps",
    "ipykernel.kernelspec",  # jupyter_client asks it where kernels are
    "sympy",  # lossedu judges steps of derivations with it
)

# a library that is not supported raises SystemExit; the main process reports it
with without_garbage_collection(), contextlib.suppress(SystemExit):
    for name in MODULES:
        importlib.import_module(name)
