"""What holds for the figures of all chapters: words and legends lie beside the curves, and have enough contrast."""

import contextlib
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox
from nbgrader.utils import is_grade

import lossedu.checking
from lossedu import plots
from tests.authoring.reading import CHAPTERS, sections_of
from tests.test_plots import contrast


def points_of(ax):
    """The places, in pixels, of the points of an axes and of its lines, with places between the points of a line."""
    for line in ax.lines:
        x, y = (np.asarray(values, float) for values in (line.get_xdata(orig=False), line.get_ydata(orig=False)))
        ends = line.get_transform().transform(np.column_stack([x, y]))
        share = np.linspace(0, 1, 100)[:, None, None]
        yield (ends[:-1] + share * (ends[1:] - ends[:-1])).reshape(-1, 2)
    for collection in ax.collections:
        if collection.get_offset_transform() is ax.transData:
            yield ax.transData.transform(np.ma.filled(collection.get_offsets(), np.nan))


def covered(figure):
    """The legends that lie on a curve or on a point, as their labels."""
    figure.set_dpi(110)
    FigureCanvasAgg(figure).draw()
    found = []
    for ax in figure.axes:
        legend = ax.get_legend()
        box = legend and Bbox.intersection(legend.get_window_extent(), ax.bbox)
        for points in points_of(ax) if box else ():
            if np.all((points > box.min) & (points < box.max), axis=1).any():
                found.append([text.get_text() for text in legend.get_texts()])
    return found


def pale_words(figure):
    """The words whose colour has too little contrast on white."""
    words = [text for ax in figure.axes for text in [*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label]]
    return [text.get_text() for text in words if text.get_text() and contrast(text.get_color(), "white") < 4.5]


def test_a_legend_on_a_curve_and_pale_words_are_found():
    figure, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], label="rising")
    ax.legend(loc="center")
    ax.set_title("pale", color="silver")
    assert (covered(figure), pale_words(figure)) == ([["rising"]], ["pale"])
    ax.legend(loc="upper left")
    assert covered(figure) == []
    plt.close(figure)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_legend_lies_on_a_curve_and_no_words_are_pale(chapter, monkeypatch):
    seen, namespace = [], {"display": print}

    def look(figure, alt):
        seen.append((alt, covered(figure), pale_words(figure)))
        plt.close(figure)

    monkeypatch.setattr(plots, "show", look)
    monkeypatch.setattr(plots, "explore", lambda draw, alt, **sliders: look(draw(), alt))
    monkeypatch.setattr(lossedu.checking, "compare_with_keras", lambda function: None)
    monkeypatch.setattr(lossedu.checking, "load_keras", lambda: None)
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in (part for section in sections_of(chapter).values() for part in section):
            if not isinstance(cell, str) and not is_grade(cell):
                exec(cell.source, namespace)  # noqa: S102  our own text
    assert len(seen) > 1
    assert [each for each in seen if each[1] or each[2]] == []
