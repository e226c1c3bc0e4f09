"""The doctor finds each thing that is broken, says the fix, and finds nothing in what is whole."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import namedtuple
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from click.testing import CliRunner

import lossedu
from lossedu import doctor, edition
from lossedu.cli import cli
from lossedu.executor.server import KernelServerError
from tests.conftest import ROOT

CHAPTER = "00_first_loss"


@pytest.fixture
def course(one_question_to_alembic, tmp_path):
    """A course directory in which all is well."""
    course = tmp_path / "course"
    source, released = course / "solutions" / CHAPTER, course / "course" / CHAPTER
    source.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copy(ROOT / "solutions" / CHAPTER / f"{CHAPTER}.md", source)
    shutil.copytree(ROOT / "course" / CHAPTER, released)
    from lossedu import authoring

    authoring.build(source / f"{CHAPTER}.md")
    (course / "secret_seed.txt").write_text("7\n")
    (course / "secret_seed.txt").chmod(0o600)
    return course


def problems(check, course):
    return list(getattr(doctor, check)(course))


def said(check, course):
    (problem,) = problems(check, course)
    return problem.says, problem.fix, problem.must


@pytest.mark.parametrize("check", [each.__name__ for each in doctor.COURSE])
def test_nothing_is_found_where_all_is_well(course, check):
    assert problems(check, course) == []


# --- The installation


def told(**fields):
    """The metadata of a distribution."""
    message = Message()
    for name, values in fields.items():
        for value in values:
            message[name.replace("_", "-")] = value
    return message


def test_a_python_that_is_not_supported_is_named(course, monkeypatch):
    monkeypatch.setattr(doctor, "metadata", lambda: told(Requires_Python=[">=3.99"]))
    says, _, must = said("python_version", course)
    assert "is not in >=3.99" in says
    assert must


def test_missing_and_outdated_packages_are_named_with_the_command(course, monkeypatch):
    requires = [
        "numpy>=1.26",
        "lossedu[learn]; extra == 'author'",
        "click<1; extra == 'learn'",
        "no-such-package>=1; extra == 'learn'",
        "not-of-this-extra; extra == 'dev'",
    ]
    monkeypatch.setattr(doctor, "metadata", lambda: told(Requires_Dist=requires))
    outdated, missing = problems("packages", course)
    assert (outdated.says, outdated.fix) == (
        f"click {importlib.metadata.version('click')} is not in <1",
        "pip install 'click<1'",
    )
    assert (missing.says, missing.fix) == ("no-such-package is missing", "pip install 'lossedu[author]'")


def test_a_package_that_was_never_installed_is_no_riddle(course, monkeypatch):
    monkeypatch.setattr(doctor, "metadata", dict)
    assert said("installed", course)[0] == "only found on the path"
    assert problems("python_version", course) == problems("packages", course) == []


def test_a_tensorflow_that_fails_is_no_must(course, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nImportError: libcuda")
    monkeypatch.setattr(doctor, "run_command", lambda command: failed)
    says, _, must = said("tensorflow", course)
    assert says == "cannot be imported: ImportError: libcuda; compare_with_keras uses recorded outputs"
    assert not must


@pytest.mark.parametrize(
    ("marker", "fix"),
    [
        ("", "for live comparisons: pip install 'lossedu[keras]'"),
        (" and python_version < '3'", "use an earlier Python"),
    ],
)
def test_a_learner_without_tensorflow_is_told_how_to_add_it(course, monkeypatch, marker, fix):
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nModuleNotFoundError: No module named 'tensorflow'")
    monkeypatch.setattr(doctor, "run_command", lambda command: failed)
    metadata = Message()
    metadata["Requires-Dist"] = f"tensorflow>=2.18; extra == 'keras'{marker}"
    monkeypatch.setattr(doctor, "metadata", lambda: metadata)
    says, advice, must = said("tensorflow", course)
    assert says == "is not installed; compare_with_keras uses recorded outputs"
    assert fix in advice
    assert not must


LAUNCH = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
INSTALL = "python -m ipykernel install --sys-prefix"


@pytest.fixture
def install_kernel(tmp_path, monkeypatch):
    """Install a kernel that hides the one called python3."""

    def install(*argv, **env):
        spec = {"argv": list(argv), "display_name": "Python 3", "language": "python", "env": env}
        folder = tmp_path / "jupyter" / "kernels" / "python3"
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))

    yield install
    assert list((tmp_path / "runtime").glob("kernel-*")) == []
    assert str(tmp_path) not in subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True).stdout


def test_the_kernel_that_is_called_right_computes(course, install_kernel):
    install_kernel(sys.executable, *LAUNCH)
    assert problems("kernel", course) == []


def test_a_kernel_that_is_not_there_is_missed(course, install_kernel, monkeypatch):
    from jupyter_client import kernelspec

    install_kernel("/nowhere/python", *LAUNCH)
    says, fix, must = said("kernel", course)
    assert (says, must) == ("the kernel needs /nowhere/python, which does not exist", True)
    assert fix == f"{INSTALL}; if that is not enough: jupyter kernelspec remove python3"

    def none(*_):
        raise kernelspec.NoSuchKernel("python3")

    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", none)
    assert said("kernel", course)[:2] == ("there is no kernel called python3", INSTALL)


def test_a_kernel_that_cannot_be_run_is_missed(course, install_kernel, tmp_path):
    program = tmp_path / "python"
    program.write_text("")
    install_kernel(str(program), *LAUNCH)
    assert said("kernel", course)[0] == f"the system refuses to run {program}: Permission denied"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "raise ModuleNotFoundError('No module named ipykernel')",
            "the kernel ends by itself: ModuleNotFoundError: No module named ipyk",
        ),
        ("pass", "the kernel ends by itself: it prints no error"),
    ],
)
def test_a_kernel_that_stops_is_quoted(course, install_kernel, code, says):
    install_kernel(sys.executable, "-c", code)
    assert said("kernel", course)[0].startswith(says)


def test_a_kernel_that_stops_while_it_imports_lossedu_is_quoted(course, install_kernel, tmp_path):
    (tmp_path / "lossedu.py").write_text("import os\nos.write(2, b'Illegal instruction')\nos._exit(132)\n")
    install_kernel(sys.executable, *LAUNCH, PYTHONPATH=str(tmp_path))
    assert said("kernel", course)[0].startswith("the kernel ends by itself: ")


def test_a_kernel_that_hangs_is_given_up(course, install_kernel, monkeypatch):
    monkeypatch.setattr(doctor, "KERNEL_SECONDS", 2)
    install_kernel(sys.executable, "-c", "import time; time.sleep(600)", "{connection_file}")
    assert said("kernel", course)[0] == "the kernel gives no answer within 2 seconds"


def test_a_kernel_of_an_environment_without_lossedu_is_found(course, install_kernel, tmp_path):
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", other], check=True)
    (site_packages,) = other.glob("lib/python*/site-packages")
    (site_packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    (site_packages / "lossedu.py").write_text("raise ModuleNotFoundError(\"No module\\nnamed 'lossedu'\")")
    install_kernel(str(other / "bin" / "python"), *LAUNCH)
    says, fix, _ = said("kernel", course)
    python = other / "bin" / "python"
    error = "ModuleNotFoundError: No module named 'lossedu'"
    assert says == f"the kernel runs {python}, which cannot import lossedu: {error}"
    assert fix == INSTALL


def test_a_kernel_with_another_version_of_lossedu_is_found(course, install_kernel, tmp_path):
    (tmp_path / "lossedu.py").write_text("__version__ = '0.0.1'\n")
    install_kernel(sys.executable, *LAUNCH, PYTHONPATH=str(tmp_path))
    says, fix, _ = said("kernel", course)
    assert says == f"the kernel runs {sys.executable}, which has lossedu 0.0.1 instead of {lossedu.__version__}"
    assert "pip install" in fix


def test_the_folder_of_the_doctor_does_not_help_the_kernel(course, install_kernel, tmp_path, monkeypatch):
    """Notebooks lie in other folders."""
    (tmp_path / "lossedu.py").write_text("raise ImportError('found beside the doctor')\n")
    monkeypatch.chdir(tmp_path)
    install_kernel(sys.executable, *LAUNCH)
    assert problems("kernel", course) == []


def test_a_path_without_alembic_is_found(course, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert str(os.path.dirname(sys.executable)) in said("commands", course)[1]  # noqa: PTH120


def test_without_a_sandbox_it_says_what_is_lost(course, monkeypatch):
    def refused(*_, **__):
        raise KernelServerError("bwrap cannot be started")

    monkeypatch.setattr("lossedu.executor.server.KernelServer", refused)
    says, _, must = said("sandbox", course)
    assert "can see the files" in says
    assert not must


# --- A course directory


def replace(course, name, old, new):
    path = course / name
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new), encoding="utf-8")


def unlink_configuration(course):
    (course / "nbgrader_config.py").unlink()


def use_stock_nbgrader(course):
    replace(course, "nbgrader_config.py", "trust(c)\n", "c.Autograde.sanitize_preprocessors = []\n")


def break_gradebook(course):
    (course / "gradebook.db").write_text("not SQLite " * 100)


def outdate_gradebook(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu"):
        pass
    import sqlite3

    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'older'")


def use_another_gradebook(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        gradebook.add_student("a")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = 'sqlite:///{course / 'new.db'}'\n")


def edit_text(course):
    replace(course, f"solutions/{CHAPTER}/{CHAPTER}.md", "How wrong is", "How far off is")


def remove_release(course):
    shutil.rmtree(course / "course" / CHAPTER)


def open_seed(course):
    (course / "secret_seed.txt").chmod(0o644)


def write_words_for_seed(course):
    (course / "secret_seed.txt").write_text("seven")


def commit_seed(course):
    for command in (["init", "-q"], ["add", "-f", "secret_seed.txt"]):
        subprocess.run(["git", *command], cwd=course, check=True)


def make_exchange_a_file(course):
    replace(course, "nbgrader_config.py", "EXCHANGE.mkdir(exist_ok=True)\n", "EXCHANGE.touch()\n")


def leave_parts(course):
    part = course / "autograded" / "a" / ".00_first_loss.part"
    part.mkdir(parents=True)
    os.utime(part, (0, 0))


@pytest.mark.parametrize(
    ("harm", "check", "says", "fix", "must"),
    [
        (unlink_configuration, "configuration", "there is none", "copy the one of lossedu's repository", True),
        (use_stock_nbgrader, "configuration", "TrustedExecute is missing", "trust(c)", True),
        (break_gradebook, "gradebook", "cannot be read: file is not a database", "put back a copy", True),
        (outdate_gradebook, "gradebook", "was made by another version", "nbgrader db upgrade", True),
        (
            use_another_gradebook,
            "earlier_gradebook",
            "new.db, which holds none",
            "copy-gradebook gradebook.db sqlite",
            True,
        ),
        (edit_text, "chapters_built", f"{CHAPTER} is not what its text yields", f"lossedu build {CHAPTER}", True),
        (edit_text, "chapters_released", f"{CHAPTER} is not what its text yields", "generate_assignment --force", True),
        (remove_release, "chapters_released", f"{CHAPTER} is not released", "generate_assignment", False),
        (open_seed, "secret_seed", "can be read by others", "chmod 600 secret_seed.txt", True),
        (write_words_for_seed, "secret_seed", "holds no number", "write one into secret_seed.txt", True),
        (commit_seed, "secret_seed", "is in git", "git rm --cached secret_seed.txt", True),
        (make_exchange_a_file, "exchange", "is not a folder", "c.Exchange.root", False),
        (leave_parts, "leftovers", "autograded/a/.00_first_loss.part is an hour old", "rm -r", False),
    ],
)
def test_each_harm_is_found_and_its_fix_said(course, harm, check, says, fix, must):
    harm(course)
    found = problems(check, course)
    assert [problem for problem in found if says in problem.says and fix in problem.fix and problem.must is must]


def test_what_is_not_built_is_named_in_one_line(course):
    (course / "solutions" / CHAPTER / f"{CHAPTER}.ipynb").unlink()
    assert said("chapters_built", course) == (f"not yet: {CHAPTER}", "lossedu build", False)


def test_a_run_at_work_leaves_nothing_behind_yet(course):
    (course / "autograded" / "a" / ".part.part").mkdir(parents=True)
    assert problems("leftovers", course) == []


def test_what_cannot_be_written_is_found(course, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert said("permissions", course)[0] == ". cannot be written"
    assert said("exchange", course)[0].endswith("exchange cannot be written")


def test_a_full_disk_is_found(course, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(2**20))
    assert said("disk_space", course)[0] == "1 MB are free"


# --- The command


def stumble(course):
    raise OSError("no such device")
    yield


@pytest.fixture
def quick(monkeypatch):
    """Only the checks of the course, as those of the installation take long."""
    monkeypatch.setattr(doctor, "INSTALLATION", [])


@pytest.mark.usefixtures("quick")
def test_the_exit_code_tells_whether_something_must_be_fixed(course):
    def run(*options):
        return CliRunner().invoke(cli, ["doctor", "--course", str(course), *options])

    assert run().exit_code == 0
    assert "Nothing must be fixed." in run().output
    assert f"This is lossedu {edition.describe()}" in run().output.replace("\n", " ")
    leave_parts(course)
    assert run().exit_code == 0
    open_seed(course)
    done = run("--json")
    assert done.exit_code == 1
    found = {each["check"]: each["problems"] for each in map(json.loads, done.output.splitlines())}
    assert [problem["must"] for problem in found["secret seed"]] == [True]
    assert found["gradebook"] == []


@pytest.mark.usefixtures("quick")
def test_a_check_that_stumbles_has_found_something(course, monkeypatch):
    monkeypatch.setattr(doctor, "COURSE", [stumble])
    (finding,) = doctor.examine(course)
    assert finding.problems[0].says == "could not be looked at: OSError: no such device"


@pytest.mark.usefixtures("quick")
def test_a_folder_that_is_no_course_is_none(tmp_path):
    (finding,) = doctor.examine(tmp_path)
    assert (finding.check, finding.problems[0].must) == ("no course", False)


# --- A course directory in an account of JupyterHub


@pytest.fixture
def server_of_the_hub(course, tmp_path, monkeypatch):
    """A Jupyter server as JupyterHub starts it, in the folder above the course; gives what it replies."""
    reply = {"code": 200, "policy": "frame-ancestors 'self'"}

    class Formgrader(BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/user/a/formgrader/api/status"
            assert self.headers["Authorization"] == "token swordfish"
            self.send_response(reply["code"])
            self.send_header("Content-Security-Policy", reply["policy"])
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Formgrader)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", f"http://127.0.0.1:{server.server_port}/user/a/")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/a/")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "swordfish")
    monkeypatch.setenv("JUPYTER_SERVER_ROOT", str(tmp_path))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    look_in(tmp_path, course)
    yield reply
    server.shutdown()
    server.server_close()


def look_in(account, folder):
    """Let the formgrader of an account look for its course in a folder."""
    (account / "config").mkdir(exist_ok=True)
    (account / "config" / "nbgrader_config.py").write_text(f"c.CourseDirectory.root = {str(folder)!r}\n")


def test_a_formgrader_that_opens_on_a_hub_is_right(course, server_of_the_hub):
    assert problems("formgrader", course) == []


def test_a_formgrader_that_the_hub_shows_in_no_frame_can_be_opened_otherwise(course, server_of_the_hub):
    server_of_the_hub["policy"] = "frame-ancestors 'none'"
    says, fix, must = said("formgrader", course)
    assert "refuses frames" in says
    assert fix.startswith("open /user/a/formgrader at the hub's address")
    assert not must


def test_a_formgrader_that_is_switched_off_on_a_hub_is_found(course, server_of_the_hub):
    server_of_the_hub["code"] = 404
    says, fix, must = said("formgrader", course)
    assert "is switched off" in says
    assert "restart the server" in fix
    assert must


def test_a_formgrader_of_a_hub_that_looks_elsewhere_is_found(course, server_of_the_hub, tmp_path):
    look_in(tmp_path, tmp_path / "other")
    says, fix, _ = said("formgrader", course)
    assert f"looks in {tmp_path / 'other'}" in says
    assert f'c.CourseDirectory.root = "{course}"' in fix


def test_a_course_outside_the_account_is_found_on_a_hub(course, server_of_the_hub, tmp_path, monkeypatch):
    (tmp_path / "account").mkdir()
    monkeypatch.setenv("JUPYTER_SERVER_ROOT", str(tmp_path / "account"))
    assert "is not inside" in said("formgrader", course)[0]


def test_an_exchange_that_is_set_for_all_accounts_is_looked_at(course, tmp_path, monkeypatch):
    replace(course, "nbgrader_config.py", "c.Exchange.root = str(EXCHANGE)\n", "")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "nbgrader_config.py").write_text("c.Exchange.root = '/nowhere'\n")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    assert said("exchange", course)[0] == "/nowhere is not a folder"


def test_a_course_that_is_named_for_all_accounts_hides_this_one(course, tmp_path, monkeypatch):
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / "nbgrader_config.py").write_text("c.CourseDirectory.course_id = 'morning'\n")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(machine))
    says, fix, must = said("exchange", course)
    assert "see only the course 'morning'" in says
    assert "remove c.CourseDirectory.course_id" in fix
    assert must
    (machine / "nbgrader_config.py").write_text("c.CourseDirectory.course_id = 'lossedu'\n")
    assert problems("exchange", course) == []
