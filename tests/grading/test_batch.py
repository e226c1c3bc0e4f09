"""`lossedu grade` leaves what `nbgrader autograde` leaves, also when it is killed on the way."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from rich.console import Console

from lossedu import edition
from lossedu.authoring import build
from lossedu.grading import worker
from lossedu.grading._preloaded import MODULES
from lossedu.grading.batch import LOST, Batch
from lossedu.grading.export import export
from lossedu.grading.processes import start_method
from lossedu.grading.results import OLDER, print_results, read_results
from lossedu.grading.worker import Job, UnfitProcessError
from tests.commands import nbgrader
from tests.grading.batches import assert_equal, by_hand, grade, start
from tests.grading.formgrader import serving
from tests.grading.postgresql import configure, gradebook_of
from tests.grading.tampering import ASSIGNMENT, Way, cell_of, master
from tests.samples.demo import REPOSITORY

SETTINGS = """
c.TrustedExecute.timeout = 5
c.LateSubmissionPlugin.penalty_method = "zero"
"""
ON_TIME, DUE, LATE = (f"2026-03-0{day} 12:00:00 UTC" for day in (1, 2, 3))
UNREADABLE = {"torn"}
GRADED = {"by-hand", "honest", "late", "one-missing", "reordered"}


def hand_in(course, student, moment=ON_TIME):
    """Submit honest work, with files beside it; returns its folder."""
    folder = course / "submitted" / student / ASSIGNMENT
    shutil.copytree(course / "course" / ASSIGNMENT, folder)
    path = folder / f"{ASSIGNMENT}.ipynb"
    nbformat.write(Way().submission(nbformat.read(path, as_version=4)), path)
    second = nbformat.read(folder / "second.ipynb", as_version=4)
    cell_of(second, "x").source = "import pathlib\nx = len(pathlib.Path('data.csv').read_text()) - 2"
    nbformat.write(second, folder / "second.ipynb")
    (folder / "timestamp.txt").write_text(moment)
    (folder / "data.csv").write_text("changed")
    (folder / "notes").mkdir()
    (folder / "notes" / "mine.txt").write_text("mine")
    return folder


@pytest.fixture(scope="module")
def ungraded(tmp_path_factory):
    """A course with submissions of every sort, one of them graded before, and by hand, and then handed in anew."""
    course = tmp_path_factory.mktemp("batch") / "ungraded"
    source = course / "solutions" / ASSIGNMENT
    source.mkdir(parents=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    configure(course, SETTINGS)
    nbformat.write(master(), source / f"{ASSIGNMENT}.ipynb")
    nbformat.write(by_hand(), source / "second.ipynb")
    (source / "data.csv").write_text("1,2\n")
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=DUE)

    graded_before = hand_in(course, "by-hand")
    nbgrader(course, "autograde", ASSIGNMENT)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        grade = gradebook.find_grade("check_entropy", ASSIGNMENT, ASSIGNMENT, "by-hand")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 1, False
        gradebook.db.commit()
    (graded_before / "timestamp.txt").write_text(DUE)

    hand_in(course, "honest")
    hand_in(course, "late", LATE)
    (hand_in(course, "one-missing") / "second.ipynb").unlink()
    torn = hand_in(course, "torn") / "second.ipynb"
    torn.write_text(torn.read_text()[:200])
    path = hand_in(course, "reordered") / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [notebook.cells[0], *notebook.cells[:2:-1]]
    nbformat.write(notebook, path)
    nbformat.write(new_notebook(cells=[]), path.parent / "scratch.ipynb")  # one that nbgrader does not know
    (path.parent / "timestamp.txt").unlink()
    return course


@pytest.fixture(scope="module")
def by_nbgrader(ungraded):
    """The same, graded by `nbgrader autograde`."""
    course = shutil.copytree(ungraded, ungraded.parent / "stock")
    nbgrader(course, "autograde", ASSIGNMENT, may_fail=True)
    return course


@pytest.fixture
def course(ungraded, tmp_path):
    """A copy of the course, to be graded."""
    return shutil.copytree(ungraded, tmp_path / "course")


def test_it_leaves_what_nbgrader_leaves(course, backend, by_nbgrader):
    course = backend(course)
    said, code = grade(course, ASSIGNMENT, "--jobs", "2")
    assert code == 1
    assert said.keys() == GRADED | UNREADABLE
    assert said["torn"]["problem"].startswith("second.ipynb: not a notebook (its JSON breaks off")
    assert (said["honest"]["points"], said["by-hand"]["points"], said["by-hand"]["max_points"]) == (8, 8.5, 16)
    assert_equal(course, by_nbgrader)

    again, code = grade(course, ASSIGNMENT)
    assert (again.keys(), code) == (UNREADABLE, 1)
    assert_equal(course, by_nbgrader)


@pytest.mark.slow
def test_the_formgrader_shows_it_and_grades_again_from_its_button(course, backend, by_nbgrader):
    course = backend(course)
    grade(course, ASSIGNMENT, "--jobs", "2")
    with serving(course) as formgrader:
        for page in ("manage_submissions", "gradebook"):
            assert ASSIGNMENT in formgrader.get(f"{page}/{ASSIGNMENT}")
        listed = {each["student"]: each for each in formgrader.send(f"submissions/{ASSIGNMENT}", "GET")}
        assert {student for student, each in listed.items() if each["autograded"]} == GRADED
        assert (listed["honest"]["score"], listed["by-hand"]["score"]) == (8, 8.5)
        [first, second] = sorted(
            formgrader.send(f"submitted_notebooks/{ASSIGNMENT}/second", "GET"), key=lambda each: each["student"]
        )[:2]
        assert "YOUR ANSWER HERE" in formgrader.get(f"submissions/{first['id']}")

        for student in ("honest", "late"):
            assert formgrader.send(f"submission/{ASSIGNMENT}/{student}/autograde")["success"]
        assert_equal(course, by_nbgrader)

        grades = formgrader.send(f"grades?submission_id={second['id']}", "GET")
        essay = next(each for each in grades if each["name"] == "essay")
        formgrader.send(f"grade/{essay['id']}", "PUT", manual_score=2, extra_credit=0.5)
    for student in ("honest", "by-hand"):
        grade(course, ASSIGNMENT, "--again", f"--student={student}")
    with Gradebook(gradebook_of(course), "lossedu") as gradebook:
        kept = gradebook.find_grade("essay", "second", ASSIGNMENT, second["student"])
        assert (kept.manual_score, kept.extra_credit) == (2, 0.5)
        assert kept.needs_manual_grade  # nbgrader asks for a second look


def test_only_who_is_named_is_graded_and_a_last_step_can_change_the_notebook(course):
    configure(course, "from tests.grading.fatal import Stamp\nc.Autograde.autograde_preprocessors.append(Stamp)")
    said, code = grade(course, ASSIGNMENT, "--student", "hon*", "--student", "late")
    assert (said.keys(), code) == ({"honest", "late"}, 0)
    assert {folder.name for folder in (course / "autograded").iterdir()} == {"by-hand", "honest", "late"}
    graded = sorted((course / "autograded" / "honest" / ASSIGNMENT).glob("*.ipynb"))
    assert [nbformat.read(path, as_version=4).metadata.stamped for path in graded] == [True, True]


@pytest.mark.parametrize(("options", "code"), [(["--student", "nobody"], 1), (["--jobs", "0"], 2)])
def test_nothing_to_grade_and_wrong_usage_have_their_exit_codes(course, options, code):
    assert grade(course, ASSIGNMENT, *options) == ({}, code)


@pytest.mark.slow
def test_ctrl_c_ends_it_and_its_kernels_with_what_was_graded_in_the_gradebook(course, by_nbgrader):
    pexpect = pytest.importorskip("pexpect")
    mark = f"LANGUAGE={course}"  # which kernels inherit, and which asks for no language that there is
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict([mark.split("=")])
    command = ["-m", "lossedu", "grade", ASSIGNMENT, "--json", "--jobs", "2"]
    terminal = pexpect.spawn(sys.executable, command, cwd=str(course), env=environment, encoding="utf-8", timeout=120)
    terminal.expect_exact("}\r\n")
    first = terminal.before
    assert len(marked(mark)) > 2
    terminal.sendintr()
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert "Interrupted: run it again to grade the others." in terminal.before
    assert "Traceback" not in terminal.before
    assert not list(course.glob("autograded/*/.*"))
    deadline = time.monotonic() + 10
    while marked(mark):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    before = set(re.findall(r'"student": "(.*?)"', first + terminal.before))
    after, _ = grade(course, ASSIGNMENT)
    assert not before & after.keys() - UNREADABLE
    assert_equal(course, by_nbgrader)


def test_all_jobs_fork_submissions_from_one_process(course):
    process = start(course, ASSIGNMENT, "--json", "--jobs", "2", "--student=honest", "--student=late")
    process.stdout.readline()  # both jobs are at work now
    graders = [each for each in psutil.Process(process.pid).children(recursive=True) if not is_server(each)]
    servers = [each for each in psutil.Process(process.pid).children() if is_server(each)]
    assert len(servers) == 1
    assert not [each for grader in graders for each in children_of(grader) if is_server(each)]
    process.communicate()
    assert not servers[0].is_running()


def is_server(process):
    """Whether it forks the processes of submissions, or is one of them; not if it has ended."""
    with contextlib.suppress(psutil.Error):
        return any("lossedu.executor._server_process" in word for word in process.cmdline())
    return False


def children_of(process):
    """The processes that a process has started; none if it has ended."""
    with contextlib.suppress(psutil.Error):
        return process.children()
    return []


def test_ctrl_c_ends_it_also_while_it_starts(course):
    mark = f"LANGUAGE={course}"
    environment = dict([mark.split("=")])
    process = start(course, ASSIGNMENT, environment=environment, start_new_session=True, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(marked(mark)) < 2:  # it has not started any other
        assert time.monotonic() < deadline
    while process.poll() is None:  # there is a moment in which it does not listen
        os.killpg(process.pid, signal.SIGINT)
        assert time.monotonic() < deadline
        time.sleep(0.1)
    said, complaints = process.communicate()
    assert (process.returncode, said) == (130, "")
    assert complaints == "Interrupted: run it again to grade the others.\n"


def test_processes_come_with_their_imports_made():
    with ProcessPoolExecutor(1, start_method()) as pool:
        loaded = pool.submit(modules).result()
    assert {*MODULES} <= loaded
    assert "lark" not in loaded


def modules():
    """The modules that this process has imported."""
    return set(sys.modules)


def marked(mark):
    """The processes that have this in their environment."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended
            if mark.encode() in environment.read_bytes():
                found.append(environment.parent.name)
    return found


