"""The book in headless Chromium: it needs no network, shows its formulas, and those who cannot see can read it."""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, served

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")]

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
KINDS = {  # one page of each kind, and whether it has formulas
    "index.html": False,
    "course/README.html": False,
    "course/GLOSSARY.html": False,
    "course/07_kl_divergence/07_kl_divergence.html": True,
    "course/13_compile_and_fit/13_compile_and_fit.html": True,
    "losses/index.html": False,
    "losses/huber.html": True,
    "api/training.html": True,
    "contributors.html": False,
    "search.html": False,
}


@pytest.fixture(scope="module")
def address(book):
    """Where the book is served."""
    with served(book) as address:
        yield address


@pytest.fixture(scope="module", params=["light", "dark"])
def browser(request, address):
    """A browser for which there is nothing but the book; what it asks of others is in `.refused`."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = chromium.new_context(color_scheme=request.param)
        context.refused = []

        def only_the_book(route):
            if route.request.url.startswith((address, "data:")):
                route.continue_()
            else:
                context.refused.append(route.request.url)
                route.abort()

        context.route("**/*", only_the_book)
        yield context
        chromium.close()


@pytest.mark.parametrize("path", KINDS)
def test_a_page_is_complete_without_network_and_accessible(browser, address, path):
    page = browser.new_page()
    try:
        page.goto(f"{address}/{path}", wait_until="networkidle")
        assert browser.refused == []
        assert (page.locator("mjx-container").count() > 0) == KINDS[path]
        assert page.locator("mjx-merror").count() == 0
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        grave = [
            (each["id"], each["impact"], [node["target"] for node in each["nodes"]][:5])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert grave == []
    finally:
        page.close()


def test_the_search_finds_a_term(browser, address):
    page = browser.new_page()
    try:
        page.goto(f"{address}/search.html?q=entropy", wait_until="networkidle")
        page.wait_for_selector("#search-results li a")
        assert "07_kl_divergence" in " ".join(
            link.get_attribute("href") for link in page.locator("#search-results li a").all()
        )
    finally:
        page.close()
