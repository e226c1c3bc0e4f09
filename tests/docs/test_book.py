"""The book as it is built: every link leads somewhere, solutions are folded, and no hidden test is shown."""

import re
from collections import Counter
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from lossedu import exercises, losses
from tests.authoring.reading import CHAPTERS
from tests.conftest import ROOT
from tests.docs.conftest import ADDRESS, REPOSITORY

pytestmark = pytest.mark.slow


@cache
def page(path):
    """A page, as its elements."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def chapter_page(book, chapter):
    """The page of a chapter."""
    return page(book / "course" / chapter / f"{chapter}.html")


def test_every_link_inside_the_book_leads_to_a_page_and_a_place_on_it(book):
    broken, external = [], set()
    elsewhere = {*book.glob("_static/**/*.html"), book / "404.html"}  # parts of pages, and links from the address
    for path in set(book.rglob("*.html")) - elsewhere:
        for element in page(path).select("a[href], img[src], script[src], link[href]"):
            target = element.get("href") or element.get("src")
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                external.add(target)
                continue
            to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not to.is_file() or (anchor and to.suffix == ".html" and not page(to).find(id=anchor)):
                broken.append((path.relative_to(book).as_posix(), target))
    assert broken == []
    assert {urlsplit(target).scheme for target in external} <= {"https", "data"}  # looked at, not fetched


def test_a_chapter_opens_in_the_browser_and_at_other_services(book):
    name = "course/04_binary_crossentropy/04_binary_crossentropy"
    links = {link.get_text(): link["href"] for link in page(book / f"{name}.html").select("article a[href^=https]")}
    assert links["Open in the browser"].startswith(f"{ADDRESS}site/")
    assert links["Colab"] == f"https://colab.research.google.com/github/{REPOSITORY}/blob/main/{name}.ipynb"
    assert links["Binder"] == f"https://mybinder.org/v2/gh/{REPOSITORY}/main?urlpath=lab/tree/{name}.ipynb"
    assert (ROOT / f"{name}.ipynb").is_file()
    guide = page(book / "learners.html").find("article").get_text()
    assert REPOSITORY in guide
    assert "OWNER" not in guide


def test_search_engines_learn_the_address_the_languages_and_a_summary_of_a_page(book):
    head = page(book / "losses" / "huber.html").head
    assert head.find("link", rel="canonical")["href"] == f"{ADDRESS}losses/huber.html"
    assert {link["hreflang"]: link["href"] for link in head.find_all("link", hreflang=True)} == {
        "en": f"{ADDRESS}losses/huber.html",
        "zh": f"{ADDRESS}zh_CN/losses/huber.html",
    }
    assert "losses.huber" in head.find("meta", attrs={"name": "description"})["content"]
    assert head.find("meta", property="og:image")["content"] == f"{ADDRESS}card.png"
    with Image.open(book / "card.png") as card:
        assert card.size == (1200, 630)
    assert (book / "losses" / head.find("link", rel="icon")["href"]).resolve().is_file()
    listed = re.findall("<loc>(.*?)</loc>", (book / "sitemap.xml").read_text(encoding="utf-8"))
    assert f"{ADDRESS}losses/huber.html" in listed
    assert all((book / each.removeprefix(ADDRESS)).is_file() for each in listed)


def test_the_page_for_wrong_addresses_finds_its_files_from_every_folder(book):
    found = page(book / "404.html")
    for element in found.select('a[href^="/"], link[href^="/"], script[src^="/"]'):
        assert (book / urlsplit(element.get("href") or element["src"]).path.lstrip("/")).is_file()
    assert found.select("link[rel=stylesheet][href^='/_static/']")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_solution_is_folded_below_its_task(book, chapter):
    main = chapter_page(book, chapter).find("article")
    folded = Counter(block.find("summary").get_text(" ", strip=True) for block in main.select("details"))
    declared = exercises.of_chapter(chapter)
    assert folded.pop("Show the solution Hide the solution") == len(declared)
    assert folded.pop("Show the code Hide the code") > 0
    assert folded.keys() <= {"After your answer"}
    for fold in main.select("details"):
        fold.extract()
    shown = main.get_text()
    assert "SOLUTION" not in shown
    for exercise in declared:
        assert exercise.stub_source().splitlines()[0] in shown


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_check_shows_full_points_and_no_error(book, chapter):
    article = chapter_page(book, chapter).find("article")
    assert article.select(".output.stderr, .output.traceback") == []
    shown = article.get_text()
    for exercise in exercises.of_chapter(chapter):
        assert f"{exercise.name}: {exercise.points:g} of {exercise.points:g} points" in shown


def test_chapter_7_is_chinese_in_the_chinese_book_prose_and_verdicts(chinese_book):
    article = chapter_page(chinese_book, "07_kl_divergence").find("article")
    assert article.find("h1").get_text().startswith("7 · KL 散度")
    shown = article.get_text()
    assert "相信一个错误的分布，要付出多大代价？" in shown
    assert "kl_divergence：4 分，满分 4 分" in shown
    assert not re.search("Gibbs|cross-entropy|points", " ".join(each.get_text() for each in article.find_all("p")))


def test_each_loss_has_a_page_with_formula_plot_and_names(book):
    for name in losses.__all__:
        if hasattr(getattr(losses, name), "gradient_of") and name != "reduce_loss":
            text = page(book / "losses" / f"{name}.html")
            formulas = 2 if hasattr(getattr(losses, name), "gradient") and name != "circle" else 1
            assert len(text.select("div.math")) == formulas, name
            assert text.select_one(".loss-plot title").get_text().startswith(name)
            assert f"losses.{name}" in text.select("table")[-1].get_text()
            assert text.select_one(".sd-tab-set label").get_text(strip=True) == "lossedu"


def test_the_landing_page_leads_to_chapters_and_losses_and_shows_two_verdicts(book):
    text = page(book / "index.html")
    links = {link.get("href") for link in text.select("article a[href]")}
    assert {f"course/{chapter}/{chapter}.html" for chapter in CHAPTERS} <= links
    assert {"course/README.html", "try.html", "losses/index.html"} <= links
    verdicts = text.select_one(".two-verdicts").get_text()
    assert "Arguments swapped" in verdicts
    assert "4 of 4 points" in verdicts


def test_each_public_name_is_in_the_reference(book):
    from lossedu import checking, metrics, optimizers, training

    documented = {element["id"] for path in book.glob("api/*.html") for element in page(path).select("dt[id]")}
    documented |= {element["id"] for path in book.glob("losses/*.html") for element in page(path).select("dt[id]")}
    public = {
        f"{module.__name__}.{name}"
        for module in (checking, losses, metrics, optimizers, training)
        for name in module.__all__
        if name not in ("ALIASES", "MIME_TYPE", "schedules")
    }
    assert sorted(public - documented) == []
