"""A class that hands in all sorts of work to two chapters: right, wrong, broken, late, graded by hand before.

Wrong answers are the misconceptions that the exercises declare, as far as they can be written in a cell.
"""

import ast
import builtins
import copy
import math
import re
import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from lossedu import authoring, exercises
from tests.commands import nbgrader
from tests.grading.batches import by_hand
from tests.grading.postgresql import configure, gradebook_of
from tests.grading.tampering import as_markdown, cell_of, delete, never_run
from tests.samples.demo import REPOSITORY

CHAPTERS = ("00_first_loss", "07_kl_divergence")
MISCONCEPTIONS = 5  # of each chapter
SETTINGS = """
from nbgrader.plugins import LateSubmissionPlugin


class TenthADay(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 10 * -(-total_seconds_late // 86400)


c.AssignLatePenalties.plugin_class = TenthADay
c.CourseDirectory.student_id_exclude = "excluded"
c.TrustedExecute.timeout = 8
"""
DAYS = [f"2026-03-{day:02} 12:00:00 UTC" for day in range(1, 10)]
ON_TIME, DUE = DAYS[:2]
UNREADABLE = {"not-json", "torn"}
EXCLUDED = {"excluded"}


# --- Answers --------------------------------------------------------------------------------------------------------


def solved(released, solutions):
    """The released notebook with all answers right."""
    notebook = copy.deepcopy(released)
    for cell in solutions.cells:
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution"):
            cell_of(notebook, role["grade_id"]).source = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", cell.source)
    return notebook


def written(exercise, known):
    """A misconception as the source of a cell; None if it can only be run where it is declared."""
    if not callable(known.answer):
        text = f"np.{known.answer}" if known.answer in (math.inf, -math.inf) else known.answer
        return f"{exercise.name} = {text}"
    if not hasattr(known.answer, "definition"):
        return None
    function = copy.copy(known.answer.definition())
    if not names_used(function) <= ({"np", "ops"} if exercise.on_keras else {"np"}):
        return None
    function.name = exercise.name
    return f"{ast.unparse(function)}\n"


def names_used(function):
    """Return the names that a definition takes from its module."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return {node.id for node in names} - own - vars(builtins).keys()


def misconceptions(chapter):
    """Names of students, and for each what makes right work wrong: an edit of one cell. Spread over the chapter."""
    found = [
        (f"wrong-{exercise.name}-{number}", exercise.name, source)
        for exercise in exercises.of_chapter(chapter)
        for number, known in enumerate(exercise.misconceptions)
        if (source := written(exercise, known))
    ]
    return {student: answered(name, source) for student, name, source in found[:: len(found) // MISCONCEPTIONS]}


def answered(name, source):
    """An edit that gives one answer."""

    def edit(notebook):
        cell_of(notebook, name).source = source

    return edit


def half_empty(notebook):
    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell in answers[len(answers) // 2 :]:
        cell.source = "# YOUR CODE HERE\nraise NotImplementedError()"


def first_answer(source):
    """An edit of the first answer."""

    def edit(notebook):
        answers = (cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution"))
        next(answers).source = source

    return edit


def duplicated(notebook):
    """A copy of an answer and of its test, further down."""
    twins = copy.deepcopy([cell for cell in notebook.cells if cell.metadata.get("nbgrader")][:2])
    for twin in twins:
        twin.id = f"{twin.id[:50]}-twin"
    notebook.cells += twins


def without_test_and_answer(notebook):
    *_, answer, test = [cell.metadata.nbgrader["grade_id"] for cell in notebook.cells if cell.metadata.get("nbgrader")]
    delete(answer, test)(notebook)


def show_inputs(notebook):
    """Let the first function among the answers record its inputs, and show them: they are the same on each grading."""
    name = next(name for name in answers_of(notebook) if "def " in cell_of(notebook, name).source)
    at = notebook.cells.index(cell_of(notebook, name))
    wrap = f"""SEEN, own = [], {name}
