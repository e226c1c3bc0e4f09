"""What the browser tests share: Jupyter servers without this machine's settings, and pages without its network."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, PATIENCE, SIZE
from tests.servers import stop

SETTINGS = {
    # all cells stay in the page, wherever it is scrolled to
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/themes": {"adaptive-theme": True},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # as `lossedu lab` has it
    "docmanager-extension/plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Runs JupyterLab in a folder, with nobody's settings: a context manager that gives its address."""

    @contextmanager
    def serving(folder):
        home = tmp_path_factory.mktemp("jupyter")
        for name, setting in SETTINGS.items():
            file = home / "config/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(setting))
        port = free_port()
        options = [f"--port={port}", "--no-browser", "--allow-root", "--IdentityProvider.token=", "--LabApp.news_url="]
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            # nbgrader calls alembic by name
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        with (home / "server.log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "jupyter", "lab", "--ServerApp.port_retries=0", *options],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(server, address, log.name)
            yield address
        finally:
            stop(server)

    return serving


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(server, address, log):
    """Return once the server answers."""
    deadline = time.monotonic() + PATIENCE / 1000
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1)  # noqa: S310  it is the loopback address
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"no JupyterLab at {address}: see {log}")


@pytest.fixture
def page():
    """A new window that reaches this machine only: what pages fetch from elsewhere is not there."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport=SIZE)
        context.set_default_timeout(PATIENCE)
        context.route(lambda url: not url.startswith(("http://127.0.0.1:", "file:")), lambda route: route.abort())
        yield context.new_page()
        browser.close()
