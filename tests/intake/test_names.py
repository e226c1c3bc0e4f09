"""The text of a cell alone tells which names it defines, whatever a learner or a program writes into it."""

import ast
import random
import re
import sys
import time
import warnings

import pytest

from lossedu.intake.masters import MasterCell
from lossedu.intake.names import (
    holds_nothing,
    names_answered,
    names_bound,
    names_left_open,
    names_not_reached,
    names_open,
    statements,
    without_stubs,
)
from tests.grading import chapters
from tests.grading.chapters import solved, untouched
from tests.intake.test_notebooks import RELEASED, SEED

CHAPTERS = [path.stem for path in RELEASED]
NUMBER = "numbers_left = None  # a whole number\n# YOUR CODE HERE\nraise NotImplementedError()"
FUNCTION = '''\
def squared_error(y_true, y_pred):
    """The squared error."""
    # YOUR CODE HERE
    raise NotImplementedError()'''
CLASS = '''\
class Mean:
    """The mean."""
    def __init__(self):
        self.reset()

    def update(self, value):
        # YOUR CODE HERE
        raise NotImplementedError()

    def result(self):
        # YOUR CODE HERE
        raise NotImplementedError()'''
GIVEN = """\
import numpy as np

inputs = np.linspace(0, 1)

def fit(x):
    scale = x.max()
    # YOUR CODE HERE
    raise NotImplementedError()

slope = None
raise NotImplementedError()"""


def answer(stub, text="return 1"):
    return re.sub("# YOUR CODE HERE\n *raise NotImplementedError\\(\\)", text, stub)


# --- Bound names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 1", "x"),
        ("x = y = 1", "x y"),
        ("x, (y, *z) = 1, (2, 3)", "x y z"),
        ("[x, y] = 1, 2", "x y"),
        ("x: float = 1", "x"),
        ("x: float", ""),
        ("x += 1", "x"),
        ("x.a = x[0] = 1", ""),
        ("(x := 1)", "x"),
        ("print(x := 1)", "x"),
        ("y = [x := a for a in b]", "x y"),
        ("y = [a for a in b if (x := a)]", "x y"),
        ("y = [a for a in b]", "y"),
        ("f = lambda: (x := 1)", "f"),
        ("f = lambda y: y", "f"),
        ("f(x=1)", ""),
        ("import x.y, z as a\nfrom b import c, d as e\nfrom f import *", "x a c e"),
        ("def f():\n    x = 1", "f"),
        ("async def f():\n    await x", "f"),
        ("class A:\n    x = 1", "A"),
        ("@x\n@y.z(1)\ndef f(): ...", "f"),
        ("def f():\n    def g(): ...\n    return g", "f"),
        ("def f():\n    global x, y\n    x = 1", "f x y"),
        ("if a:\n    x = 1\nelif b:\n    y = 2\nelse:\n    def f(): ...", "x y f"),
        ("for x, y in z:\n    a = 1\nelse:\n    b = 2", "x y a b"),
        ("while (x := f()):\n    y = 1", "x y"),
        ("with a as x, b as (y, z):\n    c = 1", "x y z c"),
        ("with a:\n    pass", ""),
        ("try:\n    x = 1\nexcept E as e:\n    y = 2\nelse:\n    z = 3\nfinally:\n    a = 4", "x y z a"),
        (
            "match a:\n    case [x, *y] | {'k': z, **b} if c:\n        d = 1\n    case _ as e:\n        pass",
            "x y z b d e",
        ),
        ("await f()\nx = await g()", "x"),
        ("async with a as x:\n    y = 1", "x y"),
        ("async for x in y:\n    z = 1", "x z"),
        ("del x", ""),
        ("größe = 3", "größe"),
        ("", ""),
        ("# x = 1", ""),
        ("'''\nx = 1\n'''", ""),
    ],
)
def test_names_are_those_that_python_binds(source, names):
    assert names_bound(source) == {*names.split()}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("!pip install x\ny = 1", "y"),
        ("%matplotlib inline\ny = 1", "y"),
        ("%time y = 1", ""),
        ("x = !ls", "x"),
        ("x = %timeit -o f()", "x"),
        ("y = 1\n?y\ny?\ny??", "y"),
        ("if a:\n    !ls\n    y = 1", "y"),
        ("%%time\ny = 1", "y"),
        ("\n\n  %%time\ny = 1", "y"),
        ("%%capture out\n\n%%time\ny = 1", "y"),
        ("%%time\n!ls\ny = 1", "y"),
        ("%%prun -l 3\ny = 1", "y"),
        ("%%timeit\ny = 1", ""),
        ("%%bash\ny=1", ""),
        ("\n%%bash\ny=1", ""),
        ("%%writefile f.py\ndef y(): pass", ""),
        ("%%html\n<b>y = 1</b>", ""),
        ("%%time", ""),
        ("%%", ""),
        (">>> y = 1", "y"),
        ("  y = 1\n  z = 2", "y z"),
    ],
)
def test_shell_lines_and_magics_do_not_hide_names(source, names):
    assert names_bound(source) == {*names.split()}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(:\n    return", "f"),
        ("async def f(:", "f"),
        ("class A(:\n  x = 1", "A"),
        ("x = (1\ny: int = 2\nz == 3\n if", "x y"),
        ("git status\npip install numpy", ""),
        ("x = 1\n\x00", "x"),
        ("x = '''", "x"),
        ("x = $y$", "x"),
    ],
)
def test_broken_text_binds_what_it_looks_like(source, names):
    assert names_bound(source) == names_answered(source) == {*names.split()}
    assert not holds_nothing(source)


