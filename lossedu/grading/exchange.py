"""Tell students when an assignment is due: nbgrader's exchange hands out files only, so the date becomes a file."""

from datetime import UTC
from pathlib import Path

from lossedu.grading.course import has_gradebook
from lossedu.grading.nbgrader import CourseDirectory, ExchangeReleaseAssignment, Gradebook, MissingEntry
from lossedu.learners import DUE_DATE, due_date_file


class ReleaseWithDueDate(ExchangeReleaseAssignment):
    """Release an assignment as nbgrader does, with the due date from the gradebook in a file beside the notebook.

    Set `c.ExchangeFactory.release_assignment` to this class in `nbgrader_config.py`. Without a due date, there is no
    such file.
    """

    coursedir: CourseDirectory  # in the type of nbgrader's trait it may be None

    def do_copy(self, src, dest, log=None):
        """Copy the files, and add the due date."""
        super().do_copy(src, dest, log)
        file, due = Path(dest, DUE_DATE), self.due_date()
        file.unlink(missing_ok=True)  # one that lay in the release folder says another date
        if due is not None:
            file.write_text(due_date_file(due, dest), encoding="utf-8")

    def due_date(self):
        """Return the due date in the gradebook, as an aware `datetime`; None if there is none."""
        folders = self.coursedir
        if not has_gradebook(folders):
            return None
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            try:
                due = gradebook.find_assignment(folders.assignment_id).duedate
            except MissingEntry:
                return None
            return due and due.replace(tzinfo=UTC)  # nbgrader keeps times in UTC, without saying so
