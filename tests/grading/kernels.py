"""Warm kernels to try things in, without a notebook."""

import ast
import signal
from queue import Empty

from jupyter_client import KernelManager

from lossedu.executor.provisioner import WarmProvisioner


class CellError(Exception):
    """A cell failed in its kernel; says how."""


class Kernel:
    """A kernel in a folder, with the options of `WarmProvisioner`."""

    def __init__(self, folder, **options):
        self.manager = KernelManager(kernel_name="python3")
        self.provisioner = WarmProvisioner(
            kernel_spec=self.manager.kernel_spec, parent=self.manager, **{"isolation": "none"} | options
        )
        self.manager.provisioner = self.provisioner
        self.manager.start_kernel(cwd=str(folder))
        self.connect()

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels(hb=False)

    def restart(self, now):
        self.client.stop_channels()
        self.manager.restart_kernel(now=now)
        self.connect()

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, expression="None", seconds=30):
        """Run code, and return what an expression is then, as Python reads it."""
        message = self.client.execute(code, user_expressions={"it": expression}, stop_on_error=False)
        for _ in range(5 * seconds):
            try:
                reply = self.client.get_shell_msg(timeout=0.2)
            except Empty:
                if not self.manager.is_alive():
                    raise CellError(f"ended: {self.exit_code}") from None
            else:
                if reply["parent_header"]["msg_id"] == message:
                    return value_in(reply["content"])
        self.manager.signal_kernel(signal.SIGKILL)
        raise CellError("takes too long")

    def value(self, expression):
        return self.run("", expression)

    @property
    def exit_code(self):
        return self.provisioner.exit_code


def value_in(content):
    """What came of the expression in a reply; CellError if it or the code failed."""
    for result in (content, content.get("user_expressions", {}).get("it", {})):
        if result["status"] == "error":
            raise CellError(f"{result['ename']}: {result['evalue']}")
    return ast.literal_eval(content["user_expressions"]["it"]["data"]["text/plain"])