def test_an_unfit_file_and_the_end_of_a_grading_process_cost_the_others_nothing(course):
    configure(course, "from tests.grading.fatal import Fatal\nc.Autograde.sanitize_preprocessors.append(Fatal)")
    configure(course, "c.CourseDirectory.max_file_size = 100")
    unfit = {
        "link": (lambda path: path.symlink_to(path.parents[3] / "gradebook.db"), "is not a file of this submission"),
        "size": (lambda path: path.write_bytes(bytes(100_001)), "is larger than 100 kB"),
        "pipe": (os.mkfifo, "is not a file of this submission"),
    }
    for student, (make, _) in unfit.items():
        make(hand_in(course, student) / "extra.dat")
    said, code = grade(course, ASSIGNMENT, "--jobs", "2")
    assert code == 1
    assert {student for student, result in said.items() if not result["problem"]} == GRADED - {"late"}
    assert said["late"]["problem"] == LOST
    for student, (_, problem) in unfit.items():
        assert problem in said[student]["problem"]


def test_what_other_processes_need_is_sent_to_them_and_no_more(course):
    (course / "gradebook.db").rename(course / "swordfish.db")
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nc.CourseDirectory.db_url = f'sqlite:///{ROOT}/swordfish.db'\n")
    sent = Batch(course, ASSIGNMENT).writer.course
    assert sent.config.TrustedExecute.secret_seed == int((course / "secret_seed.txt").read_text())
    assert "swordfish" not in str(sent)


