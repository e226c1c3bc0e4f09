"""What the landing page shows besides its own text: two verdicts, two plots, and a card for each chapter."""

import re
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
import outlier
from docutils.nodes import make_id
from loss_plots import loss_along, plot
from matplotlib.figure import Figure

from lossedu.checking import bundle, verdict

CHAPTER = "course/07_kl_divergence/07_kl_divergence.html"  # of the verdicts
# a row of the table of chapters on the start page of the course
ROW = re.compile(
    r"^\| \[(?P<title>[^]]+)\]\((?P<name>\w+)/\w+\.ipynb\) "
    r"\| (?P<minutes>\d+) \|(?P<after>[^|]*)\| (?P<then>[^|]+) \|$",
    re.MULTILINE,
)


class ChapterFacts(NamedTuple):
    """What the start page says of a chapter."""

    title: str
    name: str
    minutes: str
    after: str
    then: str


def chapters(start_page):
    """Return the facts of all chapters, from the text of the start page."""
    return [ChapterFacts(*(each.strip() for each in row.groups())) for row in ROW.finditer(start_page)]


def swapped(y_true, y_pred):
    """Return the divergence in the wrong direction, as many write it first."""
    return clipped(y_pred, y_true)


def clipped(y_true, y_pred):
    """Return the divergence as the exercise asks for it."""
    p, q = np.clip(y_true, 1e-7, 1), np.clip(y_pred, 1e-7, 1)
    return (p * np.log(p / q)).sum(-1)


def verdicts():
    """Return what a check says to a wrong and to a right answer, as HTML whose links lead to the chapter."""
    shown = [bundle(verdict("kl_divergence", answer))["text/html"] for answer in (swapped, clipped)]
    return f'<div class="two-verdicts">{"".join(f"<div>{to_anchors(each, CHAPTER)}</div>" for each in shown)}</div>'


def to_anchors(html, page=""):
    """Return HTML whose verdicts lead to anchors of a page of the book: they name headings as JupyterLab does."""

    def anchored(link):
        return f'href="{page}#{make_id(unquote(link[1]))}" style="text-decoration: underline"'

    return re.sub(r'href="#([^"]+)" style="text-decoration: underline"', anchored, html)


def chapter_cards(start_page):
    """Return a grid with a card for each chapter, in MyST."""
    parts = ["::::{grid} 1 2 2 3", ":gutter: 2", ""]
    for each in chapters(start_page):
        parts += [
            f":::{{grid-item-card}} {each.title}",
            f":link: course/{each.name}/{each.name}",
            ":link-type: doc",
            "",
        ]
        parts += [f"{each.then[0].upper()}{each.then[1:]}. *{each.minutes} minutes*", ":::", ""]
    return "\n".join([*parts, "::::", ""])


def pieces(start_page):
    """Return the files that the landing page includes, by name."""
    return {
        "verdicts.html": verdicts(),
        "outlier.html": outlier.figure(),
        "plot.html": plot("huber"),
        "chapters.md": chapter_cards(start_page),
    }


def draw_card(path):
    """Draw the picture that others show beside a link to the book: a loss above its slope, and the title."""
    places, values, slopes = loss_along("huber")
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    figure.text(0.06, 0.6, "Loss functions,\nby hand", fontsize=52, fontweight="bold", va="center")
    figure.text(
        0.06, 0.28, "Derive a loss, write it in NumPy,\nand see at once if it is right.", fontsize=24, va="center"
    )
    for numbers, bottom, height, colour in ((values, 0.42, 0.48, "#176de8"), (slopes, 0.1, 0.26, "#b3261e")):
        axes = figure.add_axes((0.6, bottom, 0.34, height))
        axes.plot(places, numbers, linewidth=5, color=colour)
        axes.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
