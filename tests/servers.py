"""Jupyter servers of tests."""

import subprocess
from contextlib import suppress


def stop(server):
    """End a server's process: kindly, or else by force.

    A thread of anyio may outlive a request that was under way when the server stopped, and then keeps the process.
    """
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=30)
    server.kill()
    server.wait()
