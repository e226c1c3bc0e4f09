"""Find what is wrong with an installation or a course directory, and say how to fix it.

A check is a function that yields a `Problem` for each thing that it finds wrong.
"""

import ast
import importlib
import importlib.metadata
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lossedu
from lossedu import edition
from lossedu.expectations import UnsupportedError
from lossedu.files import for_shell

__all__ = ["COURSE", "INSTALLATION", "Finding", "Problem", "examine", "show"]

ENOUGH = 2**30  # bytes that should be free
KERNEL_SECONDS = 60  # for a kernel to start and compute
KERNEL_EXPRESSIONS = [
    f"__import__('{module}').{name}"
    for module, name in [("sys", "executable"), ("sys", "prefix"), ("lossedu", "__version__")]
]
FIX_SUBMISSION = "correct this file or folder, or ask the student for another file"
BENT = (  # modules that state what they expect of a library
    "lossedu.executor.nbclient",
    "lossedu.executor.ipykernel",
    "lossedu.grading.nbconvert",
    "lossedu.grading.nbgrader",
    "lossedu.grading.formgrader",
)
RESTART = "restart the server: File > Hub Control Panel"
SERVER_SECONDS = 30  # for the Jupyter server to answer
OLD = 3600  # seconds after which what a run leaves behind is nobody's any more


@dataclass(frozen=True)
class Problem:
    """Something wrong, and how to fix it; `must` is False for what can be done without."""

    says: str
    fix: str
    must: bool = True


@dataclass(frozen=True)
class Finding:
    """What came of a check: nothing, if all is well."""

    check: str
    problems: tuple[Problem, ...]


def examine(course="."):
    """Yield a `Finding` for each check of the installation and, if `course` is a course directory, of that."""
    course = Path(course)
    is_course = any((course / name).exists() for name in ("nbgrader_config.py", "solutions", "gradebook.db"))
    for check in [*INSTALLATION, *(COURSE if is_course else [no_course])]:
        try:
            problems = tuple(check(course))
        except UnsupportedError as error:  # `supported_libraries` says it too
            problems = (Problem(error.problem, error.advice),)
        except Exception as error:  # a check that stumbles has found something, too
            says = f"could not be looked at: {type(error).__name__}: {error}"
            problems = (Problem(says, "see whether another problem here explains it"),)
        yield Finding(check.__name__.replace("_", " "), problems)


def show(findings, as_json=False, console=None):
    """Print findings as a table, or as a JSON object a line; returns whether nothing must be fixed."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("what", no_wrap=True)
    table.add_column("is")
    table.add_column("fix", overflow="fold")
    well = True
    for finding in findings:
        well &= not any(problem.must for problem in finding.problems)
        if as_json:
            print(json.dumps(asdict(finding)), flush=True)
        if not finding.problems:
            table.add_row(finding.check, Text("right", "green"), "")
        for problem in finding.problems:
            what = finding.check if problem is finding.problems[0] else ""
            says = Text(problem.says, "bold red" if problem.must else "yellow")
            table.add_row(what, says, Text(problem.fix))
    if not as_json:
        console = console or Console()
        console.print(table)
        console.print(f"This is lossedu {edition.describe()}, in {Path(lossedu.__file__).parent}.", highlight=False)
        console.print("Nothing must be fixed." if well else "What is red must be fixed.")
    return well


# --- The installation -----------------------------------------------------------------------------------------------


def installed(course):
    """Whether lossedu is installed, rather than only found on the path."""
    if not metadata():
        yield Problem("only found on the path", "in its folder: pip install --editable '.[grade]'", must=False)


def python_version(course):
    """The version of Python."""
    from packaging.specifiers import SpecifierSet

    supported = metadata().get("Requires-Python", "")
    running = ".".join(map(str, sys.version_info[:3]))
    if running not in SpecifierSet(supported):
        yield Problem(f"Python {running} is not in {supported}", f"use a Python in {supported}")


def packages(course):
    """The packages that lossedu needs."""
    extra = (
        "author" if any(course.glob("solutions/*/*.md")) else "grade" if (course / "gradebook.db").exists() else "learn"
    )
    for requirement in needed(metadata().get_all("Requires-Dist") if metadata() else [], extra):
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Problem(f"{requirement.name} is missing", f"pip install 'lossedu[{extra}]'")
        else:
            if not requirement.specifier.contains(version, prereleases=True):
                wanted = f"{requirement.name}{requirement.specifier}"
                yield Problem(
                    f"{requirement.name} {version} is not in {requirement.specifier}", f"pip install '{wanted}'"
                )


def metadata() -> Any:
    """What lossedu's distribution says of itself; nothing if it is not installed."""
    try:
        return importlib.metadata.metadata("lossedu")
    except importlib.metadata.PackageNotFoundError:
        return {}


