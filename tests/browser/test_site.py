"""The course in the browser: the real site, with a real Pyodide in headless Chromium, and no network but the site."""

import json
import os
import re

import nbformat
import pytest
from playwright.sync_api import expect, sync_playwright

from lossedu import authoring, exercises
from lossedu.authoring.site import build_site
from lossedu.checking import verdict
from lossedu.grading.single import grade_file
from tests.browser.chromium import CHROMIUM, FLAGS, PATIENCE, SIZE, barriers, refuse_others, served
from tests.browser.conftest import SETTINGS
from tests.browser.desk import Desk
from tests.browser.pyodide import NotHereError, fetch_pyodide
from tests.conftest import ROOT
from tests.samples.submissions import ALL_RIGHT, CHAPTER, SWAPPED_ARGUMENTS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

NOTEBOOK = f"{CHAPTER}/{CHAPTER}.ipynb"
SOLVED = {CHAPTER, "18_clinic"} if "SITE_CHAPTERS" not in os.environ else exercises.chapters()
PYODIDE_KERNEL = "Python (Pyodide)"
MOST_TABS = 40  # from the list of files, which has the focus first, to the notebook
# they return nothing: what these commands return is too large for a test
OPEN = """async path => {
    await jupyterapp.commands.execute("docmanager:open", {path, kernelPreference: {shouldStart: false}});
}"""
NUMBER_OF_CELLS = """path => [...jupyterapp.shell.widgets("main")].find(
    widget => path.endsWith(`/${widget.title.label}`))?.content?.model?.cells?.length"""
CLOSE = "() => [...jupyterapp.shell.widgets('main')].forEach(widget => widget.dispose())"  # without a question

# the text and the outputs of an open chapter; JupyterLab 4.4 gives its own editors and buttons around them no names
OURS = ".jp-RenderedMarkdown, .jp-OutputArea"
THEME = "async theme => { await jupyterapp.commands.execute('apputils:change-theme', {theme}); }"
READ = """path => jupyterapp.serviceManager.contents.get(path, {content: true, type: "file", format: "text"}).then(
    file => file.content)"""
# run code in the kernel of the open notebook, and return its text and its error
RUN = """async code => {
    const running = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
    let text = "", error = "";
    running.onIOPub = ({header, content}) => {
        if (header.msg_type === "stream" && content.name === "stdout") text += content.text;
        if (header.msg_type === "error") error = `${content.ename}: ${content.evalue}`;
    };
    await running.done;
    return {text, error};
}"""
# The service worker, through which Python reaches the learner's files, comes late, as on a slow computer.
LATE = """
const workers = navigator.serviceWorker;
for (const name of ["register", "getRegistration"]) {
    const asked = workers[name].bind(workers);
    workers[name] = async (...more) => {
        await new Promise(resolve => setTimeout(resolve, 3000));
        return asked(...more);
    };
}
"""
SLIDER = """
import matplotlib.pyplot as plt
from lossedu import plots

def draw(height=1.0):
    figure, ax = plt.subplots()
    ax.plot([0, 1], [0, height])
    return figure

plots.explore(draw, alt="A line.", height=(0, 2, 0.5))
"""
VERDICTS = """
import json
from lossedu import exercises
from lossedu.checking import verdict
print(json.dumps([
    verdict(exercise.name, known.answer).as_dict()
    for exercise in exercises.of_chapter({chapter!r})
    for known in exercise.misconceptions[:2]
]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site."""
    try:
        pyodide = fetch_pyodide()
    except NotHereError as reason:
        pytest.skip(f"Pyodide cannot be downloaded: {reason}")
    site = build_site(tmp_path_factory.mktemp("site") / "site", pyodide)
    open_to_tests(site)
    return site


