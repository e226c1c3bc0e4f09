"""The pages of the losses, one for each declaration, and the list of all, in reStructuredText, as docstrings are."""

import inspect
import math
import re
from html import escape

import numpy as np
from loss_plots import loss_alone, plot, sparkline

from lossedu import exercises, losses
from lossedu.losses.declaration import DECLARATIONS, ERAS, FAMILIES, KEPT, LIBRARIES, LN2
from lossedu.svg import written

SETUPS = {  # what each library needs before its call, and how it makes an array
    "lossedu": (("import numpy as np", "from lossedu import losses"), "np.array"),
    "tf.keras": (("import keras", "import numpy as np"), "np.array"),
    "TensorFlow": (("import tensorflow as tf",), "tf.constant"),
    "PyTorch": (("import torch", "import torch.nn.functional as F"), "torch.tensor"),
    "optax": (("import jax.numpy as jnp", "import optax"), "jnp.array"),
    "SciPy": (("import numpy as np",), "np.array"),
    "scikit-learn": (("import numpy as np", "import sklearn.metrics"), "np.array"),
}
QUESTIONS = (  # the way to a loss: what is predicted, what is asked of it, and where to look
    ("A number", "the mean", ["mean_squared_error"]),
    ("A number", "the median, or near it: outliers have less influence", ["mean_absolute_error", "huber", "log_cosh"]),
    ("A number", "a quantile, such as 95 %", ["quantile"]),
    ("A number", "how sure the network is of it", ["gaussian_nll"]),
    ("A number", "errors in percent, or ratios", ["mean_absolute_percentage_error", "mean_squared_logarithmic_error"]),
    ("A count", "its rate", ["poisson"]),
    ("Yes or no", "a probability", ["binary_crossentropy", "sigmoid_cross_entropy_with_logits"]),
    ("Yes or no", "one of the two is rare", ["weighted_cross_entropy_with_logits", "binary_focal_crossentropy"]),
    ("Yes or no", "only the class, no probability", ["hinge", "squared_hinge"]),
    ("One of several classes", "labels are one-hot, or probabilities", ["categorical_crossentropy"]),
    ("One of several classes", "labels are class numbers", ["sparse_categorical_crossentropy"]),
    ("One of several classes", "some labels are wrong", ["categorical_generalized_cross_entropy"]),
    ("A class for each pixel", "each pixel counts alike", ["softmax_with_loss"]),
    ("A class for each pixel", "small regions must be found", ["dice", "tversky"]),
    ("A distribution", "close to a given distribution", ["kl_divergence", "jensen_shannon", "gaussian_kl"]),
    ("A vector", "its direction", ["cosine_similarity"]),
    ("A vector", "close to its class, far from others", ["triplet", "contrastive", "circle"]),
    ("A sequence", "labels whose positions are unknown", ["ctc"]),
)


def heading(words, underline="-"):
    """Return a heading with its line, and an empty line."""
    return [words, underline * len(words), ""]


def block(directive, lines, *options):
    """Return a directive with its content."""
    return [
        f".. {directive}",
        *(f"   {option}" for option in options),
        "",
        *(f"   {line}".rstrip() for line in lines),
        "",
    ]


def loss_page(name):
    """Return the page of a loss."""
    loss, declared = getattr(losses, name), DECLARATIONS[name]
    sought = names_sought(name)
    sought = {*sought, *(each.rpartition(".")[2] for each in sought)}
    sought = sorted({*sought, *(each.replace("_", " ") for each in sought if "." not in each)})
    parts = block("index::", [], *(f"! single: {each}" for each in sought))  # main entries, which a search shows first
    parts += [*heading(declared.title, "="), f"``losses.{name}``. {loss.__doc__.splitlines()[0]}", ""]
    parts += card(name)
    parts += [*heading("Plot"), *block("raw:: html", [plot(name)])]
    is_elsewhere = any(call.runs for call in declared.elsewhere.values())
    parts += [*heading("In other libraries" if is_elsewhere else "Code"), *code_tabs(name)]
    if declared.naive:
        parts += [*heading("The naive formula"), *naive_formula(name)]
    if found := pitfalls(name):
        parts += [*heading("Pitfalls"), *found]
    if declared.history:
        parts += [*heading("History"), *history(name)]
    parts += [*heading("Reference"), ".. py:currentmodule:: lossedu.losses", "", f".. autofunction:: {name}", ""]
    if hasattr(loss, "gradient"):
        parts += [f".. autofunction:: lossedu.losses::{name}.gradient", ""]
        parts += ["The code of the gradient, after the arguments are checked:", ""]
        parts += block("code-block:: python", derivative_of(loss).splitlines())
    parts += [*heading("Names"), *table(("where", "name"), names_of(name))]
    return "\n".join(parts)


