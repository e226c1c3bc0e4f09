"""Tell the formgrader where the course is; copy this file to ~/.jupyter/ of the account that holds the course."""

from pathlib import Path

c = get_config()  # noqa: F821  nbgrader defines it

# The formgrader runs in the account's home folder. The course must be in a folder inside it.
c.CourseDirectory.root = str(Path.home() / "lossedu")