def needed(requirements, extra):
    """Yield what an extra needs, and the extras that it names."""
    from packaging.requirements import Requirement

    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            if requirement.name == "lossedu":
                for other in requirement.extras:
                    yield from needed(requirements, other)
            elif requirement.marker is None or not requirement.marker.evaluate({"extra": ""}):
                yield requirement


def supported_libraries(course):
    """The libraries that lossedu changes: they have the parts that lossedu replaces."""
    for name in BENT:
        try:
            importlib.import_module(name)
        except UnsupportedError as error:
            yield Problem(error.problem, error.advice)
        except ModuleNotFoundError:  # `packages` says so if it is needed
            pass


def tensorflow(course):
    """TensorFlow, with which compare_with_keras compares."""
    done = run_command([sys.executable, "-c", "import tensorflow"])
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        says, fix = f"cannot be imported: {last}", "pip install --force-reinstall tensorflow"
        if last == "ModuleNotFoundError: No module named 'tensorflow'":
            says, fix = "is not installed", "for live comparisons: pip install 'lossedu[keras]'"
            requirements = metadata().get_all("Requires-Dist") if metadata() else []
            if requirements and "tensorflow" not in {each.name for each in needed(requirements, "keras")}:
                fix = "for live comparisons, use an earlier Python: TensorFlow has no release for this one"
        yield Problem(f"{says}; compare_with_keras uses recorded outputs", fix, must=False)


def kernel(course):
    """The kernel that notebooks run in: it starts, computes, and imports this version of lossedu."""
    from jupyter_client.kernelspec import NoSuchKernel

    fix = "python -m ipykernel install --sys-prefix"
    try:
        python, prefix, version = ask_kernel("python3")
    except NoSuchKernel:
        yield Problem("there is no kernel called python3", fix)
    except KernelError as error:
        yield Problem(str(error), f"{fix}; if that is not enough: jupyter kernelspec remove python3")
    else:
        if prefix == sys.prefix:
            fix = "in lossedu's folder: pip install --editable '.[grade]'"
        if isinstance(version, KernelError):
            yield Problem(f"the kernel runs {python}, which cannot import lossedu: {version}", fix)
        elif version != lossedu.__version__:
            says = f"the kernel runs {python}, which has lossedu {version} instead of {lossedu.__version__}"
            yield Problem(says, fix)


class KernelError(Exception):
    """A kernel cannot be started, ends by itself, or cannot run some code."""


def ask_kernel(name):
    """Start a kernel as a notebook in another folder does, let it compute, and shut it down.

    Args:
        name: name of the kernel.

    Returns:
        The path of its Python, the prefix of its environment and its version of lossedu; for the version, a KernelError
        if lossedu cannot be imported.

    Raises:
        NoSuchKernel: there is no kernel of that name.
        KernelError: the kernel cannot be started, ends by itself, or does not compute within `KERNEL_SECONDS`.
    """
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name=name)
    program = manager.kernel_spec_manager.get_kernel_spec(name).argv[0]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            manager.start_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=errors)
            reply = reply_of(manager)
            if reply is None and manager.is_alive():
                raise KernelError(f"the kernel gives no answer within {KERNEL_SECONDS} seconds")
            if reply is None:
                errors.seek(0)
                last_line = errors.read().strip().rpartition("\n")[2]
                raise KernelError(f"the kernel ends by itself: {last_line or 'it prints no error'}")
        except FileNotFoundError:
            raise KernelError(f"the kernel needs {program}, which does not exist") from None
        except OSError as error:
            raise KernelError(f"the system refuses to run {program}: {error.strerror}") from None
        finally:
            manager.shutdown_kernel(now=True)
    if reply["status"] != "ok":
        raise KernelError(f"the kernel cannot compute 1 + 1: {reply['ename']}: {reply['evalue']}")
    python, prefix, version = (
        ast.literal_eval(value["data"]["text/plain"])
        if value["status"] == "ok"
        else KernelError(" ".join(f"{value['ename']}: {value['evalue']}".split()))
        for value in map(reply["user_expressions"].get, KERNEL_EXPRESSIONS)
    )
    return python, prefix, version


