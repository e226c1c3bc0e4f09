"""One look for all figures of the course: readable in grey and by colour-blind readers."""

import base64
import inspect
import io
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

# the palette of M. Okabe and K. Ito, "Color Universal Design", 2008; each colour comes with a dash pattern of its own
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
# JupyterLab and its like, VS Code, Colab, and the book; on other dark pages a figure keeps its white ground
DARK_PAGES = ('[data-jp-theme-light="false"]', ".vscode-dark", "html[theme=dark]", 'html[data-theme="dark"]')
# light and dark change places, and colours keep their hue; no grey is readable enough on both kinds of page
ON_DARK_PAGES = "background: none !important; filter: invert(1) hue-rotate(180deg) !important"
STYLE = f"<style>:is({', '.join(DARK_PAGES)}) .lossedu-figure {{{ON_DARK_PAGES}}}</style>"


def use_style() -> None:
    """Set the course's defaults for the figures of this session."""
    plt.rcParams.update(
        {
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=COLOURS, linestyle=DASHES),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.figsize": (6.4, 3.2),
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


def show(figure: Figure, alt: str) -> None:
    """Show a finished figure in the notebook, with the words `alt` for those who cannot see it."""
    from IPython.display import display

    display(picture(figure, alt), raw=True)


def explore(draw: Callable[..., Figure], alt: str, **sliders: tuple[float, float, float]) -> None:
    """Show the figure that `draw` makes and, where a reader can move them, sliders that draw it anew.

    The figure is an ordinary output: it stays where sliders are of no use, in a saved notebook, a printed page, or
    while nbgrader grades.

    Args:
        draw: a function that returns a figure; the defaults of its parameters are what is shown first.
        alt: the figure in words, for those who cannot see it.
        **sliders: (smallest, largest, step) of the parameters that a reader may change.

    Raises:
        ValueError: `draw` has no such parameter, or no default for it.
    """
    from IPython.display import display

    start = {name: default_of(draw, name) for name in sliders}

    def drawn(values):
        settings = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        return picture(draw(**values), f"{alt} {settings}")

    shown: Any = display(drawn(start), raw=True, display_id=True)
    if not has_reader():
        return
    import ipywidgets

    wide = {"layout": {"width": "32em"}, "readout_format": ".3g"}
    controls = {
        name: ipywidgets.FloatSlider(start[name], min=low, max=high, step=step, description=name, **wide)
        for name, (low, high, step) in sliders.items()
    }

    def redraw(_):
        shown.update(drawn({name: control.value for name, control in controls.items()}), raw=True)

    for control in controls.values():
        control.observe(redraw, names="value")
    box = ipywidgets.VBox(list(controls.values()))
    shown_as: Any = box._repr_mimebundle_()
    alone = f"[sliders: {', '.join(sliders)}]"  # for a page without the notebook's kernel
    display(shown_as | {"text/plain": alone}, raw=True)


def default_of(draw: Callable[..., Any], name: str) -> Any:
    """The value of a parameter that `draw` takes by itself."""
    parameters = inspect.signature(draw).parameters
    if name not in parameters or parameters[name].default is inspect.Parameter.empty:
        having = [other for other, parameter in parameters.items() if parameter.default is not parameter.empty]
        raise ValueError(f"sliders: draw has no default for {name!r}; it has those of {', '.join(having) or 'none'}")
    return parameters[name].default


def has_reader() -> bool:
    """Whether someone reads the page that runs this cell: pages name the cell, nbconvert and nbgrader do not."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return kernel is not None and "cellId" in kernel.get_parent()["metadata"]


def picture(figure: Figure, alt: str) -> dict[str, str]:
    """A finished figure as what IPython displays, by MIME type. It is closed, or the notebook shows it once more.

    JupyterLab gives an image no description of its own, so the figure is HTML. Its ground is white on light pages and
    where a page drops style sheets. On dark pages that `STYLE` knows, the ground is the page and ink becomes light,
    except in figures with photos, whose colours would be wrong.

    >>> picture(plt.figure(), alt="A blank page.")["text/plain"]
    '[figure: A blank page.]'
    """
    figure.set_dpi(110)
    clear_ground(figure)
    data = as_png(figure)
    plt.close(figure)
    alt = " ".join(alt.split())
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    look = f'class="{"" if has_photo(figure) else "lossedu-figure"}" style="background-color: white"'
    tag = f'<img alt="{escape(alt)}" width="{width}" height="{height}" {look} src="data:image/png;base64,{data}">'
    return {"text/html": tag + STYLE, "text/plain": f"[figure: {alt}]"}


def has_photo(figure: Figure) -> bool:
    """Whether a figure shows an image by its own colours, and not by a scale of colours for numbers."""
    arrays = [image.get_array() for axes in figure.axes for image in axes.images]
    return any(array is not None and array.ndim == 3 for array in arrays)


def clear_ground(figure: Figure) -> None:
    """Make the white grounds of a figure and of its axes transparent."""
    for ground in [figure.patch, *(axes.patch for axes in figure.axes)]:
        if to_hex(ground.get_facecolor()) == "#ffffff":
            ground.set_facecolor("none")


def as_png(figure: Figure) -> str:
    """Draw a figure; return the picture as PNG in Base64."""
    image = io.BytesIO()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once; `savefig` draws a figure for its layout, then again
    plt.imsave(image, canvas.buffer_rgba(), format="png", dpi=110)
    return base64.b64encode(image.getvalue()).decode("ascii")