def open_to_tests(site):
    """Let scripts call JupyterLab's commands, and keep all cells in the page."""
    file = site / "jupyter-lite.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    configuration = found["jupyter-config-data"]
    configuration["exposeAppInBrowser"] = True
    for name, setting in SETTINGS.items():
        if "adaptive-theme" in setting:
            continue  # JupyterLab 4.4 follows the system when it starts, and never after that
        of_plugin = configuration["settingsOverrides"].setdefault(f"@jupyterlab/{name.replace('/', ':')}", {})
        of_plugin |= setting
    file.write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served, as any web server would."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def page(address):
    """A window that reaches nothing but the site; what the page asks of others is in `.refused`."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE)
        refuse_others(page, address, "data:", "blob:")
        page.add_init_script(LATE)
        yield page
        browser.close()


def go_to_chapter(page, address, chapter):
    """Open a chapter by its address, and wait until its cells are there."""
    page.goto(f"{address}/lab/index.html?path={chapter}/{chapter}.ipynb")
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.content?.model?.cells?.length > 5")


def solved_code(chapter):
    """List the code of the cells of a solved chapter."""
    text = (ROOT / "solutions" / chapter / f"{chapter}.md").read_text(encoding="utf-8")
    return [cell.source for cell in authoring.chapter_notebook(text, chapter).cells if cell.cell_type == "code"]


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
        expect(page.locator(".jp-Notebook h1").filter(has_text=title)).to_be_visible()
        assert page.evaluate(NUMBER_OF_CELLS, notebook) == len(released.cells)  # another one may still be the current
        page.evaluate(CLOSE)
    assert page.refused == []


@pytest.fixture(scope="module")
def desk(page, address):
    """A chapter that a learner came to from the start page, with one right and one wrong answer, done by keyboard."""
    page.goto(address)
    page.get_by_role("link", name="7 · The Kullback-Leibler divergence").click()
    expect(page.get_by_text(f"{PYODIDE_KERNEL} | Idle")).to_be_visible()  # what comes before it may take the focus
    for _ in range(MOST_TABS):
        if page.locator(".jp-Notebook:focus-within").count():
            break
        page.keyboard.press("Tab")
    desk = Desk(page, ROOT / "course" / NOTEBOOK, kernel=PYODIDE_KERNEL)
    desk.go_to(0)
    desk.press("Shift+Enter", "Shift+Enter")
    expect(desk.answer("wasted_bits", ALL_RIGHT)).to_contain_text("wasted_bits: 1 of 1 points")
    return desk


def test_a_check_in_the_browser_says_what_is_wrong(desk, page):
    wrong = desk.answer("kl_divergence", SWAPPED_ARGUMENTS)
    expect(wrong).to_contain_text("kl_divergence: 1 of 4 points")
    expect(wrong).to_contain_text("Arguments swapped: you computed KL(y_pred || y_true).")
    expect(wrong).to_contain_text(re.compile(r"expected 0\.5108\s+yours    0\.3681"))
    for theme in ("Dark", "Light"):
        page.evaluate(THEME, f"JupyterLab {theme}")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
        assert barriers(page, OURS) == []
    assert page.refused == []


def test_wrong_answers_get_the_verdicts_of_the_desktop(desk, page):
    done = page.evaluate(RUN, VERDICTS.format(chapter=CHAPTER))
    assert done["error"] == ""
    here = [
        verdict(exercise.name, known.answer).as_dict()
        for exercise in exercises.of_chapter(CHAPTER)
        for known in exercise.misconceptions[:2]
    ]
    assert len(here) > 20
    assert json.loads(done["text"]) == json.loads(json.dumps(here))


def test_a_slider_draws_the_picture_anew(desk, page):
    desk.come_back()  # the themes have changed
    desk.write(3, SLIDER)  # in place of the warm-up, which no other cell needs
    desk.press("Shift+Enter")
    expect(page.get_by_role("img", name="height = 1")).to_be_visible()
    track = page.locator(".noUi-base").bounding_box()
    page.mouse.click(track["x"] + track["width"] - 2, track["y"] + track["height"] / 2)  # its right end
    expect(page.get_by_role("img", name="height = 2")).to_be_visible()
    assert page.refused == []


def test_a_cell_that_never_ends_is_ended_by_a_restart(desk, page):
    place = desk.names.index("poisson")
    desk.come_back()  # the mouse has been on a slider
    desk.write(place, "while True:\n    pass")
    desk.press("Shift+Enter")
    expect(page.get_by_text(f"{PYODIDE_KERNEL} | Busy")).to_be_visible()
    desk.press("Escape", "0", "0")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.get_by_text(f"{PYODIDE_KERNEL} | Idle")).to_be_visible()
    expect(desk.cells.nth(place)).to_contain_text("while True:")
    assert page.evaluate(RUN, "print(1 + 1)") == {"text": "2\n", "error": ""}


def test_work_survives_a_reload_and_a_download_is_graded_as_any_notebook(desk, page, address, one_server, tmp_path):
    page.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save'); }")
    go_to_chapter(page, address, CHAPTER)
    notes = [json.loads(line) for line in page.evaluate(READ, ".lossedu/progress.txt").splitlines() if line]
    points = {note["exercise"]: note["points"] for note in notes}
    assert (points["wasted_bits"], points["kl_divergence"]) == (1, 1)
    with page.expect_download() as started:
        page.evaluate("() => { jupyterapp.commands.execute('docmanager:download') }")
    handed_in = tmp_path / f"{CHAPTER}.ipynb"
    started.value.save_as(handed_in)
    graded = {each.exercise: each for each in grade_file(handed_in).result.exercises}
    assert (graded["wasted_bits"].points, graded["kl_divergence"].points) == (1, 1)
    assert graded["kl_divergence"].diagnosis == "arguments swapped"


@pytest.mark.parametrize("chapter", sorted(SOLVED))
def test_a_solved_chapter_runs_to_its_end(page, address, chapter):
    go_to_chapter(page, address, chapter)
    page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.ready; }")
    errors = {}
    for code in solved_code(chapter):
        if error := page.evaluate(RUN, code)["error"]:
            errors[code] = error
    assert errors == {}
    assert page.refused == []
