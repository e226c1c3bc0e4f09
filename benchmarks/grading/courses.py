"""Make courses in which a class has handed in one chapter."""

import shutil
from pathlib import Path

import nbformat

from benchmarks.grading.commands import REPOSITORY, call
from benchmarks.grading.students import submission_of
from lossedu import authoring
from tests.grading.mixed import solved

FIRST = "00_first_loss"
NO_FIGURES = f"{FIRST}-no-figures"
DIRECTORIES_ONLY = """
c = get_config()
c.CourseDirectory.course_id = "lossedu"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
"""


def hand_in(course, chapter, number, *, wrong=False, plain=False):
    """Make a course in which a class has handed in a chapter.

    Args:
        course: the folder to make.
        chapter: its name, or `NO_FIGURES`.
        number: how many students there are.
        wrong: whether every second submission is wrong.
        plain: whether nbgrader's configuration only names the directories.
    """
    text = chapter.removesuffix(NO_FIGURES.removeprefix(FIRST))
    source = course / "solutions" / chapter
    shutil.copytree(REPOSITORY / "solutions" / text, source, ignore=shutil.ignore_patterns("*.ipynb"))
    solutions = nbformat.read(authoring.build(source / f"{text}.md"), as_version=4)
    (source / f"{text}.ipynb").unlink()
    if text != chapter:
        solutions.cells = [cell for cell in solutions.cells if "plt.subplots" not in cell.source]
    nbformat.write(solutions, source / f"{chapter}.ipynb")
    if plain:
        (course / "nbgrader_config.py").write_text(DIRECTORIES_ONLY)
    else:
        shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    call(course, ["nbgrader", "generate_assignment", chapter])
    right = solved(nbformat.read(course / "course" / chapter / f"{chapter}.ipynb", as_version=4), solutions)
    for student in range(number):
        folder = shutil.copytree(course / "course" / chapter, course / "submitted" / f"s{student}" / chapter)
        notebook = submission_of(student, right, text, is_wrong=wrong and is_wrong(student))
        nbformat.write(notebook, folder / f"{chapter}.ipynb")
    return course


def is_wrong(student):
    """Return whether a student is one of the half whose submissions are wrong."""
    return student % 2 == 1


def submissions(course):
    """Return the paths of all submissions, sorted by the number of the student."""
    return sorted(Path(course).glob("submitted/*/*/*.ipynb"), key=lambda path: int(path.parts[-3][1:]))
