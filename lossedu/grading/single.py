"""One submission without a course or a gradebook: what GitHub Classroom, Gradescope and containers run.

nbgrader's steps grade it as in a class, outside of its kernel. The released notebook says which cells are graded and
what they check. The expected values are lossedu's own.
"""

import base64
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace

import nbformat
from traitlets.config import Config

from lossedu import edition
from lossedu.executor.provisioner import WarmProvisioner
from lossedu.grading.course import UnfitFileError, check_files, read_config, read_files
from lossedu.grading.export import gradescope_results
from lossedu.grading.identify import NoMasterError, as_handed_in, assignment_of_all, release_of
from lossedu.grading.nbgrader import (
    ClearSolutions,
    CourseDirectory,
    compute_checksum,
    determine_grade,
    is_grade,
    is_locked,
    is_solution,
    is_task,
)
from lossedu.grading.results import Graded, StudentResult, read_exercises, remarks_on
from lossedu.grading.steps import TrustedExecute, trust, waits_for_a_person
from lossedu.grading.worker import Course, Job, Master, grade
from lossedu.intake.modules import modules_in
from lossedu.intake.places import Entry
from lossedu.learners import shipped_course

__all__ = ["GradedFile", "NoMasterError", "grade_file"]


@dataclass(frozen=True)
class GradedFile:
    """The result of a file, what the assignment is worth, and what was noted on the way."""

    assignment: str
    result: StudentResult
    max_points: float
    remarks: tuple[str, ...]

    def as_dict(self):
        """All of it as plain data, for JSON."""
        exercises = [asdict(each) for each in self.result.exercises]
        return {
            "file": self.result.student,
            "assignment": self.assignment,
            "points": self.result.points,
            "max_points": self.max_points,
            "problem": self.result.problem,
            "exercises": exercises,
            "remarks": self.remarks,
            "lossedu": edition.describe(),
        }

    def for_gradescope(self):
        """What Gradescope reads from `results/results.json`."""
        return gradescope_results(self.result)

    def for_classroom(self):
        """What `classroom-resources/autograding-grading-reporter` reads, in base64, of a step before it.

        Its own graders make it so: points for the whole, and a status and points for each test.
        """
        tests = [
            {
                "name": each.exercise,
                "status": "pass" if each.points >= each.max_points else "fail",
                "score": each.points,
                "message": "\n\n".join(filter(None, (*each.review, each.verdict or each.mistake))),
                "test_code": "",
                "filename": self.result.student,
                "line_no": 0,
                "duration": 0,
            }
            for each in self.result.exercises
        ]
        status = "error" if self.result.problem else min((test["status"] for test in tests), default="fail")
        found = {"version": 1, "status": status, "max_score": self.max_points, "tests": tests}
        return base64.b64encode(json.dumps(found).encode()).decode()


def grade_file(path, assignment=None, *, course=None, master=None, isolation="auto"):
    """Grade one notebook, one Python file of answers, a zip archive that holds one of them, or a folder of such files.

    Args:
        path: what was handed in. A module of answers in the same folder is graded too. A folder is read like a
            student's folder in `submitted/`.
        assignment: the chapter that the file answers; by default, it is found by the file's name or cells, and for a
            folder by those of its files, or else the name of `master`.
        course: an nbgrader course directory, whose configuration, released notebook and secret seed to use. Without
            one, these are lossedu's own, and the hidden inputs are drawn anew each time.
        master: the notebook that says which cells are graded, if not the released one. It may be a source notebook.
        isolation: "auto", "bubblewrap", "rlimits" or "none", as `WarmProvisioner` has it.

    Returns:
        GradedFile. It names any problem of the file itself; such a problem is never raised.

    Raises:
        NoMasterError: there is no released notebook of that name.
        UnfitProcessError: "bubblewrap" was asked for, and doesn't work here.
    """
    path = Path(path)
    name = path.name or path.resolve().name
    released = released_folder(course)
    with tempfile.TemporaryDirectory() as folder:
        config = configuration(course, Path(folder, "seed.txt"), isolation)
        try:
            files, problem = read_submission(path, config), None
        except UnfitFileError as error:
            files, problem = {name: b""}, str(error)
        if assignment is None and master:
            assignment = Path(master if path.is_dir() else path).stem
        assignment = assignment or assignment_of_all(files, released)
        master = nbformat.read(master or release_of(assignment, released), as_version=4)
        cells = Master(assignment, {assignment: cells_of(master)})
        if problem:
            return GradedFile(assignment, StudentResult(name, (), problem), cells.max_points, ())
        if not path.is_dir():
            files = modules_in(path.parent, assignment, is_deep=False) | as_handed_in(path, files[name], assignment)
        job = Job("submission", files, {})
        finished = grade(job, Course(config, cells))
    remarks = [*finished.shortcomings, *(message for _, message in finished.log)]
    exercises = ()
    for text in finished.notebooks.values():
        notebook = nbformat.v4.reads(text)
        grades = {
            cell.metadata.nbgrader.grade_id: grade_of(cell)
            for cell in notebook.cells
            if is_grade(cell) or is_task(cell)
        }
        exercises = tuple(read_exercises(notebook.cells, grades, TrustedExecute(config=config).timeout))
        remarks += [remark for remark in remarks_on(notebook, exercises) if remark not in remarks]
    result = StudentResult(name, exercises, finished.problem)
    return GradedFile(assignment, result, cells.max_points, tuple(remarks))


