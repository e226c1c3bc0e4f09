"""Every package that lossedu imports is declared in the extra that needs it, and what lossedu bends has a bound."""

import ast
import functools
import importlib
import re
import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from lossedu.doctor import BENT as BENT_MODULES
from lossedu.expectations import Library
from tests.conftest import ROOT
from tests.test_installation import PROJECT

# What each part of the repository needs, the most special first. Imports at the top of a module must be declared in
# the first extra, those within functions, which are made where they are needed, in the second.
PARTS = {
    "lossedu/arrays.py": ("", ""),
    "lossedu/stable.py": ("", ""),
    "lossedu/svg.py": ("", ""),
    "lossedu/keras_or_stand_in": ("", "keras"),
    "lossedu/losses": ("", ""),
    "lossedu/metrics": ("", ""),
    "lossedu/optimizers": ("", ""),
    "lossedu/training": ("", ""),
    "lossedu/exercises": ("", ""),
    "lossedu/language.py": ("", ""),
    "lossedu/__init__.py": ("", ""),
    "lossedu/__main__.py": ("", "learn"),
    "lossedu/_grammar.py": ("", ""),
    "lossedu/errors.py": ("", ""),
    "lossedu/checking/_keras.py": ("", "keras"),
    "lossedu/checking": ("", "learn"),
    "lossedu/executor/code.py": ("", ""),
    "lossedu/intake/__init__.py": ("", ""),
    "lossedu/intake/names.py": ("", "learn"),
    "lossedu/intake/file_names.py": ("", ""),
    "lossedu/grading/cluster.py": ("distributed", "distributed"),
    "lossedu/grading": ("grade", "grade"),
    "lossedu/authoring/messages.py": ("docs", "docs"),
    "lossedu/authoring/site.py": ("site", "site"),
    "lossedu/authoring": ("author", "author"),
    "lossedu/doctor.py": ("learn", "grade"),
    "lossedu/cli": ("learn", "docs"),
    "lossedu": ("learn", "learn"),
    "docs": ("docs", "docs"),
    "benchmarks": ("dev", "dev"),
    "tests": ("dev", "dev"),
}
# where `lossedu check` runs, which needs `learn` alone
GUARD = ("_audit_hook", "_earlier_answers", "_earlier_calls", "_module_namespace", "_shell_lines", "_stand_ins")
FOR_CHECK = ("__init__", *GUARD, "check", "identify", "session", "stops", "strangers")
PARTS = {f"lossedu/grading/{name}.py": ("learn", "learn") for name in FOR_CHECK} | PARTS
# libraries of which lossedu replaces parts or uses private ones: another version may have others
BENT = (
    "nbgrader",
    "nbclient",
    "nbconvert",
    "ipykernel",
    "ipython",
    "jupyter-client",
    "jupyter-core",
    "traitlets",
    "jsonschema",
)
# imported only where they happen to be there
OPTIONAL = {"torch", "dask_kubernetes", "dask_jobqueue"}
# declared, though no module imports them: programs, what chapters import, drivers and plug-ins
PROGRAMS = {
    "basedpyright",
    "check-jsonschema",
    "hatchling",
    "import-linter",
    "jupyterlite-core",
    "pre-commit",
    "pytest-timeout",
    "pexpect",
    "psycopg",
    "pytest-xdist",
    "ruff",
}
PLUGINS = {
    "jupyterlab-widgets",
    "jupyterlite-pyodide-kernel",
    "myst-nb",
    "sphinx-book-theme",
    "sphinx-design",
    "sphinx-intl",
    "sphinx-mathjax-offline",
    "sphinx-notfound-page",
    "sphinx-sitemap",
    "sphinxext-opengraph",
}


@functools.cache
def requirements_of(extra):
    """The requirements of the package with an extra, by name; those of the extras that this one names among them."""
    found = {}
    for text in [*PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] if extra else [])]:
        requirement = Requirement(text)
        if requirement.name == "lossedu":
            for other in requirement.extras:
                found |= requirements_of(other)
        else:
            found[canonicalize_name(requirement.name)] = requirement
    return found


