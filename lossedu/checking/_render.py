"""A verdict as text for terminals, and as HTML for notebooks, light or dark."""

import textwrap
from html import escape

STATES = {True: ("right", "success"), False: ("wrong", "error"), None: ("not tried", "warn")}
MIME_TYPE = "application/vnd.lossedu.verdict+json"


def headline(verdict):
    """`kl_divergence: 1 of 4 points`."""
    return f"{verdict.exercise}: {verdict.points:g} of {verdict.max_points:g} points"


def as_text(verdict):
    """The verdict for a terminal: a headline, then each aspect with its message beside it."""
    width = max(len(aspect.name) for aspect in verdict.aspects) + 4
    rows = [
        f"  {aspect.name}".ljust(width) + textwrap.indent(aspect.message, " " * width).lstrip()
        for aspect in verdict.aspects
    ]
    return "\n".join([headline(verdict), "", *rows])


def as_html(verdict):
    """The verdict for a notebook: the same words; the colours are JupyterLab's own where it shows the page."""
    rows = "".join(
        f'<tr style="background: none; vertical-align: top">'
        f'<th scope="row" style="text-align: left">{escape(aspect.name)}</th>'
        f'<td style="text-align: left; color: {colour(aspect.passed)}">{STATES[aspect.passed][0]}</td>'
        f'<td style="text-align: left"><pre style="margin: 0; white-space: pre-wrap">{escape(aspect.message)}</pre>'
        f"</td></tr>"
        for aspect in verdict.aspects
    )
    return (
        f'<div role="status" style="border-left: 4px solid {colour(verdict.passed)}; padding: 2px 12px">'
        f"<strong>{escape(headline(verdict))}</strong>"
        f'<table style="margin: 4px 0; border-spacing: 0">{rows}</table></div>'
    )


def colour(passed):
    """The theme's colour for a state, with one that reads on white and on black where there is no theme."""
    fallback = {True: "#2e7d32", False: "#c62828", None: "#b26a00"}[passed]
    return f"var(--jp-{STATES[passed][1]}-color1, {fallback})"


def show(text, html, data=None):
    """Display in the notebook, as HTML with a text twin; outside a notebook, print the text."""
    if in_notebook():
        from IPython.display import display

        bundle = {"text/plain": text, "text/html": html} | ({MIME_TYPE: data} if data else {})
        display(bundle, raw=True)
    else:
        print(text)


def in_notebook():
    """Whether a Jupyter kernel runs this, rather than a terminal."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None