def reply_of(manager):
    """Return the reply of a kernel that has just been started; None if it ends, or does not reply in time."""
    deadline = time.monotonic() + KERNEL_SECONDS
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=KERNEL_SECONDS)
        asked = client.execute("1 + 1", silent=True, user_expressions={code: code for code in KERNEL_EXPRESSIONS})
        while time.monotonic() < deadline and manager.is_alive():
            try:
                reply = client.get_shell_msg(timeout=1)
            except queue.Empty:
                continue
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]
    except RuntimeError:  # wait_for_ready gives up
        pass
    finally:
        client.stop_channels()
    return None


def commands(course):
    """The commands that nbgrader calls by name."""
    if shutil.which("alembic") is None:
        folder = Path(sys.executable).parent
        yield Problem("alembic is not found, and nbgrader makes no gradebook without", f'export PATH="{folder}:$PATH"')


def sandbox(course):
    """The sandbox of submissions."""
    from lossedu.executor.server import KernelServer, KernelServerError

    try:
        KernelServer(dict(os.environ), sandboxed=True).close()
    except KernelServerError as error:
        lost = "submissions can see the files and the network of who grades them"
        fix = "on Linux: apt install bubblewrap"
        if not error.lacks_program:
            fix = "see what bubblewrap needs in docs/operators.md, under 'What a submission can do'"
        yield Problem(f"doesn't work, so {lost}: {error}", fix, must=False)


# --- A course directory ---------------------------------------------------------------------------------------------


def no_course(course):
    """The course directory."""
    yield Problem(f"{course.resolve()} is none", "to look at one: lossedu doctor --course DIRECTORY", must=False)


def configuration(course):
    """nbgrader_config.py: its steps of autograding."""
    if not (course / "nbgrader_config.py").exists():
        yield Problem("there is none", "copy the one of lossedu's repository")
        return
    steps = read_config(course).Autograde
    for stage, ours in [("sanitize_preprocessors", "RestoreCells"), ("autograde_preprocessors", "TrustedExecute")]:
        if ours not in [getattr(step, "__name__", str(step).rpartition(".")[2]) for step in steps.get(stage, [])]:
            yield Problem(
                f"{ours} is missing, so submissions judge themselves",
                "add: from lossedu.grading import trust; trust(c)",
            )


def gradebook(course):
    """The gradebook."""
    import sqlalchemy
    from sqlalchemy.exc import DatabaseError

    from lossedu.grading.nbgrader import get_alembic_version

    address = folders_of(course).db_url
    file = Path(address.removeprefix("sqlite:///"))
    if address.startswith("sqlite:///") and not file.exists():
        return  # nbgrader makes one
    try:
        with sqlalchemy.create_engine(address).connect() as connection:
            if not sqlalchemy.inspect(connection).get_table_names():
                return  # nbgrader makes them
            version = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar()
            connection.execute(sqlalchemy.text("SELECT count(*) FROM grade"))
    except DatabaseError as error:
        yield Problem(
            f"cannot be read: {error.orig}", f"put back a copy of {file.name}, or move it away and grade anew"
        )
    else:
        if version != get_alembic_version():
            yield Problem("was made by another version of nbgrader", "nbgrader db upgrade")


def earlier_gradebook(course):
    """A gradebook in SQLite whose students are not in the database that the course uses now."""
    import sqlalchemy

    used, before = folders_of(course).db_url, course.resolve() / "gradebook.db"
    if used == f"sqlite:///{before}" or count_students(used) or not count_students(f"sqlite:///{before}"):
        return
    address = sqlalchemy.make_url(used).render_as_string()  # without the password
    yield Problem(
        f"{before.name} holds students, but the course uses {address}, which holds none",
        f"lossedu copy-gradebook {before.name} {for_shell(address)}; or rename {before.name}, if it is not needed",
    )


def count_students(address):
    """Return the number of students in a gradebook; 0 if it has no tables yet, or does not exist."""
    import sqlalchemy

    file = address.removeprefix("sqlite:///")
    if file != address and not Path(file).exists():
        return 0
    with sqlalchemy.create_engine(address).connect() as connection:
        if not sqlalchemy.inspect(connection).has_table("student"):
            return 0
        return connection.execute(sqlalchemy.text("SELECT count(*) FROM student")).scalar()


