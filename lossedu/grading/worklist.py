"""Find the submissions of an assignment, and those of them that are not graded yet."""

import fnmatch

from lossedu.grading.course import NotGradedError, handed_in, time_of
from lossedu.grading.nbgrader import Assignment, SubmittedAssignment


class Worklist:
    """The submissions of one assignment.

    Args:
        gradebook: nbgrader's `Gradebook`.
        places: the `Places` of the assignment.
        notebooks: the names of the notebooks that the assignment has.
    """

    def __init__(self, gradebook, places, notebooks):
        """Read nothing yet."""
        self.gradebook, self.places, self.notebooks = gradebook, places, notebooks
        self.coursedir, self.assignment = places.coursedir, places.coursedir.assignment_id

    def submissions(self, students):
        """Find the entries with these names or patterns; `NotGradedError` if a name or pattern matches nothing."""
        known = [each.name for each in self.gradebook.assignments]
        entries = handed_in(self.coursedir, self.assignment, known)
        found = {}
        for pattern in students:
            exact = {entry.name: entry for entry in entries if entry.name == pattern}
            matching = exact or {entry.name: entry for entry in entries if fnmatch.fnmatchcase(entry.name, pattern)}
            if not matching:
                where = self.coursedir.submitted_directory
                whose = "" if pattern == "*" else f" of {pattern!r}"
                raise NotGradedError(f"{where} holds no submission{whose} for {self.assignment!r}")
            found |= matching
        return [found[name] for name in sorted(found)]

    def ungraded(self, entries):
        """Return the entries that are not graded yet, or were handed in again after they were graded.

        A submission is graded if the gradebook has it with its time of submission, and if the autograded folder has all
        its notebooks and is not older. The times are those in `timestamp.txt`, which grading copies, or else the
        times of the files.
        """
        query = self.gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
        query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        query = query.filter(Assignment.name == self.assignment)  # pyright: ignore[reportGeneralTypeIssues]  a column
        known = dict(query.all())
        return [each for each in entries if not (each.name in known and self.is_graded(each, known[each.name]))]

    def is_graded(self, entry, recorded):
        """Tell whether an entry is graded, given the time that the gradebook has recorded; see `ungraded`."""
        if entry.problem:
            return False
        names = [f"{name}.ipynb" for name in self.notebooks]
        folder, autograded = entry.folder, self.places.autograded(entry.name)
        graded = [autograded / name for name in names if (autograded / name).exists()]
        if not graded or not all((autograded / name).exists() for name in names if (folder / name).exists()):
            return False
        in_place = [folder / name for name in names if (folder / name).exists()]
        handed_in_at = time_of(folder)
        if handed_in_at is None:
            files = in_place or [path for _, path in entry.files()]
            newest = max((path.lstat().st_mtime for path in files), default=0)
            return all(each.stat().st_mtime >= newest for each in graded)
        copied = time_of(autograded)
        return recorded == handed_in_at and copied is not None and copied >= handed_in_at