def known_as(name):
    """Return the earlier and other names of a loss."""
    declared = DECLARATIONS[name]
    return [*(alias for era in ERAS for alias in declared.aliases.get(era, ())), *declared.also]


def names_sought(name):
    """Return all names by which people look for a loss, those of functions elsewhere among them."""
    return [name, *known_as(name), *(call.name for call in DECLARATIONS[name].elsewhere.values())]


def card(name):
    """Return the facts that help to choose a loss, as a table."""
    facts, declared = DECLARATIONS[name].facts, DECLARATIONS[name]
    rows = [
        ("Use it when", f"{facts.use}."),
        ("Choose another when", f"{facts.avoid}."),
        ("Best constant prediction", facts.best.replace("|", r"\|")),
        ("Values", f"{facts.bounds or interval(facts.least, facts.most)}; unit: {facts.unit}"),
        (
            "Convex in the predictions",
            (f"yes, if the predictions are {facts.among}" if facts.among else "yes") if facts.convex else "no",
        ),
    ]
    if facts.noise:
        rows.append(("Noise it assumes", facts.noise))
    if words := known_as(name):
        rows.append(("Search words", ", ".join(words)))
    rows.append(("Related", ", ".join(link(other) for other in facts.related)))
    if declared.chapter:
        rows.append(("Derived in", f":doc:`/course/{declared.chapter}/{declared.chapter}`"))
    if facts.doi:
        rows.append(("Source", doi_link(facts.doi)))
    return table(("", ""), rows, header=False)


def doi_link(doi):
    """Return a link to the publication that a DOI names."""
    return f"`doi:{doi} <https://doi.org/{doi.replace('<', '%3C').replace('>', '%3E')}>`__"


def link(name):
    """Return a link to the page of a loss."""
    return f":doc:`{DECLARATIONS[name].title} </losses/{name}>`"


def interval(least, most):
    """Say between which bounds values lie.

    >>> interval(0, math.inf), interval(-1, 1), interval(-math.inf, math.inf)
    ('0 or more', 'from -1 to 1', 'any number')
    """
    if math.isinf(least):
        return "any number"
    end = "ln 2" if most == LN2 else written(most)
    return f"{least:g} or more" if math.isinf(most) else f"from {least:g} to {end}"


def example(name):
    """Return the value of a loss at its example: a number, or an array where it gives several."""
    return loss_alone(getattr(losses, name)(**DECLARATIONS[name].example))


def code_tabs(name):
    """Return the call in each library, complete, on the same example, and in which way it differs."""
    declared = DECLARATIONS[name]
    value = np.array2string(np.asarray(example(name)), precision=4, suppress_small=True, separator=", ")
    arrays = [each for each, given in declared.example.items() if isinstance(given, list)]
    options = [f"{each}={given}" for each, given in declared.example.items() if each not in arrays]
    own = f"losses.{name}({', '.join([*arrays, *options])})" + ("[0]" if name == "softmax_with_loss" else "")
    calls = {
        "lossedu": (own, ""),
        **{where: (call.code, call.note) for where, call in declared.elsewhere.items() if call.runs},
    }
    parts = ["In each library, the same numbers give the same loss.", ""] if len(calls) > 1 else []
    parts += [".. tab-set::", ""]
    for where, (code, note) in calls.items():
        lines = [*setup(where, code), "", *(f"{each} = {made(where, declared.example[each])}" for each in arrays)]
        lines += ["", *wrapped(code), f"# {value}"]
        inside = [*block("code-block:: python", lines), *([f"{note[0].upper()}{note[1:]}.", ""] if note else [])]
        parts += [f"   .. tab-item:: {where}", "", *(f"      {line}".rstrip() for line in inside), ""]
    return parts