def test_the_grammar_of_a_later_python_is_no_accident():
    source = "type Vector = list[float]\ndef first[T](x: T) -> T:\n    return x\ny = f'{'a'}'"
    known = sys.version_info >= (3, 12)
    assert names_bound(source) - {"Vector"} == {"first", "y"}
    assert (statements(source) is not None) == known


def test_no_text_is_an_accident():
    draw = random.Random(SEED)  # noqa: S311
    parts = ["x", " = ", "\n", "\n    ", "\t", "\r", "\x0c", "\x00", "\ud800", "é", "0", ";", "\\", "#", "(", ")"]
    parts += ["{", "}", "'", '"""', "f'", "!", "!ls", "%", "%%", "%%time", "?", "@", ":=", "def f():", "lambda"]
    parts += ["if a:", "else:", "for"]
    for _ in range(3000):
        source = "".join(draw.choices(parts, k=draw.randrange(12)))
        assert names_answered(source) <= names_bound(source)
        holds_nothing(source)
        without_stubs(source, {"x", "f"}, "x = None\nraise")
        names_not_reached(source, 1)
        names_left_open(source)


@pytest.mark.parametrize(
    "source",
    [
        "-" * 100_000 + "1",
        "+".join(["1"] * 50_000),
        "a" + ".b" * 50_000,
        "(" * 5000,
        "[" * 150 + "]" * 150,
        "1" * 100_000,
        "!ls\n" * 600,
        "what is this?\n" * 600,
        "x = 1\n" * 20_000,
        "if a: pass\n" + "elif a: pass\n" * 1500,
        "\n".join(" " * n + "if a:" for n in range(99)),
        "lambda: " * 1000 + "1",
    ],
    ids=lambda source: f"{source[:8]!r}...",
)
def test_text_without_end_takes_no_longer_than_a_moment(source):
    started = time.process_time()
    for text in (source, f"x = {source}"):
        names_answered(text)
        holds_nothing(text, f"y = 1\n{text}")
    spent = time.process_time() - started
    print(f"{spent:.2f} s")
    assert spent < 10


def test_python_warns_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert names_bound("x = '\\s'\ny = 1or 2") == {"x", "y"}


# --- What is reached


