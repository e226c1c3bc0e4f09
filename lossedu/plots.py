"""One look for all figures of the course: readable in grey and by colour-blind readers."""

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
