"""A solved chapter as JupyterLab runs and shows it."""

import re
import shutil

import nbformat
import pytest
from playwright.sync_api import expect

from lossedu import authoring, plots
from tests.browser.chromium import barriers, take_picture
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


LINK = "[chapter 4](../04_binary_crossentropy/04_binary_crossentropy.ipynb#Log-odds)"
SLIDERS = """
import matplotlib.pyplot as plt
from lossedu import plots

def draw(a=1.0, b=1.0, c=1.0):
    figure, ax = plt.subplots()
    ax.plot([0, 1, 2], [a, b, c])
    return figure

scale = (0, 2, 0.5)
plots.explore(draw, alt="A line through three points.", a=scale, b=scale, c=scale)
"""
WARM_UP = 'from lossedu import warm_up\nwarm_up("05_categorical_crossentropy", 1)'


def test_figures_turn_dark_with_the_page_sliders_move_them_and_links_lead_to_other_chapters(tmp_path, serve, page):
    cells = [*map(nbformat.v4.new_code_cell, (SLIDERS, WARM_UP)), nbformat.v4.new_markdown_cell(LINK)]
    trial = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": authoring.KERNEL})
    here, there = (tmp_path / name for name in ("05_categorical_crossentropy", "04_binary_crossentropy"))
    here.mkdir()
    shutil.copytree(REPOSITORY / "course" / there.name, there)
    nbformat.write(trial, here / "trial.ipynb")
    with serve(tmp_path) as address:
        page.goto(f"{address}/lab/tree/{here.name}/trial.ipynb")
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        figure, slider = page.get_by_role("img", name="A line through three points."), page.locator(".noUi-handle")
        expect(slider).to_have_count(3)
        for theme, look in [("dark", "invert(1) hue-rotate(180deg)"), ("light", "none")]:
            page.emulate_media(color_scheme=theme)
            expect(figure).to_have_css("filter", look)
        assert plots.ON_DARK_PAGES.split("filter: ")[1].startswith("invert(1) hue-rotate(180deg)")
        picture, last = figure.bounding_box(), slider.last.bounding_box()
        assert 0 < last["y"] + last["height"] - picture["y"] < 700  # below the picture, on one screen
        slider.first.press("ArrowRight")
        expect(page.get_by_role("img", name="a = 1.5, b = 1, c = 1")).to_be_visible()
        heading = page.get_by_role("heading", name="Log-odds")
        page.get_by_role("link", name="Log-odds").click()  # opens the other notebook
        expect(heading).to_be_attached()
        page.get_by_role("tab", name="trial.ipynb").click()
        expect(heading).not_to_be_in_viewport()
        page.get_by_role("link", name="chapter 4").click()  # goes to the section of the notebook that is open
        expect(heading).to_be_in_viewport(timeout=30_000)


NO_HALF = """
from lossedu import check
import numpy as np

def huber(y_true, y_pred, delta=1.0):
    e = np.abs(y_pred - y_true)
    return np.mean(np.where(e <= delta, e**2, delta * (e - delta / 2)), axis=-1)

check(huber)
"""
CONTRAST = """svg => {
    const rgb = colour => (colour.match(/[\\d.]+/g) || []).slice(0, 4).map(Number);
    const light = colour => { const [r, g, b] = rgb(colour); return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255; };
    let behind = svg;
    while (rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const paper = light(getComputedStyle(behind).backgroundColor);
    const seen = [...svg.querySelectorAll("path, text")].map(part => {
        const style = getComputedStyle(part);
        return Math.abs(light(part.tagName === "text" ? style.fill : style.stroke) - paper);
    });
    return {smallest: Math.min(...seen), parts: seen.length, paper};
}"""


def test_a_failed_check_draws_both_curves_with_words_for_them_in_light_and_dark(serve, page, tmp_path):
    cell = nbformat.v4.new_code_cell(NO_HALF.strip())
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), tmp_path / "curve.ipynb")
    with serve(tmp_path) as address:
        page.goto(f"{address}/lab/tree/curve.ipynb")
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        verdict = page.get_by_role("status").filter(has_text="points")
        expect(verdict).to_contain_text("you square the small errors without halving them")
        picture = verdict.locator('svg[role="img"]')
        expect(picture).to_have_count(1)
        expect(picture).to_have_accessible_name(re.compile("expected.*yours", re.S))
        expect(picture).to_contain_text("y_pred - y_true")
        paper = {}
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "light").lower())
            picture.scroll_into_view_if_needed()
            expect(picture).to_be_in_viewport(ratio=1)
            seen = picture.evaluate(CONTRAST)
            assert seen["parts"] >= 5
            assert seen["smallest"] > 0.2, f"a line or word cannot be told from the page: {theme}"
            assert barriers(page, '[role="status"]') == []
            paper[theme] = seen["paper"]
            take_picture(page, f"curve-{theme}")
        assert paper["dark"] < 0.5 < paper["light"]