RELEASE = "`nbgrader generate_assignment 00_first_loss` enters the assignment"


def in_course(course, *command):
    """Run a command in a course directory, and return its exit code and what it says."""
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_an_assignment_that_was_not_released_leaves_nothing_behind(tmp_path):
    chapter = "00_first_loss"
    shutil.copytree(REPOSITORY / "solutions" / chapter, tmp_path / "solutions" / chapter)
    shutil.copytree(REPOSITORY / "course" / chapter, tmp_path / "submitted" / "ann" / chapter)
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    before = {*tmp_path.rglob("*"), tmp_path / "exchange"}  # which the configuration makes
    code, said = in_course(tmp_path, "lossedu", "grade", chapter)
    assert (code, said) == (1, f"Error: {tmp_path} holds no gradebook: {RELEASE}\n")
    assert {*tmp_path.rglob("*")} <= before
    in_course(tmp_path, "nbgrader", "db", "assignment", "add", chapter)  # as the formgrader does
    code, said = in_course(tmp_path, "lossedu", "grade", chapter)
    assert (code, said) == (1, f"Error: the gradebook of {tmp_path} knows no notebook of '{chapter}': {RELEASE}\n")
    build(tmp_path / "solutions" / chapter / f"{chapter}.md")
    assert in_course(tmp_path, "nbgrader", "generate_assignment", chapter)[0] == 0  # no rows stand in the way