@pytest.mark.parametrize(
    ("source", "line", "names"),
    [
        ("x = 1\ny = 2\nz = 3", 2, "y z"),
        ("x = 1\ny = 2\nz = 3", 0, "x y z"),
        ("x = 1\nx = 2", 2, ""),
        ("if a:\n    x = 1\n    y = 2\nz = 3", 3, "y z"),
        ("x = (\n    1,\n    2)\ny = 3", 2, "x y"),
        ("def f(:", 1, "f"),
    ],
)
def test_names_below_the_line_of_an_error_are_not_reached(source, line, names):
    assert names_not_reached(source, line) == {*names.split()}


# --- Answers and stubs


@pytest.mark.parametrize("stub", [NUMBER, FUNCTION, CLASS, GIVEN], ids=["number", "function", "class", "given"])
def test_a_stub_answers_nothing(stub):
    assert names_answered(stub, stub) == frozenset()
    assert holds_nothing(stub, stub)
    commented = stub.replace("# YOUR CODE HERE", "# no idea") + "\n\n# sorry"
    assert names_answered(commented, stub) == frozenset()
    assert holds_nothing(commented, stub)


@pytest.mark.parametrize(
    "source",
    [
        "x = None",
        "x = ...",
        "x: float = None",
        "x, y = None, None",
        "raise NotImplementedError()\nx = None",
        "def x(): pass",
        "def x(): ...",
        "def x():\n    '''Only this.'''",
        "def x():\n    '''This.'''\n    # and this",
        "async def x():\n    raise NotImplementedError",
        "class x:\n    pass",
        "class x:\n    '''This.'''\n    def f(self): ...\n    y = None",
        "'''text'''\n3\n...",
        "# a comment",
        "",
        "\n \n",
    ],
)
def test_what_a_stub_may_be_is_no_answer(source):
    assert names_answered(source) == frozenset()
    assert holds_nothing(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = 0",
        "x = False",
        "x = ''",
        "x = []",
        "x = lambda y: None",
        "x = None or 3",
        "x, y = None, 3",
        "(x := 3)",
        "x += 1",
        "for x in range(3): pass",
        "with open(a) as x: pass",
        "def x(): return",
        "def x(): return None",
        "def x():\n    '''This.'''\n    raise NotImplementedError()\n    return 3",
        "def x():\n    return 3\n    raise NotImplementedError()",
        "async def x(): await y",
        "@cache\ndef x(): return 1",
        "class x(y): pass",
        "class x:\n    def f(self): ...\n    def g(self): return 1",
        "class x:\n    async def f(self): return 1",
        "class x:\n    y: int = 3",
        "x = None\n# YOUR CODE HERE\nraise NotImplementedError()\nx = 12",
        "if a:\n    x = 3\nelse:\n    x = None",
        "try:\n    x = 3\nexcept Exception:\n    x = None",
        "x = None\nfor y in z:\n    x = y",
        "%%time\nx = 3",
        "!ls\nx = 3",
        "def solve():\n    global x\n    x = 3\nsolve()",
        "match y:\n    case [x]:\n        pass",
        "def x(:",
    ],
)
def test_what_holds_more_than_a_stub_is_an_answer(source):
    assert "x" in names_answered(source)
    assert "x" not in names_open(source, "")
    assert not holds_nothing(source)


@pytest.mark.parametrize(
    "source",
    [
        "import x",
        "from y import x",
        "print(1)",
        "x(3)",
        "!lossedu restart x",
        "%%bash\nx=1",
        "hint('x')",
        "y = x = !ls",
    ],
)
def test_other_statements_are_neither_an_answer_nor_nothing(source):
    assert not holds_nothing(source)
    assert "x" not in names_answered(source)


def test_one_method_answers_a_class():
    once = CLASS.replace("raise NotImplementedError()", "self.value = value", 1)
    assert names_answered(once, CLASS) == {"Mean"}
    assert names_answered(answer(CLASS), CLASS) == {"Mean"}
    assert names_answered(CLASS, "") == {"Mean"}  # nobody said that __init__ was given


