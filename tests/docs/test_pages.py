"""The book in headless Chromium: it needs no network, shows its formulas, and those who cannot see can read it."""

from pathlib import Path
from urllib.parse import quote

import axe_playwright_python
import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, PATIENCE, refuse_others, served

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


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=["light", "dark"])
def browser(request, chromium, address):
    """A window for which there is nothing but the book; what it asks of others is in `.refused`."""
    context = chromium.new_context(color_scheme=request.param)
    refuse_others(context, address, "data:")
    yield context
    context.close()


@pytest.mark.parametrize("path", KINDS)
def test_a_page_is_complete_without_network_and_accessible(browser, address, path):
    page = browser.new_page()
    try:
        page.goto(f"{address}/{path}", wait_until="networkidle")
        assert browser.refused == []
        assert (page.locator("mjx-container").count() > 0) == KINDS[path]
        assert page.locator("mjx-merror").count() == 0
        icons = (
            "[...document.querySelectorAll('i[class*=fa-]')].map(each => getComputedStyle(each, '::before').content)"
        )
        assert "none" not in page.evaluate(icons)
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


@pytest.fixture(scope="module")
def reader(chromium):
    """A page in a window of the width of a telephone, which keeps nothing of what it has fetched."""
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.set_default_timeout(PATIENCE)
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield page
    page.close()


# code, not what it prints, of which a part is out of sight
CUT_CODE = """[...document.querySelectorAll("article pre")].filter(
    each => !each.closest(".cell_output, .highlight-text") && each.scrollWidth > each.clientWidth + 1).length"""


def test_no_page_scrolls_sideways_cuts_code_or_is_heavy(reader, book, address):
    weights, wide, cut, heavy = [], [], [], []

    def weigh(request):
        weights.append(request.sizes()["responseBodySize"])

    reader.on("requestfinished", weigh)
    for path in sorted(book.rglob("*.html")):
        name = path.relative_to(book).as_posix()
        if name.startswith("_static/"):
            continue
        reader.goto("about:blank")
        weights.clear()
        reader.goto(f"{address}/{name}", wait_until="networkidle")
        if reader.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
        most = 1_200_000 if reader.locator("mjx-container").count() else 600_000
        if sum(weights) > most:
            heavy.append((name, sum(weights)))
        if blocks := reader.evaluate(CUT_CODE):
            cut.append((name, blocks))
    reader.remove_listener("requestfinished", weigh)
    assert (wide, cut, heavy) == ([], [], [])


SEARCHES = {  # what people type, and the page that they look for
    "mse": "losses/mean_squared_error",
    "mean squared error": "losses/mean_squared_error",
    "mae": "losses/mean_absolute_error",
    "smooth l1": "losses/huber",
    "SmoothL1Loss": "losses/huber",
    "pinball": "losses/quantile",
    "BCEWithLogitsLoss": "losses/sigmoid_cross_entropy_with_logits",
    "log loss": "losses/log_loss",
    "binary cross-entropy": "losses/binary_crossentropy",
    "softmax_cross_entropy_with_logits": "losses/softmax_cross_entropy_with_logits",
    "categorical_crossentropy": "losses/categorical_crossentropy",
    "kullback_leibler_divergence": "losses/kl_divergence",
    "kl divergence": "losses/kl_divergence",
    "hinge": "losses/hinge",
    "svm": "losses/hinge",
    "focal loss": "losses/binary_focal_crossentropy",
    "dice": "losses/dice",
    "triplet": "losses/triplet",
    "cosine similarity": "losses/cosine_similarity",
    "ctc": "losses/ctc",
    "label smoothing": "course/09_label_smoothing",
    "class imbalance": "course/14_imbalance",
    "reduction": "course/10_reduction",
    "glossary": "course/GLOSSARY",
}


def found_by(reader, address, words):
    """The pages that the search of a book finds, the best first."""
    reader.goto(f"{address}/search.html?q={quote(words)}", wait_until="networkidle")
    reader.wait_for_function("document.querySelector('.search-summary')?.textContent")
    links = reader.locator("#search-results li a").all()
    return list(dict.fromkeys(link.get_attribute("href").partition("#")[0] for link in links[:12]))


def test_the_search_shows_the_right_page_among_the_first_three(reader, address):
    shown = {words: found_by(reader, address, words)[:3] for words in SEARCHES}
    missed = {words: found for words, found in shown.items() if not any(SEARCHES[words] in each for each in found)}
    assert missed == {}


def test_the_chinese_search_finds_words_in_the_middle_of_a_sentence(reader, chinese_book):
    with served(chinese_book) as address:
        for words in ("散度", "交叉熵"):
            assert "course/07_kl_divergence/07_kl_divergence.html" in found_by(reader, address, words)


def test_the_outlier_moves_the_mean_and_not_the_median(reader, address):
    reader.goto(f"{address}/index.html", wait_until="networkidle")
    best = reader.locator(".outlier-plot .best")
    before = [float(best.nth(row).get_attribute("cx")) for row in range(3)]
    slider = reader.get_by_label("Move the outlier")
    for _ in range(8):
        slider.press("ArrowRight")
    squared, huber, absolute = (float(best.nth(row).get_attribute("cx")) - before[row] for row in range(3))
    assert squared > 5
    assert abs(huber) < 1 > abs(absolute)  # in both, an outlier that is far off pulls alike from everywhere

    box = reader.locator(".outlier-plot .outlier").bounding_box()
    reader.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reader.mouse.down()
    reader.mouse.move(box["x"] - 60, box["y"], steps=4)
    reader.mouse.up()
    assert float(best.nth(0).get_attribute("cx")) < before[0] + squared


def test_paper_shows_what_is_folded_black_on_white(reader, address):
    reader.goto(f"{address}/course/07_kl_divergence/07_kl_divergence.html", wait_until="networkidle")
    state = "[document.querySelectorAll('main details:not([open])').length, document.documentElement.dataset.theme]"
    folded, theme = reader.evaluate(state)
    assert (folded > 0, theme) == (True, "dark")
    reader.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert reader.evaluate(state) == [0, "light"]
    reader.emulate_media(media="print")
    cut = "[...document.querySelectorAll('main pre')].filter(each => each.scrollWidth > each.clientWidth + 1).length"
    assert reader.evaluate(cut) == 0
    reader.emulate_media(media="screen")
    reader.evaluate("dispatchEvent(new Event('afterprint'))")
    assert reader.evaluate(state) == [folded, theme]
