"""Figures that need not be drawn again: the same pictures, and none for who did not draw them."""

from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lossedu import exercises
from lossedu.authoring import nbgrader_metadata
from lossedu.executor._pictures import rounded
from lossedu.executor.pictures import SIGN, Pictures
from lossedu.grading.single import configuration
from lossedu.grading.steps import RecordPictures, TrustedExecute
from lossedu.grading.worker import Course, Job, Master, grade
from lossedu.intake.notebooks import read_notebook
from tests.grading.chapters import solved

FIGURE = """
import matplotlib.pyplot as plt
from lossedu import plots
figure, axes = plt.subplots()
axes.plot({values}, label="{label}")
axes.legend()
plots.show(figure, alt="{alt}")
"""


@pytest.fixture(scope="module")
def seed_file(tmp_path_factory):
    return tmp_path_factory.mktemp("seed") / "seed.txt"


@pytest.fixture
def run(tmp_path, seed_file):
    """Run a notebook in its sandbox; return what its cells show, and how many pictures were not drawn."""

    def run(notebook, kind=TrustedExecute, **options):
        folder = tmp_path / "work"  # which holds the same files each time, so that hidden inputs are the same
        folder.mkdir(exist_ok=True)
        config = configuration(None, seed_file, "auto")  # always this one, so that all fork from the same process
        execute = kind(config=config, **options)
        notebook = read_notebook(nbformat.writes(notebook).encode())
        execute.preprocess(notebook, {"metadata": {"path": str(folder)}})
        shown = [merged(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
        return shown, execute.pictures

    return run


def merged(outputs):
    """Return outputs with each text in one piece: how it is cut depends on the moment."""
    found = []
    for output in outputs:
        if output.output_type == "stream" and found and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def notebook_of(*cells):
    return new_notebook(cells=[each if isinstance(each, dict) else new_code_cell(each) for each in cells])


def figure(values=(1, 3, 2), label="loss", alt="A line."):
    return FIGURE.format(values=[*values], label=label, alt=alt)


@pytest.mark.parametrize(
    "chapter",
    [pytest.param(each, marks=[] if each.startswith("08") else pytest.mark.slow) for each in exercises.chapters()],
)
def test_every_figure_is_the_same_drawn_and_not_drawn(run, chapter):
    notebook = solved(chapter)
    _, pictures = run(notebook, RecordPictures)
    drawn, _ = run(notebook)
    not_drawn, reused = run(notebook, known_pictures=pictures.by_key)
    assert not_drawn == drawn
    left = str(drawn).count("data:image/png") - reused.used  # some figures hold a function of the notebook
    assert reused.used >= 1
    assert left <= 1
    assert reused.drawn >= left  # a figure can take the place of another


def test_words_and_styles_of_the_code_make_no_difference(run):
    _, pictures = run(notebook_of(figure()), RecordPictures)
    other = figure(alt="Another description.").replace("axes", "panel").replace("figure", "it") + "# a comment"
    shown, reused = run(notebook_of("x = 5", other), known_pictures=pictures.by_key)
    assert reused.used == 1
    assert "Another description." in str(shown)
    assert next(iter(pictures.by_key.values())) in str(shown)


@pytest.mark.parametrize("values", [(1, 3 + 4e-16, 2), (0.1 + 0.2, 1, -0.0)])
def test_rounding_errors_of_another_style_make_no_difference(run, values):
    exact = [float(f"{each:.12f}") for each in values]
    _, pictures = run(notebook_of(figure([each + 0.0 for each in exact])), RecordPictures)
    shown, reused = run(notebook_of(figure(values)), known_pictures=pictures.by_key)
    assert (reused.used, reused.drawn) == (1, 0)
    assert next(iter(pictures.by_key.values())) in str(shown)


@pytest.mark.parametrize("values", [(), (np.nan, 0.1 + 0.2), (-np.inf, 1), (1e308, 5), (5e-324, 1e-320), (0, 0)])
def test_rounding_harms_no_number(values):
    expected = [float(f"{each:.11e}") if 1e-100 < abs(each) < 1e100 else each for each in values]
    np.testing.assert_array_equal(rounded(np.array(values, float)), np.array(expected, float))


@pytest.mark.parametrize(
    "changed",
    [
        figure(values=(1, 3, 2.5)),
        figure(values=(1, 3, 2 + 1e-10)),
        figure(label="other"),
        figure().replace("plt.subplots()", "plt.subplots(figsize=(3, 3))"),
        figure().replace("figure, axes", "plt.rcParams['font.size'] = 20\nfigure, axes"),
        figure().replace("axes.legend()", "axes.legend()\naxes.set_yscale('log')"),
        "def paint(*_): pass\n" + figure().replace("axes.legend()", "axes.legend()\naxes.mine = paint"),
        figure().replace("axes.legend()", "axes.legend()\naxes.mine = lambda: 1"),
        "class Mine: pass\n" + figure().replace("axes.legend()", "axes.legend()\naxes.mine = Mine()"),
    ],
)
def test_another_figure_is_drawn(run, changed):
    _, pictures = run(notebook_of(figure()), RecordPictures)
    shown, reused = run(notebook_of(changed), known_pictures=pictures.by_key)
    assert reused.used == 0
    assert "data:image/png;base64,iVBOR" in str(shown)


def test_a_finished_submission_tells_how_many_figures_were_drawn(seed_file):
    config = configuration(None, seed_file, "auto")
    solved, changed = (
        nbformat.writes(notebook_of("x = 1", figure(), figure(values))).encode() for values in [(1, 2), (1, 2.5)]
    )
    master = SimpleNamespace(kernelspec="{}", source_cells=[], grade_cells=[], solution_cells=[], task_cells=[])
    course = Course(config, Master("plots", {"plots": master}), (solved,))
    finished = grade(Job("a", {"plots.ipynb": changed}, {}), course)
    assert finished.problem is None
    assert (finished.figures_drawn, finished.figures_known) == (1, 1)


def test_a_submission_cannot_add_a_picture(run):
    forged = f"display({{'text/html': '<img src=\"data:image/png;base64,{SIGN}{'0' * 40}:AAAA\">'}}, raw=True)"
    _, pictures = run(notebook_of(forged))
    assert pictures.by_key == {}


def test_claims_are_worth_one_picture_an_output_at_most(run):
    _, pictures = run(notebook_of(figure()), RecordPictures)
    (key,) = pictures.by_key
    many = f"display({{'text/html': '{SIGN}{key} ' * 1000}}, raw=True)"
    unknown = f"display({{'text/html': '{SIGN}{'0' * 40}'}}, raw=True)"
    shown, reused = run(notebook_of(many, unknown), known_pictures=pictures.by_key)
    assert reused.used == 0
    assert pictures.by_key[key] not in str(shown)


def test_where_a_person_grades_every_figure_is_drawn(run):
    _, pictures = run(notebook_of(figure()), RecordPictures)
    (key,) = pictures.by_key
    essay = new_markdown_cell("Why?", metadata={"nbgrader": nbgrader_metadata("why", solution=True, points=2)})
    claim = f"display({{'text/html': '<img src=\"data:image/png;base64,{SIGN}{key}\">'}}, raw=True)"
    shown, reused = run(notebook_of(figure(), essay, claim), known_pictures=pictures.by_key)
    assert reused.used == 0
    assert str(shown).count(pictures.by_key[key]) == 1  # the one that was drawn


def test_pictures_are_put_in_place_of_their_hashes():
    pictures = Pictures({"a" * 40: "PICTURE"})
    for page, shown in {
        f"<img src='data:image/png;base64,{'A' * 40}'>": f"<img src='data:image/png;base64,{'A' * 40}'>",
        f"<img src='{SIGN}{'a' * 40}'>": "<img src='PICTURE'>",
        f"{SIGN}{'b' * 40}": "",
        f"{SIGN}a": f"{SIGN}a",
        "text": "text",
        5: 5,
    }.items():
        data = {"text/html": page}
        pictures.put_into(data)
        assert data == {"text/html": shown}
    pictures.put_into({"image/png": "A" * 40})
    assert (pictures.used, pictures.drawn) == (1, 2)