def test_points_by_hand_count_when_a_submission_is_graded_again(by_nbgrader, tmp_path):
    results = {result.student: result for result in read_results(by_nbgrader, ASSIGNMENT)}
    exercise = next(each for each in results["by-hand"].exercises if each.exercise == "entropy")
    assert (exercise.points, exercise.review) == (3.5, (OLDER,))
    assert {result.graded_by for result in results.values() if result.exercises} == {edition.describe()}
    assert sum(result.waiting for result in results.values()) == 0  # nobody has answered the essay
    _, remarks = export(by_nbgrader, [ASSIGNMENT], "csv", tmp_path / "grades.csv")
    assert [remark for remark in remarks if "wait" in remark] == []
    table = Console(file=io.StringIO(), width=200)
    print_results([*results.values()], table)
    assert f"\n {len(results) - 1} of {len(results)} graded.\n" in table.file.getvalue()


def test_another_version_of_lossedu_does_not_grade(course):
    sent = Batch(course, ASSIGNMENT).writer.course
    with pytest.raises(UnfitProcessError, match=r"has lossedu \S+.*, and 0\.0 is needed"):
        worker.grade(Job("a", {}, {}), replace(sent, version="0.0", digest="other"))


def test_limits_and_isolation_of_one_run_replace_those_of_the_configuration(course):
    options = {"time_limit": 400, "memory_limit": 2**30, "isolation": "rlimits"}
    config = Batch(course, ASSIGNMENT, **options).writer.course.config
    assert config.TrustedExecute.timeout == 400
    kernels = config.WarmProvisioner
    assert (kernels.memory_limit, kernels.isolation, kernels.process_limit) == (2**30, "rlimits", 256)
    assert kernels.time_limit == 400  # or what a cell computes all its time would be ended before


@pytest.mark.parametrize(("isolation", "code", "graded"), [("auto", 0, {"honest"}), ("bubblewrap", 3, set())])
def test_a_machine_without_bubblewrap_is_told_of_once_or_refused(course, monkeypatch, isolation, code, graded):
    (course / "bin").mkdir()
    (course / "bin" / "bwrap").write_text("#!/bin/sh\necho 'bwrap: not permitted' >&2; exit 1\n")
    (course / "bin" / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{course / 'bin'}:{os.environ['PATH']}")
    process = start(course, ASSIGNMENT, "--json", "--isolation", isolation, "--student=honest", stderr=subprocess.PIPE)
    said, complaints = process.communicate()
    assert process.returncode == code
    assert set(re.findall(r'"student": "(.*?)"', said)) == graded
    assert complaints.count("bwrap: not permitted") == 1
    assert ("Submissions have no sandbox, only limits" if graded else "has no sandbox: bwrap") in complaints
    assert "Traceback" not in complaints
