"""A verdict as text for terminals, and as HTML for notebooks, light or dark."""

import functools
import re
import sys
import textwrap
import unicodedata
from html import escape

from lossedu.checking._drawing import draw
from lossedu.checking._links import link_to
from lossedu.exercises import get, is_known
from lossedu.language import say, speaking

# nbgrader's pages draw a grey box around preformatted text, those of nbconvert set it in letters of any width, and
# JupyterLab breaks it within words
BOX = "margin: 0; padding: 0; border: 0; background: none"
PLAIN = f"{BOX}; font-family: monospace; white-space: pre-wrap; word-break: normal"
ONE_LINE = "white-space: nowrap"
TOP_LEFT = "text-align: left; vertical-align: baseline; padding: 2px 12px 2px 0"
# each stands out from white and from the greys of dark themes, 3 : 1 at least; as plain colours, which JupyterLab also
# shows in a notebook that it does not trust. Text has the colour of the page, and the mark says it without any.
GREEN, RED, GREY = "#388e3c", "#e53935", "#808080"
COLOURS = {True: GREEN, False: RED, None: GREY}
MARKS = {True: "✓", False: "✗", None: "–"}
MIME_TYPE = "application/vnd.lossedu.verdict+json"


def in_its_language(render):
    """Let a function that renders a verdict speak the language of the verdict."""

    @functools.wraps(render)
    def rendered(verdict):
        with speaking(verdict.language):
            return render(verdict)

    return rendered


@in_its_language
def headline(verdict):
    """Return `kl_divergence: 1 of 4 points`, or `kl_divergence: not judged`."""
    if verdict.accident:
        return say("{exercise}: not judged", exercise=verdict.exercise)
    points, worth = f"{verdict.points:g}", f"{verdict.max_points:g}"
    return say("{exercise}: {points} of {worth} points", exercise=verdict.exercise, points=points, worth=worth)


@in_its_language
def as_text(verdict):
    """The verdict for a terminal: a headline, then each aspect with its message beside it."""
    names = [say(aspect.name) for aspect in verdict.aspects]
    width = max(map(columns, names)) + 4
    rows = [
        f"  {name}{' ' * (width - 2 - columns(name))}{textwrap.indent(aspect.message, ' ' * width).lstrip()}"
        for name, aspect in zip(names, verdict.aspects, strict=True)
    ]
    stale = [verdict.stale, ""] if verdict.stale else []
    return "\n".join([headline(verdict), "", *stale, *rows])


def columns(text):
    """How many columns of a terminal a text takes: Chinese characters take two each."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@in_its_language
def as_html(verdict):
    """The verdict for a notebook, light or dark: the same words, and marks that readers of a screen need not hear."""
    rows = "".join(
        f'<tr style="background: none"><th scope="row" style="{TOP_LEFT}; {ONE_LINE}">{mark(aspect.passed)}&nbsp;'
        f'{escape(say(aspect.name))}</th><td style="{TOP_LEFT}"><pre style="{PLAIN}">'
        f"{linked(aspect.message, verdict.exercise)}</pre></td></tr>"
        for aspect in verdict.aspects
    )
    passed = None if verdict.accident else verdict.passed
    stale = f'<div style="margin: 4px 0">{escape(verdict.stale)}</div>' if verdict.stale else ""
    return (
        f'<div role="status" style="border-left: 4px solid {COLOURS[passed]}; padding: 2px 12px">'
        f"{mark(passed)} <strong>{escape(headline(verdict))}</strong>{stale}"
        f'<table style="margin: 4px 0; border-spacing: 0">{rows}</table>{picture(verdict.curve)}</div>'
    )


def picture(curve):
    """Return the picture of a curve with its settings as HTML; an empty text if there is no difference to see."""
    if curve is None or not curve.is_telling:
        return ""
    tried = say("Drawn for arrays of one entry, with {settings}.", settings=curve.settings)
    words = tried if curve.settings else say("Drawn for arrays of one entry.")
    return f'<div style="margin: 4px 0">{draw(curve, RED)}<div>{escape(words)}</div></div>'


def linked(message, exercise):
    """Return the message of an aspect as HTML, where `-> section` at the end of a line links to that section."""
    text = escape(message)
    if not is_known(exercise):  # of another version of lossedu
        return text
    declared = get(exercise)
    section = say(declared.section)
    arrow = re.compile(f"-&gt; {re.escape(escape(section))}$", re.MULTILINE)
    return arrow.sub(lambda _: f"-&gt; {link_to(declared.chapter, declared.section, section)}", text)


def mark(passed):
    """The sign for right, wrong and not tried; the words beside it say the same."""
    return f'<span aria-hidden="true">{MARKS[passed]}</span>'


def bundle(verdict):
    """The verdict in all its forms, by MIME type."""
    return {"text/plain": as_text(verdict), "text/html": as_html(verdict), MIME_TYPE: verdict.as_dict()}


def show(shown):
    """Display a bundle in the notebook; outside a notebook, print its text."""
    if in_notebook():
        from IPython.display import display

        display(shown, raw=True)
    else:
        print(shown["text/plain"])


def show_line(text):
    """Show a line of text."""
    show(line(text))


def show_line_after(waiting, make):
    """Show the line `waiting` while `make()` runs, then replace it by the line that `make()` returns.

    Outside a notebook, print `waiting` to standard error.
    """
    if not in_notebook():
        print(waiting, file=sys.stderr, flush=True)
        show_line(make())
        return
    from IPython.display import display

    shown = display(line(waiting), raw=True, display_id=True)
    shown.update(line(make()), raw=True)  # pyright: ignore[reportOptionalMemberAccess]  an id gives a handle


def line(text):
    """Return a line of text as a bundle."""
    return {"text/plain": text, "text/html": f"<p>{escape(text)}</p>"}


def in_notebook():
    """Whether a Jupyter kernel runs this, rather than a terminal."""
    return kernel_shell() is not None


def kernel_shell():
    """Return the IPython shell of the Jupyter kernel that runs this code; None outside of a kernel."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it; a program need not wait for it
    shell = ipython and ipython.get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None
