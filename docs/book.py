"""A Sphinx extension: gathers the pages that have their text elsewhere, before the book is read.

Chapters come from `solutions/`, the start page and the glossary from `course/`, and a page per loss from its docstring.
The pages lie in `docs/course/` and `docs/losses/`, which git ignores, in the layout of the course, so that the links
between them hold.
"""

import inspect
import os
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np

from lossedu import authoring, exercises, losses, plots
from lossedu.authoring import chapter_link
from lossedu.losses.declaration import DECLARATIONS, ERAS, LIBRARIES

# the address of the site that `make site` builds; chapters link to it if the environment names it
SITE = os.environ.get("SITE_ADDRESS")
DOCS = Path(__file__).parent
ROOT = DOCS.parent
SOLUTION_MARKS = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", gather)
    return {"parallel_read_safe": True}


def gather(app, config):
    """Write all pages; those that stay the same are left alone, so that Sphinx need not read them again."""
    for text in sorted((ROOT / "solutions").glob("*/*.md")):
        notebook = book_notebook(text.read_text(encoding="utf-8"), text.stem, config.language)
        write(DOCS / "course" / text.stem / f"{text.stem}.ipynb", nbformat.writes(notebook))
    for page in (ROOT / "course").glob("*.md"):
        write(DOCS / "course" / page.name, page.read_text(encoding="utf-8"))
    plots.use_style()
    matplotlib.rcParams["svg.hashsalt"] = "lossedu"  # the same plot is the same file
    write(DOCS / "losses" / "index.rst", losses_page())
    write(DOCS / "api" / "losses.rst", classes_page())
    for name in LOSSES:
        write(DOCS / "losses" / f"{name}.rst", loss_page(name))
        draw(name, DOCS / "losses" / f"{name}.svg")


def write(path, text):
    """Write a file, unless it holds that text already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# --- Chapters -------------------------------------------------------------------------------------------------------


def book_notebook(text, chapter, language="en"):
    """The notebook of a chapter as a page: solutions are folded, and what learners find stands before each."""
    show, hide = {"zh_CN": ("显示代码", "隐藏代码")}.get(language, ("Show the code", "Hide the code"))
    notebook = authoring.chapter_notebook(text, chapter)
    if SITE:
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(link_to_site(chapter), id="open-in-the-browser"))
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


def link_to_site(chapter):
    """Return the line below the title of a chapter that opens its notebook in the browser."""
    return f"[Open in the browser]({SITE}{chapter_link(f'{chapter}/{chapter}.ipynb')})"


def task_of(exercise):
    """What learners complete."""
    is_function = isinstance(exercise, exercises.FunctionExercise)
    return f"{exercise.stub_source()}\n    # YOUR CODE HERE" if is_function else exercise.stub_source()


# --- Losses ---------------------------------------------------------------------------------------------------------


LOSSES = dict(sorted(DECLARATIONS.items()))


def curves(name):
    """Return points along the curve of a loss, the values there, and the slopes; None if it moves several entries."""
    loss, curve = getattr(losses, name), LOSSES[name].curve
    places = np.linspace(curve.low, curve.high, 301)
    values = np.array([first(loss(*curve.at(x))) for x in places])
    if curve.entry is None or not hasattr(loss, "gradient"):
        return places, values, None
    return places, values, np.array([loss.gradient(*curve.at(x))[curve.entry] for x in places])


def first(result):
    """The loss as a number, also where it comes with probabilities or one a sample."""
    return np.ravel(result[0] if isinstance(result, tuple) else result)[0]


def draw(name, path):
    """The plot of a loss and its slope."""
    places, values, slopes = curves(name)
    fig, ax = plt.subplots()
    ax.plot(places, values, label="loss")
    if slopes is not None:
        ax.plot(places, slopes, label="slope")
        ax.legend()
    ax.set_xlabel(LOSSES[name].curve.words)
    fig.savefig(path, metadata={"Date": None})
    plt.close(fig)


def describe_plot(name):
    """Describe the plot of a loss in words, for readers who cannot see it."""
    places, values, _ = curves(name)
    lowest = np.argmin(values)
    return (
        f"{name} over {LOSSES[name].curve.words}: {values[0]:.3g} at {places[0]:.3g}, lowest with {values[lowest]:.3g} "
        f"at {places[lowest]:.3g}, {values[-1]:.3g} at {places[-1]:.3g}."
    )


def losses_page():
    """The list of all losses, each with the first line of its docstring."""
    parts = ["The losses", "==========", "", "Formula, gradient, plot, and names across libraries.", ""]
    parts += [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in LOSSES), ""]
    for name in LOSSES:
        parts += [f":doc:`{name}`", f"   {getattr(losses, name).__doc__.splitlines()[0]}", ""]
    return "\n".join(parts)


def classes_page():
    """The reference of what `lossedu.losses` has besides the functions, which have pages of their own."""
    parts = ["lossedu.losses", "==============", "", "Each function has a page of its own: :doc:`/losses/index`.", ""]
    parts += [
        ".. automodule:: lossedu.losses",
        "   :members:",
        f"   :exclude-members: function, {', '.join(LOSSES)}",
        "",
    ]
    return "\n".join(parts)


def loss_page(name):
    """The page of a loss, in reStructuredText, as docstrings are."""
    loss = getattr(losses, name)
    parts = [name, "=" * len(name), "", ".. py:currentmodule:: lossedu.losses", "", f".. autofunction:: {name}", ""]
    if hasattr(loss, "gradient"):
        parts += ["Gradient", "--------", "", f".. autofunction:: lossedu.losses::{name}.gradient", ""]
        parts += ["In NumPy, on arrays that have been read and checked:", "", ".. code-block:: python", ""]
        parts += [f"   {line}".rstrip() for line in derivative_of(loss).splitlines()] + [""]
    parts += ["Plot", "----", "", f".. image:: {name}.svg", f"   :alt: {describe_plot(name)}", ""]
    parts += ["Names", "-----", "", ".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
    for row in [("where", "name"), *names_of(name)]:
        parts += [f"   * - {row[0]}", f"     - {row[1]}"]
    return "\n".join([*parts, ""])


def derivative_of(loss):
    """The code that was decorated with `gradient_of`, without its docstring, which stands above it."""
    source = inspect.getsource(inspect.getclosurevars(loss.gradient).nonlocals["derivative"])
    return re.sub(r'    r""".*?"""\n', "", source, count=1, flags=re.DOTALL)


def names_of(name):
    """Yield each place where a loss has a name, such as a library or the course, with that name."""
    yield "here", f"``losses.{name}``"
    declared = LOSSES[name]
    if declared.keras_class:
        yield "as a class", f":class:`~lossedu.losses.{declared.keras_class.name}`"
    if declared.chapter:
        yield "in the course", f":doc:`/course/{declared.chapter}/{declared.chapter}`"
    for library in LIBRARIES:
        if library in declared.elsewhere:
            yield library, f"``{declared.elsewhere[library]}``"
    for era in ERAS:
        if era in declared.aliases:
            yield f"since {era}", ", ".join(f"``{alias}``" for alias in declared.aliases[era])
