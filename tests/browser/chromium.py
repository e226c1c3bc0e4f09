"""Debian's Chromium, headless, and what is asked of every page in it."""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000  # milliseconds for what takes one second on a machine at rest
SIZE = {"width": 1280, "height": 800}
PICTURES = os.environ.get("LOSSEDU_SCREENSHOTS")  # the folder that `make screenshots` writes to


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not say what it serves."""

    def log_message(self, *arguments):
        """Say nothing."""


@contextmanager
def served(folder):
    """Serve a folder as any web server would; gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def refuse_others(window, *allowed):
    """Let a page or a context reach only addresses that begin so; what else it asks for is in its `.refused`."""
    window.refused = []

    def refuse(route):
        window.refused.append(route.request.url)
        route.abort()

    window.route(lambda url: not url.startswith(allowed), refuse)


def take_picture(page, name):
    """Write what the page shows to `name`.png where `make screenshots` says, and nowhere in a test run."""
    if not PICTURES:
        return
    from PIL import Image

    file = Path(PICTURES, f"{name}.png")
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, animations="disabled", caret="hide")
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(128).save(file, optimize=True)


def barriers(page, selector):
    """What axe finds there that keeps people out, as (rule, place)."""
    found = Axe().run(page, context=selector).response["violations"]
    return [
        (each["id"], node["html"])
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