def chapters_built(course):
    """The chapters' source notebooks."""
    texts = sorted(course.glob("solutions/*/*.md"))
    missing = [text.stem for text in texts if not text.with_suffix(".ipynb").exists()]
    if missing:
        yield Problem(f"not yet: {', '.join(missing)}", "lossedu build", must=False)
    for text in texts:
        built = text.with_suffix(".ipynb")
        if built.exists() and cells_of(built) != [(cell.cell_type, cell.source) for cell in notebook_of(text).cells]:
            yield Problem(f"{text.stem} is not what its text yields", f"lossedu build {text.stem}")


def chapters_released(course):
    """The chapters that learners get."""
    from lossedu.grading.nbgrader import ClearHiddenTests, ClearMarkScheme, ClearSolutions

    for text in sorted(course.glob("solutions/*/*.md")):
        released = Path(
            folders_of(course).format_path(folders_of(course).release_directory, ".", text.stem), f"{text.stem}.ipynb"
        )
        fix = f"lossedu build {text.stem} && nbgrader generate_assignment --force {text.stem}"
        if not released.exists():
            yield Problem(f"{text.stem} is not released", fix, must=False)
            continue
        notebook = notebook_of(text)
        for clear in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
            notebook, _ = clear().preprocess(notebook, {"language": "python"})  # pyright: ignore[reportArgumentType]
        if cells_of(released) != [(cell.cell_type, cell.source) for cell in notebook.cells]:
            yield Problem(f"{text.stem} is not what its text yields", fix)


def submissions(course):
    """What students handed in."""
    from lossedu.grading.course import handed_in, open_gradebook
    from lossedu.grading.results import why_not_graded
    from lossedu.grading.steps import master_of
    from lossedu.grading.strangers import for_terminal

    if not (course / "gradebook.db").exists() and folders_of(course).db_url.startswith("sqlite:///"):
        return  # there is no assignment yet
    with open_gradebook(course) as (gradebook, folders):
        known = [each.name for each in gradebook.assignments]
        for assignment in gradebook.assignments:
            masters = {each.name: master_of(each) for each in assignment.notebooks}
            for entry in handed_in(folders, assignment.name, known):
                if problem := why_not_graded(entry, masters):
                    place = f"{folders.submitted_directory}/{entry.name}"
                    says = f"{place} cannot be graded for {assignment.name}: {problem}"
                    yield Problem(for_terminal(says), FIX_SUBMISSION)


def secret_seed(course):
    """The number that draws hidden inputs."""
    name = read_config(course).TrustedExecute.get("secret_seed_file")
    if not name or not Path(name).exists():
        return  # made by the first grading
    file = Path(name)
    if not file.read_text(encoding="utf-8").strip().isdecimal():
        yield Problem(f"{file.name} holds no number", f"write one into {file.name}, or remove it: grading draws one")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        yield Problem(f"{file.name} can be read by others", f"chmod 600 {file.name}")
    if run_command(["git", "ls-files", "--error-unmatch", file.name], cwd=file.parent).returncode == 0:
        yield Problem(f"{file.name} is in git", f"git rm --cached {file.name}, and write another number into it")


