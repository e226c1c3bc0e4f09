"""What holds for every chapter: its release, its solutions, and a learner's first run."""

import asyncio
import os
import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbgrader.utils import determine_grade, is_grade, is_solution, setenv

from lossedu import exercises, mine
from lossedu.executor.forked import ForkedRunner
from lossedu.executor.server import KernelServer
from lossedu.grading.steps import TrustedExecute
from tests.sampling import others_slow

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(text.stem for text in (ROOT / "solutions").glob("*/*.md"))


def notebook(folder, chapter):
    return nbformat.read(folder / chapter / f"{chapter}.ipynb", as_version=4)


def run(unfinished, **options):
    """The notebook with the outputs that a real kernel gives."""
    asyncio.run(NotebookClient(unfinished, timeout=120, kernel_name="python3", **options).async_execute())
    return unfinished


def errors_in(notebook):
    return [o for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]


def said_on_stderr(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]


@pytest.fixture(scope="module", params=CHAPTERS)
def chapter(request):
    return request.param


@pytest.fixture(scope="module", params=others_slow(CHAPTERS, 9, start=5))
def run_chapter(request):
    """A chapter whose cells are run, which takes seconds."""
    return request.param


@pytest.fixture(scope="module")
def graded(released_course, run_chapter):
    """The solved chapter as it is graded: its answers judged from outside the kernel."""
    folder = released_course / "solutions" / run_chapter
    execute = TrustedExecute(timeout=60, secret_seed_file=str(released_course / "secret_seed.txt"))
    with setenv(NBGRADER_EXECUTION="autograde"):  # as nbgrader does; cells that ask for tf.keras look at it
        return execute.preprocess(notebook(folder.parent, run_chapter), {"metadata": {"path": str(folder)}})[0]


@pytest.fixture(scope="module")
def kernel_server():
    server = KernelServer(os.environ, sandboxed=False)
    yield server
    server.close()


@pytest.fixture(scope="module")
def untouched(released_course, run_chapter, kernel_server):
    """The chapter as a learner opens it, all cells run; without the live comparison, which takes long."""
    request = {"environment": os.environ | {"NBGRADER_EXECUTION": "validate"}, "limits": {}}
    folder = released_course / "course"
    client = NotebookClient(notebook(folder, run_chapter), allow_errors=True, kernel_manager_class=AsyncKernelManager)
    runner = ForkedRunner(client, lambda opened: kernel_server.fork(request, folder / run_chapter, opened), 10**8)
    runner.start(60)
    for index, cell in enumerate(client.nb.cells):
        if cell.cell_type == "code":
            runner.run(cell, index, 120)
    runner.stop()
    return client.nb


def test_the_committed_release_is_what_the_source_yields(released_course, chapter):
    made, committed = (path / "course" / chapter for path in (released_course, ROOT))
    assert {p.name for p in made.iterdir()} == {p.name for p in committed.iterdir() if p.name != ".ipynb_checkpoints"}
    for path in made.iterdir():
        assert path.read_text(encoding="utf-8") == (committed / path.name).read_text(encoding="utf-8")


def test_a_release_holds_no_solution_and_no_hidden_test(released_course, chapter):
    source, release = (notebook(released_course / folder, chapter) for folder in ("solutions", "course"))
    text = "\n".join(cell.source for cell in release.cells)
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    assert "seed=" not in text
    solutions = [cell for cell in release.cells if is_solution(cell)]
    assert len(solutions) == len(exercises.of_chapter(chapter))
    for cell in solutions:
        assert cell.source.endswith("# YOUR CODE HERE\n" + cell.source.splitlines()[-1])
        assert cell.source.splitlines()[-1].strip() == "raise NotImplementedError()"
    solution_lines = {
        line.strip()
        for cell in source.cells
        if is_solution(cell)
        for line in cell.source.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0].splitlines()
        if len(line.strip()) > 12
    }
    assert not {line for line in solution_lines if line in text}


def test_an_exported_chapter_shows_its_figures_in_pictures_and_words_and_needs_no_widgets(graded):
    page, _ = HTMLExporter().from_notebook_node(graded)
    figures = [line for cell in graded.cells for line in re.findall(r"^plots\.(?:show|explore)\(", cell.source, re.M)]
    assert len(re.findall('<img alt="[^"]{20,}"', page)) == len(figures) > 1
    assert "widgets" not in graded.metadata


def test_a_solved_chapter_earns_all_points(graded, run_chapter):
    points = [determine_grade(cell) for cell in graded.cells if is_grade(cell)]
    assert all(score == max_score for score, max_score in points)
    assert sum(score for score, _ in points) == sum(exercise.points for exercise in exercises.of_chapter(run_chapter))


def test_every_cell_of_a_solved_chapter_runs_while_it_is_graded(graded):
    assert not errors_in(graded)
    assert not said_on_stderr(graded)


@pytest.mark.slow
def test_every_cell_of_a_solved_chapter_runs_for_its_learner(released_course, chapter):
    solved = run(notebook(released_course / "solutions", chapter), allow_errors=True)
    assert not errors_in(solved)
    assert not said_on_stderr(solved)
    points = [determine_grade(cell) for cell in solved.cells if is_grade(cell)]
    assert all(score == max_score for score, max_score in points)


def test_an_untouched_chapter_fails_every_exercise(untouched, run_chapter):
    graded = [determine_grade(cell) for cell in untouched.cells if is_grade(cell)]
    assert [score for score, _ in graded] == [0] * len(exercises.of_chapter(run_chapter))


def test_an_untouched_chapter_shows_no_error_of_ours(untouched):
    """Errors come only from stubs, from checks that say so, and from cells that use what is not written yet."""
    assert {error.ename for error in errors_in(untouched)} <= {"NotImplementedError", "Incorrect", "NameError"}


def test_no_code_cell_is_longer_than_a_screen(released_course, chapter):
    for cell in notebook(released_course / "solutions", chapter).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 25
            assert max(map(len, cell.source.splitlines())) <= 92


def test_every_exercise_points_to_a_section_of_its_chapter(chapter):
    text = (ROOT / "solutions" / chapter / f"{chapter}.md").read_text(encoding="utf-8")
    for exercise in exercises.of_chapter(chapter):
        assert f"\n## {exercise.section}\n" in text


def test_what_is_solved_in_a_chapter_carries_on_to_the_next(released_course, chapter, monkeypatch, capsys):
    monkeypatch.chdir(released_course / "solutions" / chapter)
    functions = [each.name for each in exercises.of_chapter(chapter) if isinstance(each, exercises.FunctionExercise)]
    assert {getattr(mine, name).__name__ for name in functions} == set(functions)
    borrowed = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert not borrowed & set(functions)
