"""The plots and pages of the losses, as `docs/loss_pages.py` writes them, before Sphinx reads them."""

import ast
import json
import re
import sys
from urllib.parse import unquote

import numpy as np
import pytest

from lossedu.losses.declaration import DECLARATIONS
from tests.conftest import ROOT

HUBER_1964 = "`doi:10.1214/aoms/1177703732 <https://doi.org/10.1214/aoms/1177703732>`__"


@pytest.fixture(scope="module")
def docs():
    """The modules that write the pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
        import loss_pages
        import loss_plots

        yield loss_pages, loss_plots


@pytest.mark.parametrize("name", DECLARATIONS)
def test_the_plotted_slope_is_the_slope_of_the_plotted_curve(docs, name):
    _, plots = docs
    option, values, _ = plots.choices(name)
    for chosen in values:
        places, loss, slope = plots.loss_along(name, {option: chosen} if option else None)
        step = places[1] - places[0]
        between = np.diff(loss) / step
        bent = np.abs(np.diff(slope)) > 0.04 * (np.ptp(slope) or 1)  # a kink lies between these points
        bent = np.convolve(bent, [1, 1, 1], mode="same") > 0
        assert bent.sum() < len(places) / 5
        middle = (slope[1:] + slope[:-1]) / 2
        scale = 0.02 * (np.ptp(slope) or 1) + 0.02 * np.abs(middle)
        assert (np.abs(between - middle) <= scale)[~bent].all(), (option, chosen)
        assert np.ptp(loss) > 0  # a flat line shows nothing


@pytest.mark.parametrize("name", DECLARATIONS)
def test_the_first_picture_is_that_of_the_slider_where_it_stands(docs, name):
    _, plots = docs
    html = plots.plot(name)
    drawn = re.findall(r'<path class="own" data-panel="(?:loss|slope)" d="([^"]+)"', html)
    data = re.search(r'<script type="application/json">(.*?)</script>', html)
    assert len(drawn) == 2
    if data:
        start = int((re.search(r'value="(\d+)"', html) or [0, 0])[1])
        assert json.loads(data[1])["own"][start] == drawn
    assert "nan" not in html.lower()


@pytest.mark.parametrize("name", DECLARATIONS)
def test_each_page_names_the_loss_and_each_library(docs, name):
    pages, _ = docs
    page = pages.loss_page(name)
    declared = DECLARATIONS[name]
    assert page.count(declared.title) >= 1
    for library, call in declared.elsewhere.items():
        assert call.name in page
        assert (f".. tab-item:: {library}\n" in page) == call.runs


@pytest.mark.parametrize("name", DECLARATIONS)
def test_each_event_of_a_history_stands_on_a_line_with_its_year_and_a_link_to_its_source(docs, name):
    pages, _ = docs
    *lines, last = pages.history(name)
    assert last == ""
    for line, event in zip(lines, DECLARATIONS[name].history, strict=True):
        assert line.startswith(f"- **{event.year}** {pages.escaped(event.words)}.")
        found = re.findall(r"`doi:(\S+) <https://doi\.org/(\S+)>`__", line)
        assert [unquote(address) for _, address in found] == ([event.doi] if event.doi else [])
        assert not any(set(address) & set("<> ") for _, address in found)


def test_the_history_of_a_loss_stands_before_its_reference(docs):
    pages, _ = docs
    page = pages.loss_page("huber").splitlines()
    start = page.index("History")
    assert page[start + 1] == "-------"
    assert page.index("- **1964** " + DECLARATIONS["huber"].history[0].words + ". " + HUBER_1964) > start
    assert page.index("Reference") > start + 4


def test_code_that_is_broken_into_lines_stays_the_same(docs):
    pages, _ = docs
    codes = [call.code for declared in DECLARATIONS.values() for call in declared.elsewhere.values()]
    codes += [declared.naive.code for declared in DECLARATIONS.values() if declared.naive]
    lines = {code: pages.wrapped(code) for code in codes}
    assert sum(len(each) > 1 for each in lines.values()) > 5
    for code, each in lines.items():
        assert ast.dump(ast.parse("\n".join(each))) == ast.dump(ast.parse(code))
        assert max(map(len, each)) <= 84


def test_each_loss_is_found_by_what_the_network_predicts(docs):
    pages, _ = docs
    found = {name for _, _, names in pages.QUESTIONS for name in names}
    assert found <= set(DECLARATIONS)
    # these are forms of others, or no losses to train with
    assert set(DECLARATIONS) - found == {
        "categorical_focal_crossentropy",
        "categorical_hinge",
        "cross_entropy",
        "entropy",
        "brier",
        "log_loss",
        "pseudo_huber",
        "softmax_cross_entropy_with_logits",
    }
