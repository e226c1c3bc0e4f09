"""One look for all figures of the course: readable in grey and by colour-blind readers."""

import base64
import io
from html import escape

import matplotlib.pyplot as plt
from cycler import cycler

# the palette of M. Okabe and K. Ito, "Color Universal Design", 2008; each colour comes with a dash pattern of its own
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]


def use_style():
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


def show(figure, alt):
    """Show a finished figure in the notebook, with the words `alt` for those who cannot see it.

    JupyterLab gives an image no description of its own, so the figure is shown as HTML.
    """
    from IPython.display import display

    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=110)
    plt.close(figure)  # or the notebook shows it once more
    data = base64.b64encode(image.getvalue()).decode("ascii")
    alt = " ".join(alt.split())
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    tag = f'<img alt="{escape(alt)}" width="{width}" height="{height}" src="data:image/png;base64,{data}">'
    display({"text/html": tag, "text/plain": f"[figure: {alt}]"}, raw=True)
