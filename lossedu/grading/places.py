"""Find the folders of an assignment and its submissions in a course directory."""

import shutil
from pathlib import Path


class Places:
    """The folders of one assignment.

    Args:
        coursedir: nbgrader's `CourseDirectory`, with the assignment.
    """

    def __init__(self, coursedir):
        """Read nothing yet."""
        self.coursedir = coursedir

    @property
    def master(self):
        """The folder of the assignment as its teacher wrote it."""
        folders = self.coursedir
        return Path(folders.format_path(folders.source_directory, ".", folders.assignment_id))

    def autograded(self, student):
        """Return the folder of an autograded submission."""
        folders = self.coursedir
        return Path(folders.format_path(folders.autograded_directory, student, folders.assignment_id))

    def staging(self, student):
        """Return the folder for a new autograded submission while it is written, and the folder for the earlier one.

        Their names start with a dot, so that no pattern of nbgrader finds them.
        """
        place = self.autograded(student)
        return place.with_name(f".{place.name}.part"), place.with_name(f".{place.name}.old.part")

    def remove_staging(self, student):
        """Remove the staging folders; a killed run may have left them."""
        for folder in self.staging(student):
            shutil.rmtree(folder, ignore_errors=True)
