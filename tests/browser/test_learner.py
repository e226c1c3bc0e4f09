"""A learner's way through a chapter in a real JupyterLab, by the keyboard once it is open."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import barriers, take_picture
from tests.browser.desk import Desk
from tests.samples.submissions import ALL_RIGHT, CHAPTER, SWAPPED_ARGUMENTS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A learner's copy of the course."""
    folder = tmp_path_factory.mktemp("learner") / "my-course"
    lossedu("start", folder)
    return folder


def lossedu(*arguments):
    """What the `lossedu` command prints."""
    done = subprocess.run([sys.executable, "-m", "lossedu", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_a_learner_goes_from_the_start_page_through_a_chapter_by_keyboard(course, serve, page):
    with serve(course) as address:
        page.goto(f"{address}/lab/tree/README.md")
        page.get_by_role("link", name="7 · The Kullback-Leibler divergence").click()
        desk = Desk(page, course / CHAPTER / f"{CHAPTER}.ipynb")

        desk.go_to(0)
        desk.press("Shift+Enter", "Shift+Enter")
        expect(desk.answer("wasted_bits", ALL_RIGHT)).to_contain_text("wasted_bits: 1 of 1 points")

        desk.go_to(desk.names.index("entropy_slope") - 3)  # its symbols
        desk.press("Shift+Enter")
        expect(desk.answer("entropy_slope", ALL_RIGHT)).to_contain_text("entropy_slope: 1 of 1 points")

        verdict = desk.answer("kl_divergence", SWAPPED_ARGUMENTS)
        expect(verdict).to_contain_text("kl_divergence: 1 of 4 points")
        expect(verdict).to_contain_text("Arguments swapped: you computed KL(y_pred || y_true).")
        expect(verdict).to_contain_text(re.compile(r"expected 0\.5108\s+yours    0\.3681"))
        expect(verdict.get_by_role("row")).to_have_count(3)
        expect(verdict.get_by_role("link", name="The divergence")).to_have_attribute("href", "#The-divergence")
        expect(desk.cells.filter(has_text="Traceback")).to_have_count(0)
        expect(verdict).to_be_in_viewport(ratio=1)
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "light").lower())
            assert barriers(page, '[role="status"]') == []
            take_picture(page, f"diagnosis-{theme}")

        expect(desk.answer("kl_divergence", ALL_RIGHT)).to_contain_text("kl_divergence: 4 of 4 points")

        desk.go_to(len(desk.names) - 1)
        desk.press("Shift+Enter")
        progress = desk.cells.nth(len(desk.names) - 1).locator(".jp-OutputArea-output")
        expect(progress).to_contain_text(f"{CHAPTER}: 3 of 15 exercises, 6 of 32 points")
        expect(progress).to_be_in_viewport()
        progress.scroll_into_view_if_needed()
        take_picture(page, "progress")

        heading = page.get_by_role("heading", name="The divergence")
        expect(heading).not_to_be_in_viewport()
        progress.get_by_role("link", name="The divergence").first.click()
        expect(heading).to_be_in_viewport()

    assert f"{CHAPTER}: 3 of 15 exercises, 6 of 32 points" in lossedu("progress", course, "--chapter", CHAPTER)
