"""A learner's own copy in a real JupyterLab: an answer, and the same exercise again."""

import pytest
from playwright.sync_api import expect

from lossedu.learners import lay_out, standings
from tests.browser.desk import Desk
from tests.samples.submissions import ALL_RIGHT, CHAPTER

pytestmark = pytest.mark.browser


def test_an_exercise_that_was_answered_can_be_started_again(tmp_path, serve, page):
    lay_out(tmp_path)
    with serve(tmp_path) as address:
        page.goto(f"{address}/lab/tree/{CHAPTER}/{CHAPTER}.ipynb")
        desk = Desk(page, tmp_path / CHAPTER / f"{CHAPTER}.ipynb")
        desk.go_to(1)
        desk.press("Shift+Enter")
        expect(desk.answer("wasted_bits", ALL_RIGHT)).to_contain_text("wasted_bits: 1 of 1 points")
        assert standings(tmp_path)["wasted_bits"].passed

        desk.press("Control+s")
        expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
        last = len(desk.names) - 1
        desk.write(last, "!python -m lossedu restart wasted_bits")
        desk.press("Control+Enter")
        expect(desk.cells.nth(last)).to_contain_text("your answer is kept in")
        page.reload()
        expect(desk.cells.nth(desk.names.index("wasted_bits"))).to_contain_text("YOUR CODE HERE")

    assert not standings(tmp_path)["wasted_bits"].passed
    kept = tmp_path / CHAPTER / "earlier_answers" / "wasted_bits_1.py"
    assert kept.read_text().endswith(ALL_RIGHT["wasted_bits"] + "\n")