def read_submission(path, config):
    """Read a file, or all files in a folder; return their contents by their paths.

    Raises:
        UnfitFileError: one is a link, lies behind a link, or is not a file, or the files are too large or too many.
    """
    if not is_ordinary(path):
        raise UnfitFileError(f"{path.name}: it is a link, lies behind a link, or is not a file or a folder")
    if not path.is_dir():
        return {path.name: path.read_bytes()}
    largest = 1000 * CourseDirectory(config=config).max_file_size
    entry = Entry(path.name, path, (path,))
    return read_files(check_files(entry, largest, WarmProvisioner(config=config).file_limit // 2))


def is_ordinary(path):
    """Return whether a path is that of a file or folder, and no link of a student's leads there, perhaps to a secret.

    Below the working folder every link may be a student's. In an absolute path, only the last part may be.
    """
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        return False
    below = not path.is_absolute() and ".." not in path.parts
    return not below or path.resolve().is_relative_to(Path.cwd().resolve())


def released_folder(course):
    """Return the folder of released notebooks: that of the course directory, or the one that comes with lossedu."""
    if not course:
        return shipped_course()
    folders = CourseDirectory(config=read_config(course), root=str(Path(course).resolve()))
    return Path(folders.root, folders.release_directory)


def configuration(course, seed_file, isolation):
    """The course's configuration, or one like that of lossedu's own course."""
    config = read_config(course) if course else Config()
    if "autograde_preprocessors" not in config.Autograde:
        trust(config)
        config.TrustedExecute.timeout = 20
    if "secret_seed_file" not in config.TrustedExecute:
        config.TrustedExecute.secret_seed_file = str(seed_file)
        config.TrustedExecute.out_of_reach = [str(seed_file)]
    config.WarmProvisioner.isolation = isolation
    return config


def cells_of(master):
    """The cells of a master notebook as the gradebook would have them."""
    found = SimpleNamespace(
        kernelspec=json.dumps(master.metadata.get("kernelspec")),
        source_cells=[],
        grade_cells=[],
        solution_cells=[],
        task_cells=[],
    )
    for cell in master.cells:
        if "nbgrader" not in cell.metadata:
            continue
        if "BEGIN SOLUTION" in cell.source:
            cell, _ = ClearSolutions().preprocess_cell(cell, {"language": "python"}, 0)  # pyright: ignore[reportArgumentType]
        told = cell.metadata.nbgrader
        row = SimpleNamespace(
            name=told.grade_id,
            cell_type=cell.cell_type,
            locked=is_locked(cell),
            source=cell.source,
            checksum=compute_checksum(cell),
            max_score=float(told.get("points", 0)),
        )
        found.source_cells.append(row)
        for kind, belongs in (
            (found.grade_cells, is_grade),
            (found.solution_cells, is_solution),
            (found.task_cells, is_task),
        ):
            if belongs(cell):
                kind.append(row)
    return found


def grade_of(cell):
    """The grade that nbgrader reads off a cell; one that it leaves to a person counts as nothing yet."""
    if is_task(cell):
        return Graded(0.0, float(cell.metadata.nbgrader.points), True)
    waits, most = waits_for_a_person(cell), float(cell.metadata.nbgrader.points)
    points, max_points = (None, most) if waits else determine_grade(cell)
    return Graded(points or 0.0, max_points, points is None)
