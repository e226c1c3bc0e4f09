"""A learner's view: the solved chapter in a real JupyterLab, driven in headless Chromium."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from lossedu import authoring

pytestmark = pytest.mark.browser

CHAPTER = "07_kl_divergence"
SOURCE = Path(__file__).parents[2] / "solutions" / CHAPTER / f"{CHAPTER}.md"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OPEN = ["--IdentityProvider.token=", "--ServerApp.port_retries=0", "--LabApp.news_url="]
SWAPPED = """def kl_divergence(y_true, y_pred):
p = np.clip(y_true, 1e-7, 1)
q = np.clip(y_pred, 1e-7, 1)
return np.sum(q * np.log(q / p), axis=-1)"""  # the editor indents by itself


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves the solved chapter from a folder of its own."""
    folder = tmp_path_factory.mktemp("lab")
    chapter = folder / f"{CHAPTER}.md"
    shutil.copy(SOURCE, chapter)
    authoring.build(chapter)
    with serving(folder) as address:
        yield address


@contextlib.contextmanager
def serving(folder):
    """The address of a JupyterLab that serves a folder; it stops in the end."""
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    # all cells stay in the page, wherever it is scrolled to
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", str(folder), "--no-browser", "--allow-root", f"--port={port}", *OPEN],
        env=os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(address):
    """Return once the server answers."""
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1)  # noqa: S310  it is the loopback address
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"no JupyterLab at {address} after 60 s")


@pytest.fixture
def page(lab):
    """The chapter, opened and idle."""
    with opened(f"{lab}/lab/tree/{CHAPTER}.ipynb") as page:
        yield page


@contextlib.contextmanager
def opened(address):
    """The page of a notebook, once its kernel is idle."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.set_default_timeout(60_000)
        page.goto(address)
        wait_until_idle(page)
        yield page
        browser.close()


def wait_until_idle(page):
    """Return once the kernel of the notebook is there and has nothing to do."""
    page.locator(".jp-Toolbar-kernelName", has_text="Python 3 (ipykernel)").wait_for()
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()


def cell(page, starts_with):
    """The code cell whose source begins with these words."""
    return page.locator(".jp-CodeCell").filter(
        has=page.locator(".cm-content", has_text=re.compile("^" + re.escape(starts_with)))
    )


def test_a_solved_chapter_passes_and_a_broken_function_is_diagnosed(page, tmp_path):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    last = cell(page, "check(jensen_shannon_distance)").locator(".jp-OutputArea-output")
    last.get_by_text("jensen_shannon_distance: 4 of 4 points").wait_for(timeout=120_000)
    assert page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.locator(".jp-OutputArea-output img").count() == 4

    checked = cell(page, "check(kl_divergence)")
    passed = checked.locator('[role="status"]').first
    passed.scroll_into_view_if_needed()
    assert "kl_divergence: 4 of 4 points" in passed.inner_text()
    page.screenshot(path=tmp_path / "passed.png")

    editor = cell(page, "def kl_divergence(y_true, y_pred)").locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(SWAPPED)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    diagnosed = checked.locator('[role="status"]').filter(has_text="1 of 4 points").first
    diagnosed.wait_for()
    words = diagnosed.inner_text()
    assert "Arguments swapped: you computed KL(y_pred || y_true)." in words
    assert re.search(r"expected 0\.5108\s+yours    0\.3681", words)
    assert "Traceback" not in checked.inner_text()
    diagnosed.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "diagnosed.png")
