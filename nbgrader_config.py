"""The repository root as an nbgrader course: all nbgrader commands, and the formgrader, run from here."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
EXCHANGE = ROOT / "exchange"

c = get_config()  # noqa: F821  nbgrader brings it in

c.CourseDirectory.course_id = "lossedu"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"

# nbgrader hands on every other file that lies beside a notebook, and the text of a chapter holds its solutions
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.md", "*.part"]

# a learner who deletes a test cell is graded by it all the same
c.OverwriteCells.add_missing_cells = True

# seconds a cell may take: a chapter's slowest needs about two, and an endless loop takes all of them
c.Execute.timeout = 20

# Releases and submissions pass through a folder in here, so that nothing outside is needed. With JupyterHub, where
# learners have accounts of their own, drop these three lines and let an administrator make nbgrader's default,
# /usr/local/share/nbgrader/exchange, writable for all.
EXCHANGE.mkdir(exist_ok=True)
c.Exchange.root = str(EXCHANGE)
c.Exchange.cache = str(EXCHANGE / "cache")
