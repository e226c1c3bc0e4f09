"""The steps of autograding that are faster here leave what those of nbgrader and nbconvert leave."""

import copy

import pytest
from nbconvert.exporters import NotebookExporter
from nbformat import ValidationError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.nbgraderformat import ValidationError as MetadataError
from nbgrader.preprocessors import CheckCellMetadata, LimitOutput, SaveAutoGrades

from lossedu.authoring import nbgrader_metadata
from lossedu.grading.steps import SaveGrades, SubmissionExporter
from lossedu.grading.worker import remembering_metadata
from tests.grading.equality import rows

WHERE = {"notebook": "first", "assignment": "one", "student": "ann"}


def cell(make, source, name, outputs=(), **role):
    """A cell with a role of nbgrader, and what it shows."""
    task = role.pop("task", False)
    made = make(source, metadata={"nbgrader": nbgrader_metadata(name, **{"solution": False} | role)})
    made.metadata.nbgrader.update({"task": True, "grade": False} if task else {})
    if outputs:
        made.outputs = list(outputs)
    return made


@pytest.fixture
def notebook():
    """Tests that are passed, passed in part and failed, an essay, an answer and a task."""
    part = new_output("execute_result", {"text/plain": "1.5"}, execution_count=1)
    essay = cell(new_markdown_cell, "Because.", "essay", solution=True, points=3)
    essay.metadata.nbgrader["grade"] = True
    return new_notebook(
        cells=[
            cell(new_code_cell, "x = 1", "x", solution=True),
            cell(new_code_cell, "assert x", "passed", points=2),
            cell(new_code_cell, "1.5", "in_part", [part], points=2),
            cell(new_code_cell, "assert not x", "failed", [new_output("error", ename="AssertionError")], points=2),
            essay,
            cell(new_markdown_cell, "Draw.", "task", points=4, task=True),
            new_code_cell("print(1)", outputs=[new_output("stream", text="1\n" * 2000)]),
        ]
    )


@pytest.fixture
def gradebook(tmp_path):
    """Makes a gradebook with a submission whose essay and first test have been graded by hand."""

    def make(name):
        url = f"sqlite:///{tmp_path / name}.db"
        with Gradebook(url, "course") as opened:
            opened.add_assignment("one")
            opened.add_notebook("first", "one")
            of = ("first", "one")
            for test in ("passed", "in_part", "failed"):
                opened.add_grade_cell(test, *of, max_score=2, cell_type="code")
            opened.add_grade_cell("essay", *of, max_score=3, cell_type="markdown")
            opened.add_solution_cell("essay", *of)
            opened.add_solution_cell("x", *of)
            opened.add_task_cell("task", *of, max_score=4, cell_type="markdown")
            opened.add_student("ann")
            opened.add_submission("one", "ann")
            for graded in ("essay", "passed"):
                opened.find_grade(graded, "first", "one", "ann").manual_score = 1
            opened.db.commit()
        return url

    return make


def saved_by(step, url, notebook):
    """The rows of a gradebook after a step has saved grades."""
    step().preprocess(copy.deepcopy(notebook), {"nbgrader": WHERE | {"db_url": url}})
    return rows(url)


def test_grades_are_saved_as_nbgrader_saves_them(gradebook, notebook):
    ours, nbgraders = saved_by(SaveGrades, gradebook("a"), notebook), saved_by(SaveAutoGrades, gradebook("b"), notebook)
    assert any("'auto_score': 1.5" in row for row in nbgraders["grade"])
    assert ours == nbgraders


def test_a_cell_that_the_gradebook_does_not_know_gets_no_grade(gradebook, notebook):
    notebook.cells.append(cell(new_code_cell, "", "unknown", points=1))
    with pytest.raises(MissingEntry, match="'unknown'"):
        saved_by(SaveGrades, gradebook("a"), notebook)


def test_a_notebook_is_written_as_nbconvert_writes_it(notebook):
    texts = []
    for kind in (SubmissionExporter, NotebookExporter):
        exporter = kind()
        exporter._preprocessors = [LimitOutput()]
        text, resources = exporter.from_notebook_node(copy.deepcopy(notebook), {})
        texts.append((text, resources["output_extension"]))
    assert texts[0] == texts[1]
    assert "Output truncated" in texts[0][0]


@pytest.mark.parametrize("kind", [SubmissionExporter, NotebookExporter])
def test_an_invalid_notebook_is_not_written(kind, notebook):
    notebook.cells[-1].outputs[0].text = 5
    exporter = kind()
    exporter._preprocessors = [LimitOutput(enabled=False)]
    with pytest.raises(ValidationError):
        exporter.from_notebook_node(notebook, {})


def test_metadata_is_checked_each_time_it_is_wrong(notebook):
    with remembering_metadata():
        for _ in range(2):
            CheckCellMetadata().preprocess(notebook, {})
        notebook.cells[1].metadata.nbgrader["points"] = "two"
        for _ in range(2):
            with pytest.raises(MetadataError):
                CheckCellMetadata().preprocess(notebook, {})
