"""The sample submissions all the way: built, released, handed in, collected and graded by stock nbgrader.

    python -m tests.samples.demo [FOLDER]

All of it happens in FOLDER (default: build/demo), a course directory of its own that is made anew each time.
"""

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeSubmit

from lossedu import authoring
from lossedu.grading.course import read_config
from lossedu.grading.results import print_results, read_results
from tests.samples.submissions import CHAPTER, write_submissions

REPOSITORY = Path(__file__).resolve().parents[2]
LOG = "nbgrader.log"


class NbgraderError(Exception):
    """A command of nbgrader did not do its work; the message names it and its log."""


def main():
    """Run the demo for the command line, and print the grades."""
    course = Path(*sys.argv[1:2] or [REPOSITORY / "build" / "demo"]).resolve()
    if course.exists() and any(course.iterdir()) and not (course / LOG).exists():
        sys.exit(f"{course} holds something else than an earlier demo: name an empty folder")
    shutil.rmtree(course, ignore_errors=True)
    try:
        grade_samples(course, say=partial(print, flush=True))
    except NbgraderError as error:
        sys.exit(str(error))
    print_results(read_results(course, CHAPTER))
    print(f"The feedback pages: {course / 'feedback'}/STUDENT/{CHAPTER}/{CHAPTER}.html")


def grade_samples(course, say):
    """Take all sample submissions through nbgrader in a new course directory; `say` is told of each stage."""
    chapter = course / "solutions" / CHAPTER
    chapter.mkdir(parents=True)
    (course / LOG).touch()  # from here on it is known for a demo, even if it goes no further
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    shutil.copy(REPOSITORY / "solutions" / CHAPTER / f"{CHAPTER}.md", chapter)

    say(f"Building chapter {CHAPTER} from its text")
    authoring.build(chapter / f"{CHAPTER}.md")
    say("Making the learners' version, and releasing it")
    nbgrader(course, "generate_assignment", CHAPTER)
    nbgrader(course, "release_assignment", CHAPTER)
    students = write_submissions(course / "course" / CHAPTER / f"{CHAPTER}.ipynb", course / "students")
    say(f"Handing in the work of {len(students)} students")
    for student in students:
        hand_in(course, student)
    nbgrader(course, "collect", CHAPTER, "--ExchangeCollect.check_owner=False")  # one account plays all students
    say("Grading it, and writing the feedback; an endless loop among it takes its full time")
    nbgrader(course, "autograde", CHAPTER, may_fail=True)  # it fails for one that it cannot read, and grades the others
    graded = {page.parent.name for page in course.glob(f"autograded/*/{CHAPTER}")}
    if graded != set(students) - {"not-json"}:
        raise NbgraderError(f"`nbgrader autograde` graded {', '.join(sorted(graded)) or 'nobody'}; see {course / LOG}")
    nbgrader(course, "generate_feedback", CHAPTER)


def hand_in(course, student):
    """Submit the student's work as the Submit button in JupyterLab does; in this process, as that is quicker."""
    config = read_config(course)
    config.ExchangeSubmit.assignment_dir = str(course / "students" / student)
    folders = CourseDirectory(config=config, assignment_id=CHAPTER, student_id=student)
    ExchangeSubmit(coursedir=folders, authenticator=Authenticator(config=config), config=config).start()


def nbgrader(course, command, *arguments, may_fail=False):
    """Run a command of nbgrader in the course directory, its output into a log."""
    # nbgrader calls alembic by name, so the folder of this Python must be on the path
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with (course / LOG).open("a", encoding="utf-8") as log:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, *arguments],
            cwd=course,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    if done.returncode and not may_fail:
        raise NbgraderError(f"`nbgrader {command}` failed; see {log.name}")


if __name__ == "__main__":
    main()
