import nbformat
import pytest

from lossedu import authoring, exercises

CHAPTER = "07_kl_divergence"


def text_of(declared):
    """A chapter of nothing but its exercises."""
    cells = []
    for exercise in declared:
        cells.append(f"```{{code-cell}}\n:exercise: {exercise.name}\n### BEGIN SOLUTION\npass\n### END SOLUTION\n```")
        cells.append(f"```{{code-cell}}\n:check: {exercise.name}\n```")
    return "\n\n".join(cells)


@pytest.fixture
def text():
    return text_of(exercises.of_chapter(CHAPTER))


def test_two_builds_are_equal_to_the_letter(tmp_path, text):
    source = tmp_path / f"{CHAPTER}.md"
    source.write_text(text)
    first = authoring.build(source).read_bytes()
    assert authoring.build(source).read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{CHAPTER}.ipynb", f"{CHAPTER}.md"]


def test_contract_grade_id_and_points_come_from_the_declaration(text):
    *cells, _ = authoring.chapter_notebook(text, CHAPTER).cells
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in cells}
    stub, test = cells["kl_divergence"], cells["check_kl_divergence"]
    assert stub.source.startswith('def kl_divergence(y_true, y_pred):\n    """The information lost')
    assert stub.source.endswith('"""\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION')
    assert (stub.metadata.nbgrader.solution, stub.metadata.nbgrader.locked) == (True, False)
    assert test.source == "check(kl_divergence)"
    assert (test.metadata.nbgrader.grade, test.metadata.nbgrader.locked) == (True, True)
    assert test.metadata.nbgrader.points == exercises.get("kl_divergence").points


def test_a_chapter_ends_with_a_cell_that_shows_its_progress(text):
    *_, last = authoring.chapter_notebook(text, CHAPTER).cells
    assert last.source.endswith(f'progress("{CHAPTER}")')
    assert "nbgrader" not in last.metadata


def test_cells_with_the_same_text_have_ids_of_their_own(text):
    twice = authoring.chapter_notebook("same\n\n+++\n\nsame\n\n" + text, CHAPTER)
    nbformat.validate(twice)
    assert len({cell.id for cell in twice.cells}) == len(twice.cells)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda t: t.replace(":exercise: poisson\n", ":exercise: poison\n"),
            "no exercise 'poison'; the nearest: poisson",
        ),
        (lambda t: t.replace("### END SOLUTION", "", 1), "solution of wasted_bits must stand between ### BEGIN"),
        (lambda t: t.replace(":check: entropy\n", ":check: entropy\nassert 1\n"), "checks entropy must be empty"),
        (
            lambda t: t.replace("```{code-cell}\n:check: entropy\n```", ""),
            ":check: must be those declared.*see entropy",
        ),
        (lambda t: t + "\n\n```{code-cell}\n:check: entropy\n```", ":check: must be those declared"),
    ],
)
def test_a_text_that_does_not_fit_the_declarations_is_refused(tmp_path, text, spoil, message):
    source = tmp_path / f"{CHAPTER}.md"
    source.write_text(spoil(text))
    with pytest.raises(authoring.ChapterError, match=message):
        authoring.build(source)
    assert not source.with_suffix(".ipynb").exists()