def part_of(path):
    return next(needs for part, needs in PARTS.items() if path == part or path.startswith(f"{part}/"))


@functools.cache
def imports_in(path):
    """List the modules that a file imports, each with whether it does so at its top."""
    return [*imports_below(ast.parse(path.read_text(encoding="utf-8")), is_at_top=True)]


def imports_below(node, is_at_top):
    """Yield the imports among the statements in a syntax tree; only statements hold imports."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, is_at_top) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{alias.name}", is_at_top) for alias in child.names)
        elif not isinstance(child, ast.expr):
            yield from imports_below(child, is_at_top and not is_left_out_at_first(child))


def is_left_out_at_first(statement):
    """Tell whether what a statement holds does not run when the module is imported."""
    only_in_editors = isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
    return only_in_editors or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)


FILES = [path for top in ("lossedu", "docs", "benchmarks", "tests") for path in sorted((ROOT / top).rglob("*.py"))]
OWN = {"lossedu", "tests", "benchmarks", "docs", *(path.stem for path in (ROOT / "docs").glob("*.py"))}


@functools.cache
def distributions_of(package):
    """The names of the distributions that hold a package; its own name if none does."""
    return {canonicalize_name(each) for each in all_distributions().get(package, [package])}


all_distributions = functools.cache(packages_distributions)


def file_of(module):
    """The path of one of lossedu's own modules; None for others, and for a name within a module."""
    path = ROOT / module.replace(".", "/")
    found = next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)
    return found and found.relative_to(ROOT).as_posix()


def undeclared_in(path):
    """Yield the imports of a file that the extras which it needs do not declare."""
    at_top, within = map(requirements_of, part_of(path.relative_to(ROOT).as_posix()))
    for name, is_at_top in imports_in(path):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in OWN or top in OPTIONAL:
            continue
        if not distributions_of(top) & set(at_top if is_at_top else at_top | within):
            yield f"{path.relative_to(ROOT)} imports {top}"


@pytest.mark.parametrize("top", ["lossedu", "docs", "benchmarks", "tests"])
def test_every_import_is_declared_where_it_is_needed(top):
    files = [path for path in FILES if path.relative_to(ROOT).parts[0] == top]
    assert sorted({words for path in files for words in undeclared_in(path)}) == []


def test_a_module_imports_none_of_ours_that_needs_more_packages():
    found = set()
    for path in FILES:
        place = path.relative_to(ROOT).as_posix()
        at_top = requirements_of(part_of(place)[0])
        for name, is_at_top in imports_in(path):
            other = is_at_top and (file_of(name) or file_of(name.rpartition(".")[0]))
            if other and not requirements_of(part_of(other)[0]).keys() <= at_top.keys():
                found.add(f"{place} imports {other}")
    assert found == set()


def test_every_declared_package_is_imported_or_is_a_program():
    imported = {name.partition(".")[0] for path in FILES for name, _ in imports_in(path)}
    distributions = set().union(*map(distributions_of, imported))
    assert requirements_of("dev").keys() - distributions == PROGRAMS | PLUGINS


@pytest.mark.parametrize("name", BENT)
def test_what_lossedu_bends_has_an_upper_bound(name):
    assert {each.operator for each in requirements_of("grade")[name].specifier} == {">=", "<"}


@pytest.mark.parametrize("module", BENT_MODULES)
def test_a_module_that_bends_a_library_states_the_versions_that_are_declared(module):
    (library,) = {
        each
        for name, each in vars(importlib.import_module(module)).items()
        if isinstance(each, Library) and name.lower() == module.rpartition(".")[2]
    }
    assert SpecifierSet(library.versions) == requirements_of("grade")[library.name].specifier


@pytest.mark.parametrize(("name", "requirement"), sorted(requirements_of("dev").items()), ids=str)
def test_the_lock_keeps_within_the_bounds(name, requirement):
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = re.findall(rf"^{name}==([^\s;]+)", lock, re.MULTILINE)
    assert pins
    assert [pin for pin in pins if pin not in requirement.specifier] == []