def test_what_a_stub_gives_is_no_answer():
    assert names_left_open(GIVEN) == {"fit", "slope"}
    assert names_answered(answer(GIVEN, "pass"), GIVEN) == {"fit"}
    assert names_answered(GIVEN.replace("slope = None", "slope = 3"), GIVEN) == {"slope"}
    assert names_answered(GIVEN.replace("(0, 1)", "(0, 2)"), GIVEN) == {"inputs"}
    assert names_answered("inputs = 3", GIVEN) == {"inputs"}


@pytest.mark.parametrize(
    ("stub", "names"),
    [
        (NUMBER, "numbers_left"),
        (FUNCTION, "squared_error"),
        (CLASS, "Mean"),
        ("a, b = None, None", "a b"),
        ("total = 0\n# YOUR CODE HERE\nraise NotImplementedError()", "total"),
        ("n = 10\ntotal = None", "total"),
        ("import numpy as np\n# YOUR CODE HERE\nraise NotImplementedError()", ""),
        ("# YOUR CODE HERE\nraise NotImplementedError()", ""),
        ("def f(", ""),
    ],
)
def test_a_stub_leaves_names_open(stub, names):
    assert names_left_open(stub) == {*names.split()}


def test_a_cell_without_a_definition_leaves_its_own_name_open():
    raising = "# YOUR CODE HERE\nraise NotImplementedError()"
    assert MasterCell("slope", "code", raising, solution=True).answers == {"slope"}
    assert MasterCell("cell-1f", "code", raising, solution=True).answers == frozenset()
    assert MasterCell("slope", "markdown", "Why?", solution=True).answers == frozenset()
    assert MasterCell("slope", "code", "slope = 3", locked=True).answers == frozenset()


# --- Leaving stubs out


@pytest.mark.parametrize(
    ("source", "names", "rest"),
    [
        (NUMBER, "numbers_left", ""),
        (FUNCTION, "squared_error", ""),
        (f"import a\n{NUMBER}\nprint(1)", "numbers_left", "import a\nprint(1)"),
        (f"{NUMBER}\n{FUNCTION}\nx = 3", "numbers_left", f"{FUNCTION}\nx = 3"),
        (f"{NUMBER}\n{FUNCTION}\nx = 3", "numbers_left squared_error", "x = 3"),
        (f"!ls\n{NUMBER}", "numbers_left", "!ls"),
        ("@a\n@b\ndef f():\n    pass\nx = 1", "f", "x = 1"),
        ("x = None; raise NotImplementedError()", "x", ""),
        ("x = None; y = 3", "x", "x = None; y = 3"),
        ("x = None\nraise E; y = 3", "x", "x = None\nraise E; y = 3"),
        ("!echo a \\\nb\ny = 3\nx = None", "x", "!echo a \\\nb\ny = 3\nx = None"),
        ("# mine\nx = None\n# YOUR CODE HERE\nraise NotImplementedError()\n# and mine", "x", "# mine\n# and mine"),
        ("x = 3", "x", "x = 3"),
        ("x = None\nx = 3", "x", "x = 3"),
        ("def f(:", "f", "def f(:"),
        ("%%time\nx = None", "x", "%%time\nx = None"),
    ],
)
def test_stubs_are_left_out_and_all_else_is_kept(source, names, rest):
    assert without_stubs(source, {*names.split()}, "") == rest


# --- All chapters


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_only_cells_for_answers_define_names_of_exercises(chapter):
    cells = untouched(chapter).cells
    masters = {
        cell.id: MasterCell(cell.metadata.nbgrader.grade_id, "code", cell.source, solution=True)
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    names = {name for master in masters.values() for name in master.answers}
    assert len(names) == len(masters) > 5
    for cell in cells:
        if cell.cell_type == "code" and cell.id not in masters:
            assert names_bound(cell.source).isdisjoint(names), cell.source


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_released_stubs_are_open_and_right_answers_are_not(chapter):
    stubs = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in untouched(chapter).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    right_ones = solved(chapter)
    for name, stub in stubs.items():
        assert names_left_open(stub) == {name}
        assert holds_nothing(stub, stub)
        right = chapters.cell_of(right_ones, name).source
        ast.parse(right)
        assert name in names_answered(right, stub)
        assert name not in names_open(right, stub)
