"""What importing and using lossedu brings along, seen in a fresh interpreter."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import ROOT

HEAVY = {"tensorflow", "keras", "matplotlib", "sympy", "scipy", "IPython", "nbgrader", "jupytext"}
CHECK = """
from lossedu import check
def kl_divergence(y_true, y_pred): return 0.0
try:
    check(kl_divergence)
except AssertionError:
    pass
check(wasted_bits=0.25)
check(equals_apart=[0.5, 0.5])
"""


def modules_after(program):
    """The top-level modules that a fresh interpreter holds after the program."""
    show = "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", program + show], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("program", ["import lossedu", "from lossedu import check, losses", CHECK])
def test_importing_and_checking_bring_in_nothing_heavy(program):
    assert not modules_after(program) & HEAVY


def test_the_command_reads_notebooks_without_a_grammar_that_takes_a_second():
    program = "import lossedu.__main__, nbformat, jsonschema"
    assert "lark" not in modules_after(program)
    check = "jsonschema.FormatChecker().conforms({!r}, 'iri')"
    right, wrong = check.format("https://例え.jp/損失"), check.format("https://[")
    assert "lark" in modules_after(f"{program}\nassert {right} and not {wrong} and {right}")


def test_the_reference_package_imports_nothing_but_numpy():
    extra = modules_after("from lossedu import losses, metrics, optimizers, training") - modules_after("import numpy")
    assert extra - set(sys.stdlib_module_names) == {"lossedu"}


def test_importing_the_package_alone_does_not_even_import_numpy():
    assert "numpy" not in modules_after("import lossedu")


def test_the_package_says_what_it_has_and_refuses_the_rest():
    import lossedu

    assert [getattr(lossedu, name).__name__ for name in lossedu.__all__] == [
        "check",
        "compare_with_keras",
        "hint",
        "load_keras",
        "load_training",
        "lossedu.losses",
        "lossedu.metrics",
        "next_exercise",
        "lossedu.optimizers",
        "progress",
        "solution",
        "lossedu.training",
        "warm_up",
    ]
    with pytest.raises(AttributeError, match="module 'lossedu' has no attribute 'chek'"):
        lossedu.chek  # noqa: B018  the look-up is what is tested


def private_imports(file):
    """Return the private names that a module imports from a package to which it does not belong."""
    package = file.parent.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            imported = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        else:
            continue
        for dotted in imported:
            parts = dotted.split(".")
            for i, part in enumerate(parts):
                is_private = part.startswith("_") and not part.startswith("__")
                if parts[0] == "lossedu" and is_private and list(package[:i]) != parts[:i]:
                    yield f"{file.relative_to(ROOT)}:{node.lineno} {dotted}"


def test_an_underscore_means_this_package_only():
    files = [*(ROOT / "lossedu").rglob("*.py"), *(ROOT / "docs").glob("*.py")]
    assert [found for file in files for found in private_imports(file)] == []


def test_the_test_of_underscores_sees_a_private_module_and_a_private_name(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "lossedu" / "metrics" / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "from lossedu.losses._loss import loss\nfrom lossedu.losses import _loss\nimport lossedu.losses._loss\n"
        "from lossedu.metrics._own import mine\nfrom lossedu.losses import __doc__\nfrom numpy import _core\n"
    )
    assert [found.partition(" ")[2] for found in private_imports(file)] == [
        "lossedu.losses._loss.loss",
        "lossedu.losses._loss",
        "lossedu.losses._loss",
    ]


def test_each_package_says_what_is_public_in_it():
    """A package has an `__all__`; or, if others import its modules one by one, a docstring that names each module."""
    silent = []
    for file in (ROOT / "lossedu").rglob("__init__.py"):
        source = file.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(source)) or ""
        modules = [module.stem for module in file.parent.glob("*.py") if not module.stem.startswith("_")]
        if "\n__all__ = " not in source:
            silent += [f"{file.parent.name}.{name}" for name in modules if f"`{name}`" not in docstring]
    assert silent == []


def test_no_function_is_called_underscore_since_tracebacks_name_functions():
    nameless = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in (ROOT / "lossedu").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "_"
    ]
    assert nameless == []
