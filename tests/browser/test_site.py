"""The course in the browser: the real site, with a real Pyodide in headless Chromium, and no network but the site."""

import functools
import http.server
import json
import re
import threading

import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright

from lossedu import authoring, exercises
from lossedu.authoring.site import build_site
from tests.browser.chromium import CHROMIUM, FLAGS, PATIENCE, SIZE, barriers
from tests.browser.pyodide import NotHereError, fetch_pyodide
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

# they return nothing: what these commands return is too large for a test
OPEN = """async path => {
    await jupyterapp.commands.execute("docmanager:open", {path, kernelPreference: {shouldStart: false}});
}"""
NUMBER_OF_CELLS = "() => jupyterapp.shell.currentWidget.content.model.cells.length"
CLOSE = "async () => { await jupyterapp.commands.execute('application:close-all'); }"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not say what it serves."""

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, which lets tests call commands of JupyterLab."""
    try:
        pyodide = fetch_pyodide()
    except NotHereError as reason:
        pytest.skip(f"Pyodide cannot be downloaded: {reason}")
    site = build_site(tmp_path_factory.mktemp("site") / "site", pyodide)
    set_in_site(site, exposeAppInBrowser=True)
    return site


def set_in_site(site, **configuration):
    """Change the configuration of the site."""
    file = site / "jupyter-lite.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    found["jupyter-config-data"] |= configuration
    file.write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served, as any web server would."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def page(address):
    """A window that reaches nothing but the site; what the page asks of others is in `.refused`."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE)
        page.refused = []

        def refuse(route):
            page.refused.append(route.request.url)
            route.abort()

        page.route(lambda url: not url.startswith((address, "data:", "blob:")), refuse)
        yield page
        browser.close()


def test_the_start_page_leads_to_every_chapter(page, address):
    page.goto(address)
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        assert barriers(page, "body") == []
    links = page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    notebooks = {chapter: f"{chapter}/{chapter}.ipynb" for chapter in exercises.chapters()}
    assert {authoring.chapter_link(notebook) for notebook in notebooks.values()} <= set(links)
    page.get_by_role("link", name="glossary").click()
    assert barriers(page, "body") == []
    page.goto(f"{address}/lab/index.html")
    page.wait_for_function("() => window.jupyterapp !== undefined")
    page.evaluate("() => jupyterapp.restored.then(() => null)")
    for notebook in notebooks.values():
        page.evaluate(OPEN, notebook)
        released = nbformat.read(ROOT / "course" / notebook, as_version=4)
        title = re.match("# (.*)", released.cells[0].source)[1]
        expect(page.locator(".jp-Notebook h1")).to_contain_text(title)
        assert page.evaluate(NUMBER_OF_CELLS) == len(released.cells)
        page.evaluate(CLOSE)
    assert page.refused == []