def setup(where, code):
    """Return the imports that a call needs."""
    modules = [found.rpartition(".")[0] for found in re.findall(r"scipy[\w.]+", code)]
    return [*SETUPS[where][0], *(f"import {module}" for module in modules)]


def made(where, numbers):
    """Return the code that makes an array of a library."""
    return f"{SETUPS[where][1]}({numbers})"


def wrapped(code, width=76):
    """Return an expression on lines that fit a column: what its first brackets hold, on lines of its own."""
    if len(code) <= width:
        return [code]
    start = code.index("(") + 1
    end = next(place for place in range(start, len(code)) if code[place] == ")" and depth(code, place) == 1)
    separator = ", " if any(depth(code, place) == 1 for place in places_of(", ", code[:end], start)) else " + "
    cuts = [place for place in places_of(separator, code[:end], start) if depth(code, place) == 1]
    pieces = [code[here:there] for here, there in zip([start, *cuts], [*cuts, end], strict=True)]
    if separator == ", ":
        lines = [f"    {piece.removeprefix(separator)}," for piece in pieces]
    else:
        lines = [f"    {piece.strip()}" for piece in pieces]
    return [code[:start], *lines, code[end:]]


def places_of(separator, code, start):
    """Return where a separator stands in a code, from a place on."""
    return [place for place in range(start, len(code)) if code.startswith(separator, place)]


def depth(code, place):
    """Return how many brackets are open before a place."""
    return sum((letter in "([") - (letter in ")]") for letter in code[:place])


def naive_formula(name):
    """Return the naive formula, where it fails, and what this package gives there."""
    declared = DECLARATIONS[name]
    naive, options = (
        declared.naive,
        {each: given for each, given in declared.example.items() if not isinstance(given, list)},
    )
    with np.errstate(all="ignore"):
        arrays = {each: np.array(given) for each, given in naive.fails_at.items()}
        wrong = eval(naive.code, {"np": np, **arrays})  # noqa: S307  it stands in a declaration
    right = getattr(losses, name)(**arrays, **options) + 0.0
    given = ", ".join(f"``{each} = {value}``" for each, value in naive.fails_at.items())
    return [
        *block("code-block:: python", wrapped(naive.code)),
        f"With {given} this gives {number(wrong)}; ``losses.{name}`` gives {number(right)}.",
        "",
    ]


def number(value):
    """Return a number of a page."""
    return f"``{float(np.ravel(value)[0]):.6g}``"


def pitfalls(name, most=8):
    """Return what the checks of the course say to the usual mistakes, folded so that they can be tried first."""
    if name not in exercises.names():
        return []
    facts = list(dict.fromkeys(each.fact for each in exercises.get(name).misconceptions if each.fact))[:most]
    if not facts:
        return []
    where = DECLARATIONS[name].chapter
    parts = [f"Common mistakes in :doc:`the chapter </course/{where}/{where}>`, in the words of its checks:", ""]
    return [*parts, *(f"- {escaped(fact[0].upper() + fact[1:])}" for fact in facts), ""]


def history(name):
    """Return where a loss comes from and what made it common, as a list of years with links to the publications."""
    lines = []
    for event in DECLARATIONS[name].history:
        source = f" {doi_link(event.doi)}" if event.doi else ""
        lines.append(f"- **{event.year}** {escaped(event.words)}.{source}")
    return [*lines, ""]


def escaped(words):
    """Return words without what reStructuredText takes for its own."""
    return re.sub(r"([*|`\\]|(?<=\w)_(?=\W|$))", r"\\\1", words)


def derivative_of(loss):
    """Return the code that was decorated with `gradient_of`, without its docstring, which stands above it."""
    source = inspect.getsource(inspect.getclosurevars(loss.gradient).nonlocals["derivative"])
    return re.sub(r'    r""".*?"""\n', "", source, count=1, flags=re.DOTALL)


