"""nbgrader's formgrader, served from a course and driven as its pages do it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

TOKEN = "of-the-test"  # noqa: S105
OPTIONS = (
    "--allow-root",
    "--no-browser",
    "--ServerApp.port_retries=0",
    f"--IdentityProvider.token={TOKEN}",
    "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True",
)


class Formgrader:
    """A server's formgrader: `get` a page, `send` what a button sends."""

    def __init__(self, address):
        self.address = f"{address}/formgrader"

    def open(self, path, data=None, method="GET"):
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(f"{self.address}/{path}", data, headers, method=method)  # noqa: S310  loopback
        with urllib.request.urlopen(request, timeout=120) as reply:  # noqa: S310
            return reply.read().decode()

    def get(self, path):
        return self.open(path)

    def send(self, path, method="POST", **data):
        return json.loads(self.open(f"api/{path}", json.dumps(data).encode(), method))


@contextlib.contextmanager
def serving(course):
    """The formgrader of a course."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(sys.executable).parent
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", f"--port={port}", *OPTIONS],
        cwd=course,
        env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = Formgrader(f"http://127.0.0.1:{port}")
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                found.get("api/status")
                break
            time.sleep(0.5)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=60)
