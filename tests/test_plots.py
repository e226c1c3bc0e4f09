import re

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import pytest
from ipywidgets import VBox
from jupyter_client.manager import start_new_kernel
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
    assert re.match(
        r'<img alt="A line, rising &amp; straight." width="\d+" height="\d+" src="data:', output["text/html"]
    )
    assert plt.get_fignums() == []


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
