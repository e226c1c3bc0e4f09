"""What importing and using lossedu brings along, seen in a fresh interpreter."""

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
        "lossedu.losses",
        "lossedu.metrics",
        "next_exercise",
        "lossedu.optimizers",
        "progress",
        "solution",
        "lossedu.training",
    ]
    with pytest.raises(AttributeError, match="module 'lossedu' has no attribute 'chek'"):
        lossedu.chek  # noqa: B018  the look-up is what is tested
