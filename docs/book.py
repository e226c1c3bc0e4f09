"""A Sphinx extension: gathers the pages that have their text elsewhere, before the book is read.

Chapters come from `solutions/`, the start page and the glossary from `course/`, and a page per loss from its docstring
and its declaration.
The pages lie in `docs/course/` and `docs/losses/`, which git ignores, in the layout of the course, so that the links
between them hold.
"""

import os
import re
from pathlib import Path

import landing
import nbformat
from loss_pages import classes_page, lead_to_pages, loss_page, losses_page

from lossedu import authoring, exercises
from lossedu.authoring import chapter_link
from lossedu.learners import START_PAGE
from lossedu.losses.declaration import DECLARATIONS

# the address of the site that `make site` builds; chapters link to it if the environment names it
SITE = os.environ.get("SITE_ADDRESS")
# the repository on GitHub, as its workflows name it; other services open the course from there
REPOSITORY = os.environ.get("GITHUB_REPOSITORY")
SERVICES = {
    "Colab": "https://colab.research.google.com/github/{repository}/blob/main/course/{chapter}/{chapter}.ipynb",
    "Binder": "https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/course/{chapter}/{chapter}.ipynb",
}
DOCS = Path(__file__).parent
ROOT = DOCS.parent
OF_NOTEBOOKS = re.compile(r"\n\n[^\n]*`YOUR CODE HERE`(?:[^\n]|\n(?!\n))*")  # a paragraph that only notebooks need
SOLUTION_MARKS = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)


def setup(app):
    """Called by Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")  # whose event is used below
    app.connect("config-inited", gather)
    app.connect("source-read", name_the_repository)
    app.connect("autodoc-process-docstring", lead_to_pages)
    return {"parallel_read_safe": True}


def gather(app, config):
    """Write all pages; those that stay the same are left alone, so that Sphinx need not read them again."""
    start_page = (ROOT / "course" / START_PAGE).read_text(encoding="utf-8")
    facts = {each.name: each for each in landing.chapters(start_page)}
    for text in sorted((ROOT / "solutions").glob("*/*.md")):
        notebook = book_notebook(text.read_text(encoding="utf-8"), text.stem, facts[text.stem], config.language)
        write(DOCS / "course" / text.stem / f"{text.stem}.ipynb", nbformat.writes(notebook))
    for page in (ROOT / "course").glob("*.md"):
        write(DOCS / "course" / page.name, page.read_text(encoding="utf-8"))
    for name, text in landing.pieces(start_page).items():
        write(DOCS / "landing" / name, text)
    landing.draw_card(DOCS / "landing" / "card.png")
    write(DOCS / "losses" / "index.rst", losses_page())
    write(DOCS / "api" / "losses.rst", classes_page())
    for name in DECLARATIONS:
        write(DOCS / "losses" / f"{name}.rst", loss_page(name))


def name_the_repository(app, page, source):
    """Put the repository into the links of the learners' guide, if it is known."""
    if REPOSITORY and page == "learners":
        asked = " Replace `OWNER/REPOSITORY` by your repository, and `main` by your branch."
        source[0] = source[0].replace(asked, "").replace("OWNER/REPOSITORY", REPOSITORY)


def write(path, text):
    """Write a file, unless it holds that text already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# --- Chapters -------------------------------------------------------------------------------------------------------


def book_notebook(text, chapter, facts, language="en"):
    """The notebook of a chapter as a page: solutions are folded, and what learners find stands before each.

    Args:
        text: the source of the chapter.
        chapter: its name.
        facts: what the start page says of it.
        language: the language of the book.
    """
    show, hide = {"zh_CN": ("显示代码", "隐藏代码")}.get(language, ("Show the code", "Hide the code"))
    notebook = authoring.chapter_notebook(text, chapter)
    notebook.cells[0].source = OF_NOTEBOOKS.sub("", notebook.cells[0].source)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(head_of(chapter, facts, language), id="head"))
    cells = []
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exercise = exercises.get(cell.metadata["nbgrader"]["grade_id"])
            asked = nbformat.v4.new_markdown_cell(f"```python\n{task_of(exercise)}\n```", id=f"asked-{exercise.name}")
            cells.append(asked)
            cell.source = SOLUTION_MARKS.sub("", cell.source).rstrip()
            cell.metadata["tags"] = ["hide-input"]  # the prompts for these are in conf.py
        elif cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"] = ["hide-input"]
            cell.metadata["mystnb"] = {"code_prompt_show": show, "code_prompt_hide": hide}
        cells.append(cell)
    notebook.cells = cells
    return notebook


def head_of(chapter, facts, language):
    """Return the line below the title of a chapter: its time, what it builds on, its losses, and where to open it."""
    zh = language == "zh_CN"
    parts = [f"{facts.minutes} 分钟" if zh else f"{facts.minutes} minutes"]
    if facts.after:
        before = "先读第 {} 章" if zh else f"after chapter{'s' if ',' in facts.after else ''} {{}}"
        parts.append(before.format(facts.after))
    found = [(declared.title, name) for name, declared in DECLARATIONS.items() if declared.chapter == chapter]
    if found:
        pages = ", ".join(f"{{doc}}`{title} </losses/{name}>`" for title, name in sorted(found))
        parts.append(("损失函数：" if zh else "losses: ") + pages)
    if SITE:
        words = "在浏览器中打开" if zh else "Open in the browser"
        parts.append(f"[{words}]({SITE}{chapter_link(f'{chapter}/{chapter}.ipynb')})")
    if REPOSITORY:
        for service, address in SERVICES.items():
            parts.append(f"[{service}]({address.format(repository=REPOSITORY, chapter=chapter)})")
    return " · ".join(parts)


def task_of(exercise):
    """What learners complete."""
    is_function = isinstance(exercise, exercises.FunctionExercise)
    return f"{exercise.stub_source()}\n    # YOUR CODE HERE" if is_function else exercise.stub_source()