def table(head, rows, header=True, style=None):
    """Return a table of rows, each with the same number of cells."""
    parts = [
        ".. list-table::",
        *(["   :header-rows: 1"] if header else ["   :stub-columns: 1"]),
        "   :widths: auto",
        *([f"   :class: {style}"] if style else []),
        "",
    ]
    for row in [head, *rows] if header else rows:
        parts += [f"   {'*' if not place else ' '} - {cell}" for place, cell in enumerate(row)]
    return [*parts, ""]


def names_of(name):
    """Yield each place where a loss has a name, such as a library or the course, with that name."""
    yield "lossedu", f"``losses.{name}``"
    declared = DECLARATIONS[name]
    if declared.keras_class:
        yield "as a class", f":class:`~lossedu.losses.{declared.keras_class.name}`"
    for library in LIBRARIES:
        if library in declared.elsewhere:
            yield library, f"``{declared.elsewhere[library].name}``"
    for era in ERAS:
        for kept, words in ((True, f"since {era}"), (False, f"from {era}, not in Keras 3")):
            found = [alias for alias in declared.aliases.get(era, ()) if (alias in KEPT) == kept]
            if found:
                yield words, ", ".join(f"``{alias}``" for alias in found)


def losses_page():
    """Return the list of all losses by family, with a field that finds each by any of its names."""
    names = sorted(DECLARATIONS, key=lambda name: DECLARATIONS[name].title.lower())
    parts = [
        *heading("The losses", "="),
        "Each loss has a page: its formula, its gradient if it has one, its plot, and its names in other libraries.",
        "",
    ]
    parts += [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in names), ""]
    parts += block("raw:: html", [filter_field()])
    for family in FAMILIES:
        parts += heading(family[0].upper() + family[1:])
        parts += block("raw:: html", [cards([name for name in names if DECLARATIONS[name].family == family])])
    parts += [*heading("Which loss?"), "What does the network predict, and what matters?", ""]
    rows = [(what, matters, ", ".join(link(name) for name in found)) for what, matters, found in QUESTIONS]
    parts += table(("prediction", "what matters", "losses"), rows)
    parts += heading("The name of each loss in each library")
    libraries = [library for library in LIBRARIES if library != "Caffe"]
    rows = []
    for name in names:
        elsewhere = DECLARATIONS[name].elsewhere
        rows.append(
            (
                link(name),
                *(f"``{elsewhere[each].name.rpartition('.')[2]}``" if each in elsewhere else "" for each in libraries),
            )
        )
    return "\n".join([*parts, *table(("loss", *libraries), rows, style="loss-names")])


def filter_field():
    """Return the field that finds losses by any of their names; the script of the page shows it."""
    return (
        '<p class="loss-filter" hidden><label>Find a loss by any of its names '
        '<input type="search" placeholder="BCEWithLogitsLoss, mse, smooth L1, ..."></label>'
        ' <span role="status"></span></p>'
    )


def cards(names):
    """Return the losses of a family, each with its picture and its first line."""
    parts = ['<ul class="loss-list">']
    for name in names:
        declared = DECLARATIONS[name]
        words = [declared.title, *names_sought(name)]
        first_line = getattr(losses, name).__doc__.splitlines()[0].replace("`", "")
        parts.append(
            f'<li data-names="{escape(" | ".join(words).lower())}"><a href="{name}.html">{sparkline(name)}'
            f"<span>{escape(declared.title)}</span></a><span>{escape(first_line)}</span></li>"
        )
    return "".join([*parts, "</ul>"])


def lead_to_pages(app, what, name, obj, options, lines):
    """Add the page of its loss to the docstring of a class: Sphinx calls this for each docstring."""
    for loss, declared in DECLARATIONS.items():
        if declared.keras_class and name == f"lossedu.losses.{declared.keras_class.name}":
            lines += ["", f"Formula, plot and calls in other libraries: {link(loss)}."]


def classes_page():
    """Return the reference of what `lossedu.losses` has besides the functions, which have pages of their own."""
    parts = [*heading("lossedu.losses", "="), "Each function has a page of its own: :doc:`/losses/index`.", ""]
    options = (":members:", f":exclude-members: function, {', '.join(sorted(DECLARATIONS))}")
    return "\n".join([*parts, *block("automodule:: lossedu.losses", [], *options)])
