"""Links from a verdict, a hint or the progress to a section of a chapter's notebook."""

import os
from html import escape
from pathlib import Path
from urllib.parse import quote


def anchor_of(heading):
    """Return the fragment that JupyterLab and nbconvert give to a heading.

    >>> anchor_of("Surprise, and its mean")
    '#Surprise%2C-and-its-mean'
    """
    return f"#{quote(heading.replace(' ', '-'))}"


def link_to(chapter, section, text, course=None):
    """Return an HTML link to a section of a chapter, or the text alone if its notebook is not there.

    Args:
        chapter: the chapter.
        section: the heading as the notebook has it; None links to the notebook.
        text: what the link says.
        course: the folder of the learner's copy; None if the link stands in the notebook itself.
    """
    fragment = anchor_of(section) if section else ""
    notebook = Path(course or ".", chapter, f"{chapter}.ipynb")
    if section and (course is None or Path.cwd().name == chapter):
        href = fragment
    elif notebook.is_file():
        href = quote(Path(os.path.relpath(notebook)).as_posix()) + fragment
    else:
        return escape(text)
    # underlined: in a line of text, the colour alone does not tell a link for everyone
    return f'<a href="{escape(href)}" style="text-decoration: underline">{escape(text)}</a>'
