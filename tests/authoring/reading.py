"""The chapters as tests read them: their text, cut at its headings, and what their cells print."""

import contextlib
import functools
import io
import re
from pathlib import Path

import pytest
from nbgrader.utils import is_grade

import lossedu.checking
import lossedu.plots
from lossedu import authoring

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(text.stem for text in (ROOT / "solutions").glob("*/*.md"))
BY_NUMBER = {int(chapter[:2]): chapter for chapter in CHAPTERS}


@functools.cache
def text_of(chapter):
    """The text that its author wrote."""
    return (ROOT / "solutions" / chapter / f"{chapter}.md").read_text(encoding="utf-8")


@functools.cache
def sections_of(chapter):
    """The cells of the solved chapter under each of its headings, also under its title."""
    sections = {}
    for cell in authoring.chapter_notebook(text_of(chapter), chapter).cells:
        if cell.cell_type == "markdown":
            # a heading opens a cell, or follows in it, and what stands before it belongs to the section before
            for part in re.split(r"^(?=##? )", cell.source, flags=re.MULTILINE):
                heading = re.match(r"##? (.+)", part)
                if heading:
                    sections[heading[1]] = []
                if part:
                    sections[heading[1] if heading else list(sections)[-1]].append(part)
        else:
            sections[list(sections)[-1]].append(cell)
    return sections


def words_of(section):
    """The text and the code of a section, in one line."""
    return " ".join(" ".join(part if isinstance(part, str) else part.source for part in section).split())


def prose_of(chapter):
    """The text of a chapter without its code."""
    return "\n\n".join(part for section in sections_of(chapter).values() for part in section if isinstance(part, str))


@functools.cache
def printed_by(chapter):
    """What each section prints when it is run in this process, solved, without checks, figures and TensorFlow."""
    namespace, printed = {"display": print}, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lossedu.plots, "show", lambda figure, alt: lossedu.plots.plt.close(figure))
        patch.setattr(lossedu.plots, "explore", lambda draw, alt, **sliders: None)
        patch.setattr(lossedu.checking, "compare_with_keras", lambda function: None)
        patch.setattr(lossedu.checking, "load_keras", lambda: None)
        for heading, section in sections_of(chapter).items():
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                for cell in section:
                    if not isinstance(cell, str) and not is_grade(cell):
                        exec(cell.source, namespace)  # noqa: S102  our own text
            printed[heading] = stream.getvalue()
    return printed
