"""Where the course is; goes to ~/.jupyter/ of the account that holds it, for the formgrader."""

from pathlib import Path

c = get_config()  # noqa: F821  nbgrader brings it in

# The formgrader runs in the account's home folder, not in that of the course, and must find it below.
c.CourseDirectory.root = str(Path.home() / "lossedu")
