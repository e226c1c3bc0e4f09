"""A learner's own copy in a real JupyterLab: an answer, the progress it makes, and the same exercise again."""

import pytest

from lossedu.learners import lay_out, standings
from tests.browser.test_lab import CHAPTER, cell, opened, serving, wait_until_idle

pytestmark = pytest.mark.browser


def run(page, starts_with, text=None):
    """Run the cell that begins with these words, or run a text in its place."""
    cell(page, starts_with).locator(".cm-content").click()
    if text:
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
    page.keyboard.press("Shift+Enter")


def test_an_answer_makes_progress_and_can_be_started_again(tmp_path):
    lay_out(tmp_path)
    with serving(tmp_path) as lab, opened(f"{lab}/lab/tree/{CHAPTER}/{CHAPTER}.ipynb") as page:
        run(page, "import matplotlib")
        run(page, "wasted_bits = None", "wasted_bits = 0.25")
        run(page, "check(wasted_bits")
        cell(page, "check(wasted_bits").get_by_text("wasted_bits: 1 of 1 points").wait_for()

        run(page, "# what is done")
        shown = cell(page, "# what is done")
        shown.get_by_text("1 of 15 exercises, 1 of 32 points").wait_for()
        assert shown.get_by_role("row", name="wasted_bits done A question").count() == 1
        shown.get_by_text("Next: entropy_slope").wait_for()

        page.keyboard.press("Control+s")
        run(page, "# what is done", "!python -m lossedu restart wasted_bits")
        cell(page, "!python").get_by_text("your answer is kept in").wait_for()
        page.reload()
        wait_until_idle(page)
        cell(page, "wasted_bits = None").get_by_text("YOUR CODE HERE").wait_for()

    assert not standings(tmp_path)["wasted_bits"].passed
    assert (tmp_path / CHAPTER / "earlier_answers" / "wasted_bits_1.py").read_text() == "wasted_bits = 0.25\n"
