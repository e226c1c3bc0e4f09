"""Save the grades of a submission, all at once; what lossedu could not judge waits for a person."""

from lossedu.grading.nbgrader import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    NbGraderPreprocessor,
    SaveAutoGrades,
    is_solution,
)
from lossedu.intake.notebooks import OUR_METADATA


class SaveGrades(SaveAutoGrades):
    """Save the grades of a submission; what lossedu could not judge waits for a grade by hand."""

    def preprocess(self, nb, resources):
        """Save the grades and comments of a notebook all at once; nbgrader would save them cell by cell."""
        of = resources["nbgrader"]
        with Gradebook(of["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(of["notebook"], of["assignment"], of["student"])
            self.gradebook = SubmittedRows(gradebook, submitted)
            self.notebook_id, self.assignment_id, self.student_id = submitted.name, of["assignment"], of["student"]
            nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
            gradebook.db.commit()
        return nb, resources

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        if waits_for_a_person(cell):
            grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"])
            grade.auto_score, grade.needs_manual_grade = None, True


class SubmittedRows:
    """The grades and comments of a submitted notebook by their cells, read by one query each."""

    def __init__(self, gradebook, submitted):
        """Read the rows of a `SubmittedNotebook`."""
        self.grades, self.comments = (
            dict(
                gradebook.db.query(BaseCell.name, kind)
                .join(kind, kind.cell_id == BaseCell.id)
                .filter(kind.notebook_id == submitted.id)
                .all()
            )
            for kind in (Grade, Comment)
        )

    @property
    def db(self):
        """This object, because nbgrader commits after each cell; `SaveGrades` commits everything at the end."""
        return self

    def commit(self):
        """Do nothing."""

    def find_grade(self, cell, *_):
        """Return the grade of a cell; raise `MissingEntry` as nbgrader does if there is none."""
        return self.row_of(cell, self.grades)

    def find_comment(self, cell, *_):
        """Return the comment on a cell; raise `MissingEntry` as nbgrader does if there is none."""
        return self.row_of(cell, self.comments)

    def row_of(self, cell, rows):
        """Return the row of a cell."""
        try:
            return rows[cell]
        except KeyError:
            raise MissingEntry(f"the submission has no row for the cell {cell!r}") from None


def is_put_back(cell):
    """Tell whether a cell was missing in the submission and was put back."""
    return bool(cell.metadata.get(OUR_METADATA, {}).get("put_back"))


def waits_for_a_person(cell):
    """Tell whether a cell needs a grade by hand although nbgrader would save one.

    nbgrader gives 0 points to an answer that is still empty. If the cell was put back, the learner may have answered in
    a cell that lossedu could not tell from others.
    """
    return bool(accident_in(cell)) or (is_put_back(cell) and is_solution(cell))


def accident_in(cell):
    """Return the error of lossedu itself while it judged a cell; None if there was none."""
    return cell.metadata.get(OUR_METADATA, {}).get("accident")