def {name}(*given, **options):
    SEEN.append(given)
    return own(*given, **options)"""
    notebook.cells.insert(at + 1, new_code_cell(wrap, id="records-inputs"))
    notebook.cells.append(new_code_cell("print(SEEN)", id="shows-inputs"))


def in_front(source):
    """An edit that adds a cell."""
    return lambda notebook: notebook.cells.insert(1, new_code_cell(source, id="in-front"))


EDITS = {
    "right": lambda notebook: None,
    "half-empty": half_empty,
    "syntax-error": first_answer("def broken(:\n    return"),
    "not-a-number": first_answer("mean_error_of_a = wasted_bits = float('nan')"),
    "raises": first_answer("raise RuntimeError('\\x1b[31mred\\x1b[0m')"),
    "endless-loop": first_answer("while True:\n    pass"),
    "deleted-test": lambda notebook: delete(f"check_{answers_of(notebook)[-1]}")(notebook),
    "deleted-answer": lambda notebook: delete(answers_of(notebook)[-1])(notebook),
    "deleted-both": without_test_and_answer,
    "duplicated": duplicated,
    "reordered": lambda notebook: notebook.cells.reverse(),
    "markdown-for-test": lambda notebook: as_markdown(notebook, f"check_{answers_of(notebook)[0]}"),
    "never-run": never_run,
    "chatty": in_front("print('x' * 100_000)\nfor i in range(2000):\n    print(i)"),
    "shows-inputs": show_inputs,
    "writes-files": in_front("import pathlib\npathlib.Path('written.txt').write_text('by a cell')"),
}


def answers_of(notebook):
    """The names of the answers that a notebook holds."""
    roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return [role["grade_id"] for role in roles if role.get("solution")]


# --- Folders --------------------------------------------------------------------------------------------------------


def torn(folder):
    """A download that broke off."""
    path = folder / "second.ipynb"
    path.write_text(path.read_text(encoding="utf-8")[:200], encoding="utf-8")


def not_json(folder):
    (folder / f"{folder.name}.ipynb").write_text("my answers: 42", encoding="utf-8")


def old_format(folder):
    """Notebooks of nbformat 3."""
    for path in folder.glob("*.ipynb"):
        nbformat.write(nbformat.read(path, as_version=3), path)


def older_format(folder):
    """Notebooks of nbformat 4.2, whose cells have no ids."""
    for path in folder.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        notebook.nbformat_minor = 2
        for cell in notebook.cells:
            del cell["id"]
        nbformat.write(notebook, path)


def more_files(folder):
    (folder / "notes" / "deep").mkdir(parents=True)
    (folder / "notes" / "deep" / "mine.txt").write_text("mine")
    (folder / "data.csv").write_text("changed")  # the teacher's own counts
    (folder / "picture.png").write_bytes(bytes(range(256)) * 100)


def handed_in(moment):
    """What hands a submission in at a moment, or without one."""

    def change(folder):
        if moment is None:
            (folder / "timestamp.txt").unlink()
        else:
            (folder / "timestamp.txt").write_text(moment)

    return change


CHANGES = {
    "missing-notebook": lambda folder: (folder / "second.ipynb").unlink(),
    "missing-chapter": lambda folder: (folder / f"{folder.name}.ipynb").unlink(),
    "extra-notebook": lambda folder: nbformat.write(new_notebook(cells=[]), folder / "scratch.ipynb"),
    "late": handed_in(DAYS[2]),
    "very-late": handed_in(DAYS[8]),
    "without-time": handed_in(None),
    "torn": torn,
    "not-json": not_json,
    "old-format": old_format,
    "older-format": older_format,
    "more-files": more_files,
    "excluded": lambda folder: None,
}

# --- The class ------------------------------------------------------------------------------------------------------

GRADED_BY_HAND = {"by-hand": ON_TIME, "by-hand-late": DAYS[3]}


def make(course, chapters=CHAPTERS):
    """Build chapters, release them, and hand in the work of the class; returns the course."""
    course.mkdir()
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    configure(course, SETTINGS)
    for chapter in chapters:
        source = course / "solutions" / chapter
        source.mkdir(parents=True)
        shutil.copy(REPOSITORY / "solutions" / chapter / f"{chapter}.md", source)
        authoring.build(source / f"{chapter}.md")
        nbformat.write(by_hand(), source / "second.ipynb")
        (source / "data.csv").write_text("1,2\n")
        nbgrader(course, "generate_assignment", chapter)
        grade_by_hand(course, chapter)
        for student, edit in (EDITS | misconceptions(chapter)).items():
            hand_in(course, chapter, student, edit)
        for student, change in CHANGES.items():
            change(hand_in(course, chapter, student))
    return course


def hand_in(course, chapter, student, edit=lambda notebook: None, moment=ON_TIME):
    """Submit right work, but for an edit of the chapter's notebook; returns its folder."""
    folder = course / "submitted" / student / chapter
    shutil.copytree(course / "course" / chapter, folder, dirs_exist_ok=True)
    path = folder / f"{chapter}.ipynb"
    solutions = nbformat.read(course / "solutions" / chapter / path.name, as_version=4)
    notebook = solved(nbformat.read(path, as_version=4), solutions)
    edit(notebook)
    nbformat.write(notebook, path)
    second = nbformat.read(folder / "second.ipynb", as_version=4)
    cell_of(second, "x").source = "x = 2"
    cell_of(second, "essay").source = "Because."
    nbformat.write(second, folder / "second.ipynb")
    (folder / "timestamp.txt").write_text(moment)
    return folder


def grade_by_hand(course, chapter):
    """Have some graded by machine, then by a person, and let them hand in something else."""
    for student in GRADED_BY_HAND:
        hand_in(course, chapter, student, half_empty, "2026-02-01 12:00:00 UTC")
    nbgrader(course, "autograde", chapter)
    with Gradebook(gradebook_of(course), "lossedu") as gradebook:
        gradebook.update_or_create_assignment(chapter, duedate=DUE)
        gradebook.update_or_create_student("right", first_name="R.")
        for student, moment in GRADED_BY_HAND.items():
            test = f"check_{exercises.of_chapter(chapter)[0].name}"
            grade = gradebook.find_grade(test, chapter, chapter, student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.5, 1, False
            grade = gradebook.find_grade("essay", "second", chapter, student)
            grade.manual_score, grade.needs_manual_grade = 2, False
            gradebook.find_comment("essay", "second", chapter, student).manual_comment = "Why so?"
            gradebook.db.commit()
            hand_in(course, chapter, student, moment=moment)
