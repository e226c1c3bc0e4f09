"""All that lossedu uses of nbclient. Its `NotebookClient` turns messages into outputs for both runners."""

from lossedu.expectations import Library

NBCLIENT = Library(
    "nbclient",
    ">=0.10,<0.12",
    (
        # overridden
        "nbclient:NotebookClient.process_message(self, msg, cell, cell_index)",
        # called, although they are internal to nbclient
        "nbclient:NotebookClient.reset_execution_trackers(self)",
        "nbclient:NotebookClient.set_widgets_metadata(self)",
        "nbclient:NotebookClient.create_kernel_manager(self)",
        "nbclient:NotebookClient.async_start_new_kernel(self, **kwargs)",
        "nbclient:NotebookClient._async_cleanup_kernel(self)",
        "nbclient:NotebookClient.execute_cell",
        *(
            f"nbclient:NotebookClient.{trait}"
            for trait in [
                *("error_on_timeout", "on_cell_executed", "raise_on_iopub_timeout"),
                *("record_timing", "startup_timeout", "timeout_func"),
            ]
        ),
        *(f"nbclient.exceptions:{name}" for name in ("CellExecutionComplete", "CellTimeoutError", "DeadKernelError")),
        "nbclient.client:timestamp(msg)",
        "nbclient.util:ensure_async",
        "nbclient.util:run_hook(hook, **kwargs)",
    ),
)
NBCLIENT.check()

from nbclient import NotebookClient
from nbclient.client import timestamp
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async, run_hook
