"""A solved chapter as JupyterLab runs and shows it."""

import shutil

import pytest
from playwright.sync_api import expect

from lossedu import authoring
from tests.samples.demo import REPOSITORY
from tests.samples.submissions import CHAPTER

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    """The folder of the chapter, built with its solutions."""
    folder = tmp_path_factory.mktemp("solved")
    shutil.copy(REPOSITORY / "solutions" / CHAPTER / f"{CHAPTER}.md", folder)
    authoring.build(folder / f"{CHAPTER}.md")
    return folder


def test_a_solved_chapter_runs_as_a_whole_all_right_and_with_its_plots(chapter, serve, page):
    with serve(chapter) as address:
        page.goto(f"{address}/lab/tree/{CHAPTER}.ipynb")
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        expect(page.get_by_text(f"{CHAPTER}: 15 of 15 exercises, 32 of 32 points")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="points")).to_have_count(15)
        expect(page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')).to_have_count(0)
        expect(page.locator(".jp-OutputArea-output img")).to_have_count(4)
