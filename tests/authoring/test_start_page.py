"""What leads through the course: its start page, its glossary, and the links between chapters."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest

from lossedu.checking._links import anchor_of
from tests.authoring.reading import BY_NUMBER, CHAPTERS, ROOT, prose_of, sections_of

COURSE = ROOT / "course"
README, GLOSSARY = (COURSE / name for name in ("README.md", "GLOSSARY.md"))
LINK = re.compile(r"\[([^][]+)\]\(([^()]+)\)")


def rows_of(page, columns):
    """The cells of the rows of a page's table, without its head."""
    rows = [line.strip("|").split("|") for line in page.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in row] for row in rows[2:] if len(row) == columns]


PATH = rows_of(README, columns=4)
TERMS = rows_of(GLOSSARY, columns=4)


def minutes_of(chapter):
    """The time that a chapter says it takes."""
    opening = " ".join(prose_of(chapter).split("\n## ")[0].split())
    return re.search(r"about (\d+) minutes", opening)[1]


def test_the_start_page_leads_to_every_chapter_by_its_title_in_its_order():
    titles = [prose_of(chapter).splitlines()[0].removeprefix("# ") for chapter in CHAPTERS]
    assert [row[0] for row in PATH] == [
        f"[{title}]({chapter}/{chapter}.ipynb)" for title, chapter in zip(titles, CHAPTERS, strict=True)
    ]


def test_times_on_the_start_page_are_those_that_the_chapters_tell():
    assert [row[1] for row in PATH] == [minutes_of(chapter) for chapter in CHAPTERS]
    hours = sum(int(row[1]) for row in PATH) / 60
    assert f"about {hours:.0f} hours" in " ".join(README.read_text(encoding="utf-8").split())


def test_a_chapter_comes_after_those_that_it_builds_on():
    for number, row in enumerate(PATH):
        assert all(int(before) < number for before in row[2].split(",") if before)


@pytest.mark.parametrize("page", [README, GLOSSARY], ids=lambda page: page.name)
def test_links_of_a_page_resolve(page):
    targets = [target for _, target in LINK.findall(page.read_text(encoding="utf-8"))]
    assert targets
    assert [target for target in targets if not (COURSE / target).is_file()] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_links_of_a_chapter_resolve_and_say_where_they_lead(chapter):
    folder = COURSE / chapter
    cells = nbformat.read(folder / f"{chapter}.ipynb", as_version=4).cells
    links = [link for cell in cells if cell.cell_type == "markdown" for link in LINK.findall(cell.source)]
    for words, target in links:
        notebook, _, section = target.partition("#")
        assert (folder / notebook).is_file()
        assert f"{int(target[3:5])}" in re.findall(r"\d+", words)
        assert not section or f"#{section}" in map(anchor_of, sections_of(Path(notebook).stem))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_headings_give_a_table_of_contents_and_an_address_to_each_section(chapter):
    headings = re.findall(r"^(#+) (.+)", prose_of(chapter), re.MULTILINE)
    assert [level for level, _ in headings] == ["#", *["##"] * (len(headings) - 1)]
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_that_is_mentioned_is_linked(chapter):
    assert re.findall(r"[Cc]hapters? \d+", LINK.sub("", prose_of(chapter))) == []


FOLLOWED = [pair for pair in itertools.pairwise(CHAPTERS) if int(pair[1][:2]) - int(pair[0][:2]) == 1]


@pytest.mark.parametrize(("chapter", "following"), FOLLOWED)
def test_a_chapter_ends_with_the_way_to_the_next(chapter, following):
    assert f"\nNext: [chapter {int(following[:2])}](../{following}/{following}.ipynb) " in prose_of(chapter)


def test_terms_of_the_glossary_are_in_order_and_in_both_languages():
    terms = [row[0].lower() for row in TERMS]
    assert terms == sorted(set(terms))
    assert [term for term, chinese, *_ in TERMS if not re.search("[\u4e00-\u9fff]", chinese)] == []
    assert [term for term, _, meaning, _ in TERMS if not meaning.endswith(".")] == []


def test_every_term_occurs_in_the_chapter_that_the_glossary_names():
    assert [(term, where) for term, _, _, where in TERMS if not occurs(term, where)] == []


def occurs(term, where):
    """Return whether the prose of a chapter, given as a link to it, holds a term of the glossary."""
    (number,) = re.fullmatch(r"\[(\d+)\]\(\S+\)", where).groups()
    plain = re.compile(rf"\b{re.escape(term)}", re.IGNORECASE)
    return plain.search(" ".join(prose_of(BY_NUMBER[int(number)]).replace("*", "").split()))
