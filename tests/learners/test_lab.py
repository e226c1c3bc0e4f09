"""`lossedu lab` starts a real JupyterLab in a copy of the course; `lossedu next --open` opens a chapter in it."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from urllib.error import HTTPError

import pytest

from lossedu.learners import lay_out
from tests.browser.conftest import free_port, wait_for
from tests.servers import stop

TOKEN = "a-token-of-this-test"  # noqa: S105  of a server that only this test reaches


def environment_in(folder):
    """Return environment variables for processes that use none of this user's Jupyter files."""
    folders = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    return os.environ | folders


@contextmanager
def lab(folder, *arguments, environment):
    """Run `lossedu lab` while a test uses its address."""
    port = free_port()
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
    command = [sys.executable, "-m", "lossedu", "lab", *arguments, *options, f"--IdentityProvider.token={TOKEN}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(server, address, log.name)
        yield address
    finally:
        stop(server)


def fetched(address):
    request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310  it is the loopback address
        return reply.url, reply.read().decode()


@pytest.mark.slow
def test_lab_opens_the_rendered_start_page_without_what_teachers_need(tmp_path):
    lay_out(tmp_path / "mine")
    environment = environment_in(tmp_path / "jupyter")
    with lab(tmp_path, "mine", environment=environment) as address:
        place, page = fetched(address)
        assert place == f"{address}/lab/tree/README.md"
        config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
        assert "@jupyter/nbgrader" in config["disabledExtensions"]
        _, settings = fetched(f"{address}/lab/api/settings/@jupyterlab/docmanager-extension:plugin")
        viewers = json.loads(settings)["schema"]["properties"]["defaultViewers"]
        assert viewers["default"] == {"markdown": "Markdown Preview"}
        with pytest.raises(HTTPError, match="404"):
            fetched(f"{address}/formgrader/api/status")

        browser = tmp_path / "browser"
        browser.write_text(f"#!/bin/sh\necho \"$1\" >'{tmp_path}/opened'\n")
        browser.chmod(0o755)
        opening = [sys.executable, "-m", "lossedu", "next", "--open"]
        at_hand = {"cwd": tmp_path / "mine", "env": environment | {"BROWSER": f"{browser} %s"}}
        said = subprocess.run(opening, check=True, capture_output=True, text=True, timeout=60, **at_hand).stdout
        assert said.startswith("Next: mean_error_of_a, in “A question” of 00_first_loss.\n")
        deadline = time.monotonic() + 30
        while not (tmp_path / "opened").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        opened = (tmp_path / "opened").read_text().strip()
        assert opened.endswith(f"/lab/tree/00_first_loss/00_first_loss.ipynb?token={TOKEN}")