def exchange(course):
    """The exchange."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_config_path

    config = read_configs_in(jupyter_config_path())
    config.merge(read_config(course))
    for_all = read_configs_in([path for path in jupyter_config_path() if path != jupyter_config_dir()])
    only = for_all.CourseDirectory.get("course_id")
    if only and only != config.CourseDirectory.course_id:
        yield Problem(
            f"students see only the course {only!r}, because a configuration for all accounts names it",
            "remove c.CourseDirectory.course_id from the nbgrader_config.py for all accounts, such as in /etc/jupyter",
        )
    root = Path(config.Exchange.get("root", "/usr/local/share/nbgrader/exchange"))
    if not root.is_dir():
        yield Problem(
            f"{root} is not a folder", f"mkdir -p {root} && chmod 1777 {root}, or set c.Exchange.root", must=False
        )
    elif not os.access(root, os.W_OK | os.X_OK):
        yield Problem(f"{root} cannot be written", f"chmod 1777 {root}")


def formgrader(course):
    """The formgrader on a JupyterHub: it is switched on, finds this course, and opens in JupyterLab."""
    from jupyter_core.paths import jupyter_config_path

    address, token = os.environ.get("JUPYTERHUB_SERVICE_URL"), os.environ.get("JUPYTERHUB_API_TOKEN")
    if not address or not token:
        return  # this is not a terminal of a JupyterHub server
    home, place = Path(os.environ.get("JUPYTER_SERVER_ROOT", Path.home())).resolve(), course.resolve()
    looks_in = Path(read_configs_in(jupyter_config_path()).CourseDirectory.get("root", home)).resolve()
    if looks_in != place:
        yield Problem(
            f"the formgrader looks in {looks_in}, but this course is in {place}",
            f'c.CourseDirectory.root = "{place}" in ~/.jupyter/nbgrader_config.py, then {RESTART}',
        )
    if not place.is_relative_to(home):
        yield Problem(
            f"this course is not inside {home}, so the formgrader refuses it", f"move it to a folder in {home}"
        )
    path = f"{os.environ.get('JUPYTERHUB_SERVICE_PREFIX', '/')}formgrader"
    request = urllib.request.Request(f"{address}formgrader/api/status", headers={"Authorization": f"token {token}"})  # noqa: S310  the hub's own address
    try:
        with urllib.request.urlopen(request, timeout=SERVER_SECONDS) as reply:  # noqa: S310
            policy = reply.headers.get("Content-Security-Policy", "")
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        yield Problem(
            "the formgrader is switched off in this account",
            f"cp -rn deploy/jupyterhub/teacher/. ~/.jupyter/, then {RESTART}",
        )
        return
    if "frame-ancestors 'none'" in policy:
        yield Problem(
            "JupyterHub refuses frames, so the formgrader from the menu shows 'refused to connect'",
            f"open {path} at the hub's address, in its own browser tab; see docs/jupyterhub.md",
            must=False,
        )


def leftovers(course):
    """What runs that were killed left behind."""
    old = time.time() - OLD
    found = [*course.glob("autograded/*/.*.part"), *course.glob("solutions/*/*.part")]
    for path in sorted(path for path in found if path.stat().st_mtime < old):
        yield Problem(f"{path.relative_to(course)} is an hour old", f"rm -r '{path.relative_to(course)}'", must=False)


def permissions(course):
    """The right to write."""
    for name in (".", "submitted", "autograded", "feedback", "gradebook.db"):
        if (course / name).exists() and not os.access(course / name, os.W_OK):
            yield Problem(f"{name} cannot be written", f"chmod -R u+w '{(course / name).resolve()}', as its owner")


def disk_space(course):
    """Space on the disk."""
    free = shutil.disk_usage(course).free
    if free < ENOUGH:
        yield Problem(
            f"{free / 2**20:,.0f} MB are free", f"make room: {ENOUGH / 2**20:,.0f} MB are soon used by a large class"
        )


def read_config(course):
    """What `nbgrader_config.py` in the course directory sets."""
    from lossedu.grading import course as of_course

    return of_course.read_config(course)


def read_configs_in(folders):
    """Read the `nbgrader_config.py` in each of these folders; if two set the same option, the earlier folder counts."""
    from traitlets.config import Config

    from lossedu.grading import course as of_course

    config = Config()
    for folder in reversed(folders):
        config.merge(of_course.read_config(folder))
    return config


def folders_of(course):
    """Where nbgrader finds and leaves things."""
    from lossedu.grading.nbgrader import CourseDirectory

    return CourseDirectory(config=read_config(course), root=str(course.resolve()))


def notebook_of(text):
    """The notebook that a chapter's text yields."""
    from lossedu.authoring import chapter_notebook

    return chapter_notebook(text.read_text(encoding="utf-8"), chapter=text.stem)


def cells_of(path):
    """The kinds and texts of a notebook's cells."""
    import nbformat

    return [(cell.cell_type, cell.source) for cell in nbformat.read(path, as_version=4).cells]


def run_command(command, **options):
    """A program, waited for; one that is not there fails like any other."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)  # noqa: S603
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


INSTALLATION: list[Callable] = [
    installed,
    python_version,
    packages,
    supported_libraries,
    tensorflow,
    kernel,
    commands,
    sandbox,
]
COURSE: list[Callable] = [
    configuration,
    gradebook,
    earlier_gradebook,
    chapters_built,
    chapters_released,
    submissions,
    secret_seed,
    exchange,
    formgrader,
    leftovers,
    permissions,
    disk_space,
]
