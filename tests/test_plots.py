import base64
import io
import re

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from ipywidgets import VBox
from jupyter_client.manager import start_new_kernel
from matplotlib.colors import to_rgb
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from lossedu import plots

CELL = """\
import matplotlib.pyplot as plt

from lossedu import plots


def draw(slope=2.0):
    figure, ax = plt.subplots()
    ax.plot([0, 1], [0, slope])
    return figure


plots.explore(draw, alt="A rising line.", slope=(1.0, 3.0, 0.5))
"""


def line(slope=2.0):
    figure, ax = plt.subplots()
    ax.plot([0, 1], [0, slope])
    return figure


class Screen:
    """What a cell has displayed, in place of IPython's display."""

    def __init__(self, monkeypatch):
        self.outputs, self.updates = [], []
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, shown, **_):
        self.outputs.append(shown)
        return self

    def update(self, shown, raw):
        assert raw
        self.updates.append(shown)


@pytest.fixture
def screen(monkeypatch):
    return Screen(monkeypatch)


def test_a_figure_is_shown_with_its_words_and_closed(screen):
    plots.show(line(), alt="A line,\n  rising & straight.")
    (output,) = screen.outputs
    assert output["text/plain"] == "[figure: A line, rising & straight.]"
    words = 'alt="A line, rising &amp; straight."'
    assert re.match(rf'<img {words} width="\d+" height="\d+" class="\S+" style="[^"]+" src="data:', output["text/html"])
    assert plt.get_fignums() == []


def luminance(colour):
    """The relative luminance of a colour, as WCAG 2 defines it."""
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def on_dark_pages(colour):
    """What the filter of dark pages makes of a colour: the matrix of CSS's `hue-rotate(180deg)`, after `invert(1)`."""
    grey = np.array([0.213, 0.715, 0.072])
    return np.clip((2 * np.tile(grey, (3, 1)) - np.eye(3)) @ (1 - np.array(to_rgb(colour))), 0, 1)


def test_ink_and_lines_are_readable_on_white_and_on_the_dark_pages_of_jupyterlab_and_the_book():
    assert "filter: invert(1) hue-rotate(180deg)" in plots.STYLE
    for ground, shown in [("#ffffff", to_rgb), ("#111111", on_dark_pages), ("#14181e", on_dark_pages)]:
        assert contrast(shown("black"), ground) > 15
        assert min(contrast(shown(colour), ground) for colour in plots.COLOURS) > 3
    # one tone of ink for both kinds of page cannot have 4.5
    assert (
        max(min(contrast([tone] * 3, "#ffffff"), contrast([tone] * 3, "#111111")) for tone in np.linspace(0, 1)) < 4.5
    )


def ground_of(page):
    """The colour of the corner of a figure's picture: red, green, blue and opacity."""
    data = re.search('base64,([^"]+)', page)[1]
    return plt.imread(io.BytesIO(base64.b64decode(data)))[0, 0]


def test_the_ground_of_a_figure_is_transparent_over_white_unless_it_has_a_colour_of_its_own():
    page = plots.picture(line(), alt="A line.")["text/html"]
    assert ground_of(page)[3] == 0
    assert 'style="background-color: white"' in page  # for pages that drop the style sheet
    yellow = line()
    yellow.set_facecolor("yellow")
    np.testing.assert_allclose(ground_of(plots.picture(yellow, alt="A line.")["text/html"]), [1, 1, 0, 1])


def test_the_colours_of_a_photo_stay_on_dark_pages_and_those_of_a_table_of_numbers_are_turned():
    for image, turned in [(np.zeros((2, 2, 3)), False), (np.zeros((2, 2)), True)]:
        figure, ax = plt.subplots()
        ax.imshow(image)
        tag, _ = plots.picture(figure, alt="An image.")["text/html"].split("<style>")
        assert ('class="lossedu-figure"' in tag) == turned


def test_without_a_reader_only_the_figure_of_the_defaults_is_shown(screen):
    plots.explore(line, alt="A line.", slope=(1.0, 3.0, 0.5))
    assert [output["text/plain"] for output in screen.outputs] == ["[figure: A line. slope = 2]"]


def test_a_slider_that_is_moved_draws_the_figure_anew_in_its_place(screen, monkeypatch):
    made = []
    monkeypatch.setattr(plots, "has_reader", lambda: True)
    monkeypatch.setattr(ipywidgets, "VBox", lambda children: made.extend(children) or VBox(children))
    plots.explore(line, alt="A line.", slope=(1.0, 3.0, 0.5))
    figure, controls = screen.outputs
    assert controls["text/plain"] == "[sliders: slope]"
    (slider,) = made
    assert (slider.min, slider.value, slider.max, slider.step) == (1.0, 2.0, 3.0, 0.5)
    slider.value = 2.5
    (anew,) = screen.updates
    assert anew["text/plain"] == "[figure: A line. slope = 2.5]"
    assert anew["text/html"] != figure["text/html"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("draw", [lambda slope: line(slope), lambda rise=1.0: line(rise)])
def test_a_slider_of_no_default_is_refused(draw):
    with pytest.raises(ValueError, match=r"draw has no default for 'slope'; it has those of (none|rise)$"):
        plots.explore(draw, alt="A line.", slope=(1.0, 3.0, 0.5))


def test_a_page_is_known_by_the_name_that_it_gives_the_cell():
    manager, client = start_new_kernel()
    try:
        shown = {}
        for page, metadata in [("JupyterLab", {"cellId": "7"}), ("nbconvert", {})]:
            request = client.session.msg("execute_request", {"code": CELL, "silent": False}, metadata=metadata)
            client.shell_channel.send(request)
            shown[page] = []
            while True:
                message = client.get_iopub_msg(timeout=60)
                if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                    continue
                if message["msg_type"] == "display_data":
                    shown[page].append("application/vnd.jupyter.widget-view+json" in message["content"]["data"])
                if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    break
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert shown == {"JupyterLab": [False, True], "nbconvert": [False]}


def test_an_exported_notebook_shows_the_figure_and_holds_no_widgets():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert "widgets" not in notebook.metadata
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert '<img alt="A rising line. slope = 2"' in page
    assert "jupyter.widget" not in page.split("<body")[1]
