"""The repository root as an nbgrader course: all nbgrader commands, and the formgrader, run from here."""

from pathlib import Path

from lossedu.grading import trust

ROOT = Path(__file__).resolve().parent
EXCHANGE = ROOT / "exchange"

c = get_config()  # noqa: F821  nbgrader brings it in

c.CourseDirectory.course_id = "lossedu"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"

# nbgrader hands on every other file that lies beside a notebook, and the text of a chapter holds its solutions
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.md", "*.part"]

# verdicts are formed outside the kernels of submissions, and on hidden inputs too: a number of one's own draws them
c.TrustedExecute.secret_seed_file = str(ROOT / "secret_seed.txt")
PRIVATE = ("solutions", "submitted", "autograded", "feedback", "gradebook.db", "exchange", "secret_seed.txt")
c.TrustedExecute.out_of_reach = [
    *(str(ROOT / name) for name in (*PRIVATE, "nbgrader_config.py")),
    "/usr/local/share/nbgrader",  # the exchange of courses that use JupyterHub
]
trust(c)

# students see the due date: in the last cell of the notebook, and in `lossedu progress`
c.ExchangeFactory.release_assignment = "lossedu.grading.exchange.ReleaseWithDueDate"

# seconds a cell may take: a chapter's slowest needs about two, and an endless loop takes all of them
c.TrustedExecute.timeout = 20
c.TrustedExecute.notebook_timeout = 300  # all cells together

# what a submission may use of the machine, and which folders it may read besides Python's and its own
c.WarmProvisioner.isolation = "auto"  # a sandbox where bubblewrap works; "bubblewrap" refuses to grade without one
c.WarmProvisioner.time_limit = 300  # seconds of computing in all
c.WarmProvisioner.memory_limit = 2 * 2**30  # bytes for each process
c.WarmProvisioner.file_limit = 256 * 2**20  # bytes of files
c.WarmProvisioner.process_limit = 256  # processes and threads
c.WarmProvisioner.readable = []
c.TrustedExecute.output_limit = 20 * 2**20  # characters shown

# Releases and submissions pass through a folder in here, so that nothing outside is needed. On JupyterHub, where
# learners have accounts of their own, remove all lines with EXCHANGE, as docs/jupyterhub.md says.
EXCHANGE.mkdir(exist_ok=True)
c.Exchange.root = str(EXCHANGE)
c.Exchange.cache = str(EXCHANGE / "cache")
