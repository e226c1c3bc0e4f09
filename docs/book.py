"""A Sphinx extension: gathers the pages that have their text elsewhere, before the book is read.

Chapters come from `solutions/`, the start page and the glossary from `course/`, and a page per loss from its docstring.
The pages lie in `docs/course/` and `docs/losses/`, which git ignores, in the layout of the course, so that the links
between them hold.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np

from lossedu import authoring, exercises, losses, plots
from lossedu.losses.aliases import BY_ERA, ELSEWHERE

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
        notebook = book_notebook(text.read_text(encoding="utf-8"), text.stem)
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


def book_notebook(text, chapter):
    """The notebook of a chapter as a page: before each solution, which is folded, what learners find in its place."""
    notebook = authoring.chapter_notebook(text, chapter)
    cells = []
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exercise = exercises.get(cell.metadata["nbgrader"]["grade_id"])
            asked = nbformat.v4.new_markdown_cell(f"```python\n{task_of(exercise)}\n```", id=f"asked-{exercise.name}")
            cells.append(asked)
            cell.source = SOLUTION_MARKS.sub("", cell.source).rstrip()
            cell.metadata["tags"] = ["hide-input"]
        cells.append(cell)
    notebook.cells = cells
    return notebook


def task_of(exercise):
    """What learners complete."""
    is_function = isinstance(exercise, exercises.FunctionExercise)
    return f"{exercise.stub_source()}\n    # YOUR CODE HERE" if is_function else exercise.stub_source()


# --- Losses ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slice:
    """The line along which a loss is plotted: `at(x)` gives its arguments, for x from `low` to `high`.

    `entry` is the place in the predictions that x is put in, for the slope; None if it moves several.
    """

    at: Callable
    low: float
    high: float
    words: str
    entry: tuple | None = (0,)


ERROR = Slice(lambda x: ([0.0], [x]), -3, 3, "y_pred, for y_true = 0")
POSITIVE = Slice(lambda x: ([1.0], [x]), 0, 3, "y_pred, for y_true = 1")
PROBABILITY = Slice(lambda x: ([1.0], [x]), 0.02, 0.98, "y_pred, for y_true = 1")
SCORE = Slice(lambda x: ([1.0], [x]), -2, 3, "y_pred, for y_true = 1")
OF_TWO = Slice(lambda x: ([1.0, 0.0], [x, 1 - x]), 0.02, 0.98, "y_pred[0], for y_true = [1, 0]")
BELIEF = Slice(lambda x: ([0.5, 0.5], [x, 1 - x]), 0.02, 0.98, "q, for p = [0.5, 0.5] and [q, 1 - q]")
LOGIT = Slice(lambda x: ([1.0], [x]), -5, 5, "logits, for labels = 1")
LOSSES = {
    "binary_crossentropy": PROBABILITY,
    "binary_focal_crossentropy": PROBABILITY,
    "categorical_crossentropy": OF_TWO,
    "categorical_focal_crossentropy": OF_TWO,
    "categorical_generalized_cross_entropy": Slice(
        lambda x: (0, [x, 1 - x], 0.7), 0.02, 0.98, "y_pred[0], for y_true = 0 and q = 0.7"
    ),
    "categorical_hinge": Slice(
        lambda x: ([1.0, 0.0], [x, 0.0]), -2, 3, "y_pred[0], for y_true = [1, 0], y_pred[1] = 0"
    ),
    "circle": Slice(
        lambda x: ([0, 0], [[np.cos(x), np.sin(x)], [1.0, 0.0]], None, None, True, 4),
        -np.pi,
        np.pi,
        "the angle between two embeddings of one class, for gamma = 4",
        entry=None,
    ),
    "cosine_similarity": Slice(
        lambda x: ([1.0, 0.0], [np.cos(x), np.sin(x)]),
        -np.pi,
        np.pi,
        "the angle between y_true and y_pred",
        entry=None,
    ),
    "cross_entropy": BELIEF,
    "ctc": Slice(
        lambda x: ([[1]], [[[0.0, x], [0.0, 0.0]]]),
        -5,
        5,
        "the first frame's logit of the label, for one label and two frames",
        entry=(0, 0, 1),
    ),
    "dice": Slice(lambda x: ([1.0, 0.0], [x, 0.2]), 0, 1, "y_pred[0], for y_true = [1, 0], y_pred[1] = 0.2"),
    "entropy": Slice(lambda x: ([x, 1 - x],), 0.02, 0.98, "p, for [p, 1 - p]"),
    "gaussian_kl": Slice(lambda x: (0.0, 1.0, x, 1.0), -3, 3, "mu_q, for mu_p = 0 and both deviations 1", entry=None),
    "hinge": SCORE,
    "huber": ERROR,
    "jensen_shannon": BELIEF,
    "kl_divergence": BELIEF,
    "log_cosh": ERROR,
    "log_loss": PROBABILITY,
    "mean_absolute_error": ERROR,
    "mean_absolute_percentage_error": POSITIVE,
    "mean_squared_error": ERROR,
    "mean_squared_logarithmic_error": POSITIVE,
    "poisson": Slice(lambda x: ([2.0], [x]), 0.2, 6, "y_pred, for y_true = 2"),
    "pseudo_huber": ERROR,
    "sigmoid_cross_entropy_with_logits": LOGIT,
    "softmax_cross_entropy_with_logits": Slice(
        lambda x: ([1.0, 0.0], [x, 0.0]), -5, 5, "logits[0], for labels = [1, 0], logits[1] = 0"
    ),
    "softmax_with_loss": Slice(
        lambda x: ([[x, 0.0]], [0]), -5, 5, "the score of the true class, for two classes", entry=(0, 0)
    ),
    "sparse_categorical_crossentropy": Slice(lambda x: (0, [x, 1 - x]), 0.02, 0.98, "y_pred[0], for y_true = 0"),
    "squared_hinge": SCORE,
    "tversky": Slice(
        lambda x: ([1.0, 0.0], [x, 0.2], 0.3, 0.7), 0, 1, "y_pred[0], for y_true = [1, 0], y_pred[1] = 0.2, beta = 0.7"
    ),
    "weighted_cross_entropy_with_logits": Slice(
        lambda x: ([1.0], [x], 3.0), -5, 5, "logits, for labels = 1 and pos_weight = 3"
    ),
}


def curves(name):
    """The places, the values and, where it is of one entry, the slope of a loss along its slice."""
    loss, slice_ = getattr(losses, name), LOSSES[name]
    places = np.linspace(slice_.low, slice_.high, 301)
    values = np.array([first(loss(*slice_.at(x))) for x in places])
    if slice_.entry is None or not hasattr(loss, "gradient"):
        return places, values, None
    return places, values, np.array([loss.gradient(*slice_.at(x))[slice_.entry] for x in places])


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
    ax.set_xlabel(LOSSES[name].words)
    fig.savefig(path, metadata={"Date": None})
    plt.close(fig)


def in_words(name):
    """The plot of a loss for those who cannot see it."""
    places, values, _ = curves(name)
    lowest = np.argmin(values)
    return (
        f"{name} over {LOSSES[name].words}: {values[0]:.3g} at {places[0]:.3g}, lowest with {values[lowest]:.3g} "
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
    parts += ["Plot", "----", "", f".. image:: {name}.svg", f"   :alt: {in_words(name)}", ""]
    parts += ["Names", "-----", "", ".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
    for row in [("where", "name"), *names_of(name)]:
        parts += [f"   * - {row[0]}", f"     - {row[1]}"]
    return "\n".join([*parts, ""])


def derivative_of(loss):
    """The code that was decorated with `gradient_of`, without its docstring, which stands above it."""
    source = inspect.getsource(inspect.getclosurevars(loss.gradient).nonlocals["derivative"])
    return re.sub(r'    r""".*?"""\n', "", source, count=1, flags=re.DOTALL)


def names_of(name):
    """Where else the loss is known, and by which names."""
    yield "here", f"``losses.{name}``"
    for cls in classes_of(name):
        yield "as a class", f":class:`~lossedu.losses.{cls}`"
    if name in exercises.names():
        chapter = exercises.get(name).chapter
        yield "in the course", f":doc:`/course/{chapter}/{chapter}`"
    for library, counterparts in ELSEWHERE.items():
        if name in counterparts:
            yield library, f"``{counterparts[name]}``"
    for era, aliases in BY_ERA.items():
        old = [f"``{alias}``" for alias, today in aliases.items() if today == name]
        if old:
            yield f"since {era}", ", ".join(old)


def classes_of(name):
    """The classes of which the loss is the function."""
    function = getattr(losses, name)
    return [known for known in losses.__all__ if getattr(getattr(losses, known), "function", None) is function]
