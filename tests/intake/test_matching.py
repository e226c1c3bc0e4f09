"""Whatever happens to the cells of a notebook, no answer is lost, and each test judges its answer."""

import contextlib
import copy
import functools
import json
import random
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from lossedu.intake import names
from lossedu.intake.masters import Master
from lossedu.intake.matching import ELSEWHERE, ForeignNotebookError, match, overlap
from lossedu.intake.notebooks import OUR_METADATA, read_notebook
from lossedu.intake.scripts import read_script
from tests.grading.chapters import solved, untouched
from tests.intake.test_names import CHAPTERS
from tests.intake.test_notebooks import SEED

RAISE = "# YOUR CODE HERE\nraise NotImplementedError()"
ROLES = ("grade_id", "grade", "solution", "task", "locked", "points", "cell_type")


# --- Notebooks of whole chapters


def roles_of(notebook):
    """By grade id, the role of each cell, its type and its text."""
    found = {}
    for cell in notebook.cells:
        if role := cell.metadata.get("nbgrader"):
            assert role["grade_id"] not in found
            found[role["grade_id"]] = {key: role.get(key) for key in ROLES}, cell.cell_type, cell.source
    return found


def read(notebook):
    return read_notebook(json.dumps(notebook).encode())  # nbformat itself would repair some of it


@functools.cache
def master_of(chapter):
    return Master.of_notebook(untouched(chapter))


def without_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


def without_ids(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"


def sources(notebook):
    return [cell.source for cell in notebook.cells]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_untouched_notebook_matches_without_remarks(chapter):
    notebook = read(untouched(chapter))
    assert match(notebook, master_of(chapter)) == []
    assert roles_of(notebook) == roles_of(untouched(chapter))
    assert sources(notebook) == sources(untouched(chapter))
    assert overlap(read(untouched(chapter)), master_of(chapter))[:2] == (len(master_of(chapter).cells), 0)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_solved_notebook_matches_without_remarks(chapter):
    notebook = read(solved(chapter))
    assert match(notebook, master_of(chapter)) == []
    assert roles_of(notebook) == roles_of(solved(chapter))
    assert sources(notebook) == sources(solved(chapter))
    master = master_of(chapter)
    assert overlap(read(solved(chapter)), master)[:2] == (len(master.cells), len(master.solutions))


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("state", [untouched, solved])
@pytest.mark.parametrize("edits", [(without_metadata,), (without_metadata, without_ids)], ids=["metadata", "and ids"])
def test_cells_are_found_without_metadata(chapter, state, edits):
    notebook = state(chapter)
    for edit in edits:
        edit(notebook)
    notebook = read(notebook)
    before = sources(notebook)
    (remark,) = match(notebook, master_of(chapter))
    assert "had lost the metadata of nbgrader" in remark
    assert roles_of(notebook) == roles_of(state(chapter))
    assert sources(notebook) == before


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_answers_alone_suffice(chapter):
    master, notebook = master_of(chapter), solved(chapter)
    given = roles_of(notebook)
    answers = [given[wanted.name][2] for wanted in master.solutions]
    random.Random(SEED).shuffle(answers)  # noqa: S311
    notebook = new_notebook(cells=[new_code_cell(answer) for answer in answers])
    match(notebook, master)
    assert roles_of(notebook) == given
    places = {cell.metadata.nbgrader.grade_id: number for number, cell in enumerate(notebook.cells)}
    assert all(places[f"check_{wanted.name}"] > places[wanted.name] for wanted in master.solutions)
    assert len(notebook.cells) == len(given)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_without_cells_is_put_back(chapter):
    notebook = new_notebook()
    (remark,) = match(notebook, master_of(chapter))
    assert "missing and put back" in remark
    assert roles_of(notebook) == roles_of(untouched(chapter))
    assert [cell.metadata.nbgrader.grade_id for cell in notebook.cells] == [
        each.name for each in master_of(chapter).cells
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_another_chapter_is_refused(chapter):
    other = CHAPTERS[CHAPTERS.index(chapter) - 1]
    with pytest.raises(ForeignNotebookError, match="none of the cells"):
        match(read(solved(other)), master_of(chapter))


def test_matching_costs_little():
    def seconds(call):
        started = time.process_time()
        for _ in range(5):
            names.answered_and_open.cache_clear()
            names.holds_nothing.cache_clear()
            call()
        return (time.process_time() - started) / 5

    worst = 0
    for chapter in CHAPTERS:
        text, master = nbformat.writes(solved(chapter)), master_of(chapter)
        notebooks = [read_notebook(text.encode()) for _ in range(5)]
        theirs = seconds(lambda text=text: nbformat.reads(text, as_version=4))
        ours = seconds(lambda notebooks=notebooks, master=master: match(notebooks.pop(), master))
        print(f"{chapter}: match {1000 * ours:.1f} ms, nbformat.reads {1000 * theirs:.1f} ms")
        worst = max(worst, ours / theirs)
    assert worst < 10


# --- A small assignment, which can be run


def role(name, **fields):
    blank = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": blank | {"grade_id": name, "cell_type": "code"} | fields}


def stub_cell(name, source, **fields):
    return new_code_cell(source, id=name, metadata=role(name, solution=True, **fields))


def test_cell(name, source):
    return new_code_cell(source, id=name, metadata=role(name, grade=True, locked=True, points=1))


test_cell.__test__ = False

STUBS = {
    "slope": f"slope = None  # a number\n{RAISE}",
    "loss": f'def loss(x):\n    """The loss."""\n    {RAISE}'.replace("\nraise", "\n    raise"),
    "Mean": 'class Mean:\n    """The mean."""\n    def __init__(self):\n        self.n = 0\n\n    def result(self):\n'
    "        # YOUR CODE HERE\n        raise NotImplementedError()",
    "best": f"best = None\n{RAISE}",
}
ANSWERS = {
    "slope": "slope = 2",
    "loss": "def loss(x):\n    return x**2",
    "Mean": "class Mean:\n    def __init__(self):\n        self.n = 0\n\n    def result(self):\n        return 2",
    "best": "best = 2 + 2",
}
TESTS = {
    "slope": "seen(slope)",
    "loss": "seen(loss(3))",
    "Mean": "seen(Mean().result())",
    "best": "seen(best)",
}
EXPECTED = {"check_slope": 2, "check_loss": 9, "check_Mean": 2, "check_best": 4}


def release(answers=STUBS):
    """The small assignment: imports, and for each exercise some text, a stub and a test."""
    cells = [new_markdown_cell("# Chapter", id="title"), new_code_cell("import math\nbase = 1", id="imports")]
    for name, source in answers.items():
        cells += [new_markdown_cell(f"Now {name}.", id=f"text_{name}"), stub_cell(name, source)]
        cells += [test_cell(f"check_{name}", TESTS[name]), new_code_cell(f"print({name})", id=f"use_{name}")]
    return new_notebook(cells=cells)


MASTER = Master.of_notebook(release())


class Handed(dict):
    """The small assignment, answered: its cells by their ids, in order."""

    def __init__(self):
        super().__init__((cell.id, cell) for cell in release(ANSWERS).cells)

    def notebook(self):
        return read({"cells": [*self.values()], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    def put(self, at, cell, offset=1, name=None):
        """Put a cell beside another one."""
        items = list(self.items())
        items.insert(list(self).index(at) + offset, (name or f"new-{len(items)}", cell))
        self.clear()
        self.update(items)


def results(notebook):
    """Run the cells in their order and return the answers that each test sees; go on after a cell that stops."""
    found, namespace = {}, {"print": lambda *values: None, "check": lambda **values: None}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        namespace["seen"] = lambda value, name=name: found.setdefault(name, value)
        with contextlib.suppress(Exception):
            exec(cell.source, namespace)  # noqa: S102
    return {name: value for name, value in found.items() if name in EXPECTED}


def matched(handed):
    """Return the notebook after matching. A second matching must change nothing and give no remarks."""
    notebook = handed.notebook() if isinstance(handed, Handed) else handed
    remarks = match(notebook, MASTER)
    assert {*roles_of(notebook)} == {*roles_of(release())}
    for name, (found, kind, source) in roles_of(release()).items():
        assert roles_of(notebook)[name][:2] == (found, kind)
        assert not found["locked"] or roles_of(notebook)[name][2] == source
    nbformat.validate(notebook)
    again = copy.deepcopy(notebook)
    assert match(again, MASTER) == []
    assert again == notebook
    read_again = read(notebook)
    assert match(read_again, MASTER) == []
    assert sources(read_again) == sources(notebook)
    return notebook, remarks


def test_the_small_assignment_is_judged_as_expected():
    notebook, remarks = matched(Handed())
    assert (results(notebook), remarks) == (EXPECTED, [])
    assert results(matched(read(release()))[0]) == {"check_slope": None, "check_best": None}


CHANGES = {
    "nothing": lambda handed: None,
    "a test deleted": lambda handed: handed.pop("check_loss"),
    "all tests deleted": lambda handed: [handed.pop(name) for name in EXPECTED],
    "all but the answers deleted": lambda handed: [handed.pop(name) for name in [*handed] if name not in ANSWERS],
    "all text deleted": lambda handed: [handed.pop(name) for name in [*handed] if handed[name].cell_type != "code"],
    "a test on top": lambda handed: on_top(handed, "check_loss"),
    "all tests on top": lambda handed: on_top(handed, *EXPECTED),
    "answers at the end": lambda handed: at_the_end(handed, "slope", "loss"),
    "the order reversed": lambda handed: reorder(handed, [*reversed(handed)]),
    "a test edited": lambda handed: handed["check_loss"].update(source="print('ok')"),
    "a test emptied": lambda handed: handed["check_loss"].update(source=""),
    "a test as text": lambda handed: retype(handed, "check_loss", new_markdown_cell),
    "an answer as text": lambda handed: retype(handed, "loss", new_markdown_cell),
    "an answer as a raw cell": lambda handed: retype(handed, "slope", new_raw_cell),
    "answers as text, tests on top": lambda handed: (
        retype(handed, "loss", new_markdown_cell),
        retype(handed, "slope", new_raw_cell),
        on_top(handed, *EXPECTED),
    ),
    "an answer in a new cell above its stub": lambda handed: beside_stub(handed, "loss", 0),
    "an answer in a new cell below its stub": lambda handed: beside_stub(handed, "loss", 1),
    "all answers in new cells above": lambda handed: [beside_stub(handed, name, 0) for name in ANSWERS],
    "all answers in new cells below": lambda handed: [beside_stub(handed, name, 1) for name in ANSWERS],
    "answers below their tests": lambda handed: [beside_stub(handed, name, 2) for name in ANSWERS],
    "answers in one cell on top": lambda handed: all_in_one(handed, "imports"),
    "answers in one cell at the end": lambda handed: all_in_one(handed, "use_best"),
    "an answer copied": lambda handed: handed.put("loss", copy.deepcopy(handed["loss"])),
    "an answer copied, the first one emptied": lambda handed: duplicate(handed, "loss", first=""),
    "an answer copied, the second one emptied": lambda handed: duplicate(handed, "loss", second=""),
    "a copied stub above the answer": lambda handed: duplicate(handed, "loss", first=STUBS["loss"]),
    "a copied stub below the answer": lambda handed: duplicate(handed, "loss", second=STUBS["loss"]),
    "a copied class above the answer": lambda handed: duplicate(handed, "Mean", first=STUBS["Mean"]),
    "a copied class below the answer": lambda handed: duplicate(handed, "Mean", second=STUBS["Mean"]),
    "a copied number below the answer": lambda handed: duplicate(handed, "slope", second=STUBS["slope"]),
    "a copy that became something else": lambda handed: duplicate(handed, "loss", second="x = [loss(1)]"),
    "a copy for another answer": lambda handed: (
        duplicate(handed, "slope", second=ANSWERS["loss"]),
        handed.pop("loss"),
    ),
    "a test copied": lambda handed: handed.put("check_loss", copy.deepcopy(handed["check_loss"])),
    "a test copied to the top": lambda handed: handed.put("title", copy.deepcopy(handed["check_loss"])),
    "two answers merged": lambda handed: merge(handed, "slope", "loss"),
    "all answers merged": lambda handed: merge(handed, *ANSWERS),
    "an answer merged with its test": lambda handed: merge(handed, "loss", "check_loss"),
    "a test merged with the next answer": lambda handed: merge(handed, "check_slope", "loss"),
    "an exercise merged with the next": lambda handed: merge(handed, "slope", "check_slope", "loss", "check_loss"),
    "the imports merged with an answer": lambda handed: merge(handed, "imports", "slope"),
    "all code merged": lambda handed: merge(handed, *[name for name in handed if handed[name].cell_type == "code"]),
    "an answer within its test": lambda handed: (
        handed["check_loss"].update(source=f"{ANSWERS['loss']}\n{TESTS['loss']}"),
        handed["loss"].update(source=STUBS["loss"]),
    ),
    "an answer in place of its test": lambda handed: (
        handed["check_loss"].update(source=ANSWERS["loss"]),
        handed["loss"].update(source=STUBS["loss"]),
    ),
    "an answer split": lambda handed: split(handed, "best", "helper = 4", "best = helper"),
    "an answer split, the stub in front": lambda handed: split(handed, "best", STUBS["best"], "best = 4"),
    "an answer split with its metadata": lambda handed: (
        split(handed, "best", "helper = 4", "best = helper"),
        handed["rest"].metadata.update(handed["best"].metadata),
    ),
    "an answer below a loop's first value": lambda handed: split(
        handed, "best", "best = None", "for n in [4, 5]:\n    if best is None or n < best:\n        best = n"
    ),
    "an earlier try, a first value, a loop": lambda handed: (
        split(handed, "best", "best = None", "for n in [4, 5]:\n    if best is None:\n        best = n"),
        handed.put("imports", new_code_cell("best = 9")),
    ),
    "own cells beside stubs": lambda handed: (
        handed["loss"].update(source="print('see below')"),
        handed.put("check_loss", new_code_cell(ANSWERS["loss"])),
    ),
    "a hint in the stub below an answer": lambda handed: (
        handed["loss"].update(source=f"print('hint')\n{STUBS['loss']}"),
        handed.put("loss", new_code_cell(ANSWERS["loss"]), 0),
    ),
    "an import in the stub below an answer": lambda handed: (
        handed["slope"].update(source=f"from math import log\n{STUBS['slope']}"),
        handed.put("slope", new_code_cell(ANSWERS["slope"]), 0),
        handed["loss"].update(source="def loss(x):\n    return x**2 + log(1)"),
    ),
    "two stubs merged, their answers above": lambda handed: (
        beside_stub(handed, "slope", 0),
        beside_stub(handed, "loss", 0),
        merge(handed, "slope", "loss"),
    ),
    "an answer with a stub of another one": lambda handed: (
        handed.put("slope", new_code_cell(ANSWERS["loss"]), 0),
        handed["slope"].update(source=f"{ANSWERS['slope']}\n\n{STUBS['loss']}"),
        handed.pop("loss"),
    ),
    "comments instead of an answer": lambda handed: (
        handed["slope"].update(source="# see the next cell"),
        handed.put("slope", new_code_cell(ANSWERS["slope"])),
    ),
    "a class by inheritance": lambda handed: handed["Mean"].update(
        source="class Base:\n    def result(self):\n        return 2\n\nclass Mean(Base):\n    pass"
    ),
    "an answer under a condition": lambda handed: handed["loss"].update(
        source="if True:\n    def loss(x):\n        return x**2\nelse:\n    loss = None"
    ),
    "an answer by a lambda": lambda handed: handed["loss"].update(source="loss = lambda x: x**2"),
    "an answer by a loop": lambda handed: handed["best"].update(source="for best in range(5):\n    pass"),
    "an answer by a walrus": lambda handed: handed["best"].update(source="print(best := 4)"),
    "an answer through global": lambda handed: handed["best"].update(
        source="def solve():\n    global best\n    best = 4\nsolve()"
    ),
    "an experiment at the end": lambda handed: handed.put("use_best", new_code_cell("slope = 7\nloss = abs")),
    "an experiment in front": lambda handed: handed.put("title", new_code_cell("slope = 7\nloss = abs")),
    "blank cells": lambda handed: [handed.put(name, new_code_cell("")) for name in ("title", "loss", "check_best")],
    "all cells twice, the second ones untouched": lambda handed: [
        handed.put("use_best", copy.deepcopy(cell), name=f"again_{cell.id}") for cell in reversed(release().cells)
    ],
    "all cells twice, the first ones untouched": lambda handed: [
        handed.put("title", copy.deepcopy(cell), 0, name=f"again_{cell.id}") for cell in release().cells
    ],
    "prose in place of an answer, which stands below its test": lambda handed: (
        handed["slope"].update(source="slope = 2 since it doubles", cell_type="raw"),
        handed.put("check_slope", new_code_cell(ANSWERS["slope"])),
    ),
    "a broken try below the answer": lambda handed: handed.put("slope", new_code_cell("slope = 2 (")),
    "grade ids swapped": lambda handed: swap(handed, "slope", "loss"),
    "tags that keep cells from running": lambda handed: [
        cell.metadata.update(tags=["skip-execution"])
        for name, cell in handed.items()
        if name in {**ANSWERS, **EXPECTED}
    ],
}


def on_top(handed, *names):
    reorder(handed, [*names, *(name for name in handed if name not in names)])


def at_the_end(handed, *names):
    reorder(handed, [*(name for name in handed if name not in names), *names])


def reorder(handed, names):
    cells = {name: handed[name] for name in names}
    handed.clear()
    handed.update(cells)


def retype(handed, name, make):
    handed[name] = make(handed[name].source, id=name, metadata=handed[name].metadata)


def beside_stub(handed, name, offset):
    handed.put(name, new_code_cell(ANSWERS[name]), offset)
    handed[name].source = STUBS[name]


def all_in_one(handed, at):
    handed.put(at, new_code_cell("\n\n".join(ANSWERS.values())))
    for name, stub in STUBS.items():
        handed[name].source = stub


def duplicate(handed, name, first=None, second=None):
    again = copy.deepcopy(handed[name])
    handed.put(name, again)
    handed[name].source = handed[name].source if first is None else first
    again.source = again.source if second is None else second


def merge(handed, first, *others):
    handed[first].source = "\n\n".join(handed[name].source for name in (first, *others))
    for name in others:
        del handed[name]


def split(handed, name, first, second):
    handed[name].source = first
    handed.put(name, new_code_cell(second), name="rest")


def swap(handed, one, other):
    handed[one].metadata, handed[other].metadata = handed[other].metadata, handed[one].metadata


def drop_nothing(notebook):
    pass


def drop_metadata(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


def drop_metadata_and_ids(notebook):
    drop_metadata(notebook)
    without_ids(notebook)


def drop_every_second_role(notebook):
    for cell in [cell for cell in notebook.cells if "nbgrader" in cell.metadata][::2]:
        del cell.metadata["nbgrader"]


# without metadata and ids, nothing tells that text is meant as an answer
UNKNOWABLE = {"an answer as text", "an answer as a raw cell", "answers as text, tests on top"}


@pytest.mark.parametrize("lost", [drop_nothing, drop_every_second_role, drop_metadata, drop_metadata_and_ids])
@pytest.mark.parametrize("change", CHANGES)
def test_each_test_sees_its_answer(change, lost):
    if lost is drop_metadata_and_ids and change in UNKNOWABLE:
        pytest.skip("nothing tells that this text is an answer")
    handed = Handed()
    CHANGES[change](handed)
    notebook = handed.notebook()
    lost(notebook)
    before = sources(notebook)
    notebook, _ = matched(notebook)
    assert results(notebook) == EXPECTED, "\n---\n".join(sources(notebook))
    handed_out = "\n".join([*STUBS.values(), *TESTS.values(), "print('ok')"]).split("\n")
    kept = {*"\n".join(sources(notebook)).split("\n")}
    assert {*"\n".join(before).split("\n")} - {*handed_out} <= kept


@pytest.mark.parametrize("name", STUBS)
def test_deleting_a_stub_and_its_test_costs_only_this_exercise(name):
    handed = Handed()
    del handed[name], handed[f"check_{name}"]
    notebook, (remark,) = matched(handed)
    assert remark == f"2 cells missing and put back: {name}, check_{name}"
    found = results(notebook)
    assert {each for each in EXPECTED if found.get(each) != EXPECTED[each]} == {f"check_{name}"}


def test_an_unanswered_stub_stays():
    for name, stub in STUBS.items():
        handed = Handed()
        handed[name].source = stub
        notebook, remarks = matched(handed)
        assert roles_of(notebook)[name][2] == stub
        assert remarks == []


def test_an_imported_answer_is_not_replaced_by_a_stub():
    handed = Handed()
    handed["imports"].source += "\nfrom helpers import loss"
    del handed["loss"]
    notebook, _ = matched(handed)
    assert roles_of(notebook)["loss"][2] == ELSEWHERE
    handed["loss"] = stub_cell("loss", STUBS["loss"])  # an unused import is no answer
    assert roles_of(matched(handed)[0])["loss"][2] == STUBS["loss"]


def test_no_tag_keeps_a_cell_from_running():
    handed = Handed()
    for cell in handed.values():
        cell.metadata["tags"] = ["skip-execution"]
    notebook, _ = matched(handed)
    assert not any("tags" in cell.metadata for cell in notebook.cells if cell.cell_type == "code")


def test_remarks_say_what_was_done():
    handed = Handed()
    del handed["check_slope"]
    on_top(handed, "check_loss")
    handed["check_Mean"].source = "pass"
    beside_stub(handed, "best", 0)
    del handed["Mean"].metadata["nbgrader"]
    assert matched(handed)[1] == [
        "1 cell had lost the metadata of nbgrader: Mean",
        "1 stub left out, because another cell holds the answer: best",
        "1 cell missing and put back: check_slope",
        "check_loss was moved below the answer that it tests",
        "1 locked cell had been changed and got the teacher's text again: check_Mean",
    ]


def test_many_names_are_cut_short():
    (remark,) = match(new_notebook(), MASTER)
    assert remark == "8 cells missing and put back: slope, check_slope, loss, check_loss, Mean, check_Mean, ..."


def test_a_stub_left_out_says_where_the_answer_is():
    handed = Handed()
    beside_stub(handed, "loss", 0)
    assert roles_of(matched(handed)[0])["loss"][2] == ELSEWHERE


def test_tests_that_are_put_back_are_noted_in_their_cells():
    handed = Handed()
    del handed["check_slope"]
    notebook, _ = matched(handed)
    noted = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if OUR_METADATA in cell.metadata]
    assert noted == ["check_slope"]


def test_the_kernel_is_the_masters():
    spec = {"name": "mine", "display_name": "Mine", "language": "python"}
    notebook = new_notebook(metadata={"kernelspec": {"name": "other", "display_name": "Other"}})
    match(notebook, Master(MASTER.cells, spec))
    assert notebook.metadata.kernelspec == spec


# --- Random damage


def damaged(handed, draw):
    """Do one random thing to a notebook that keeps all answers."""
    kind, names = draw.randrange(9), [*handed]
    name = draw.choice(names)
    cell = handed[name]
    if kind == 0 and name not in ANSWERS and "new" not in name:
        del handed[name]
    elif kind == 1:
        handed.put(name, copy.deepcopy(cell))
    elif kind == 2:
        cell.metadata.pop("nbgrader", None)
    elif kind == 3:
        cell.id = f"z{draw.randrange(10**6)}"
    elif kind == 4 and name not in ANSWERS:
        move = [each for each in names if each != name]
        move.insert(draw.randrange(len(move) + 1), name)
        reorder(handed, move)
    elif kind == 5 and cell.get("source") == ANSWERS.get(name):
        handed.put(name, new_code_cell(cell.source), draw.randrange(2))
        cell.source = STUBS[name]
    elif kind == 6:
        handed.put(name, new_code_cell(draw.choice(["", "print(1)", "1 / 0", "# mine", "import math"])))
    elif kind == 7 and name in EXPECTED:
        cell.source = draw.choice(["", "assert True", f"{TESTS[name[6:]]}  # mine"])
    elif kind == 8:
        stub = draw.choice([*STUBS])
        if stub in handed:
            handed.put(stub, new_code_cell(STUBS[stub]))


def test_random_damage_that_keeps_the_answers_costs_nothing():
    draw = random.Random(SEED)  # noqa: S311
    for _ in range(100):
        handed = Handed()
        for _ in range(draw.randrange(1, 9)):
            damaged(handed, draw)
        notebook, _ = matched(handed)
        assert results(notebook) == EXPECTED, "\n---\n".join(sources(handed.notebook()))


# --- Assignments of a teacher's own


def of_cells(*cells):
    return Master.of_notebook(new_notebook(cells=[*cells])), new_notebook(cells=[copy.deepcopy(cell) for cell in cells])


def test_written_answers_are_found_and_kept():
    question = new_markdown_cell("Why?", id="question", metadata=role("question", locked=True, cell_type="markdown"))
    answer = new_markdown_cell("YOUR ANSWER HERE", id="why", metadata=role("why", grade=True, solution=True, points=3))
    master, notebook = of_cells(question, answer)
    assert match(copy.deepcopy(notebook), master) == []
    notebook.cells[1].source = "Because."
    assert overlap(notebook, master)[:2] == (2, 1)
    notebook.cells[0].source = "Why?\n\nBecause it is so."
    without_metadata(notebook)
    (moved, lost) = match(notebook, master)
    assert "held an answer, now in a cell above: question" in moved
    assert "had lost the metadata" in lost
    assert sources(notebook) == ["Because it is so.", "Why?", "Because."]


def test_a_stub_for_a_person_says_where_the_answer_is():
    master, notebook = of_cells(stub_cell("best", STUBS["best"], grade=True, points=2))
    notebook.cells.append(new_code_cell("best = 3"))  # else nbgrader gives 0 to the cell, which nobody has changed
    match(notebook, master)
    assert sources(notebook) == [ELSEWHERE, "best = 3"]


def test_a_stub_of_several_names_keeps_those_that_are_open():
    master, notebook = of_cells(stub_cell("both", f"a = None\nb = None\n{RAISE}"))
    notebook.cells.insert(0, new_code_cell("a = 1"))
    match(notebook, master)
    assert sources(notebook) == ["a = 1", f"b = None\n{RAISE}"]
    notebook = new_notebook(cells=[new_code_cell("x = 0"), new_code_cell("b = 1\nother = 2")])
    master, _ = of_cells(
        stub_cell("both", f"a = None\nb = None\n{RAISE}"), stub_cell("other", f"other = None\n{RAISE}")
    )
    match(notebook, master)
    assert sum("b = 1" in source for source in sources(notebook)) == 1
    assert not any("b = None" in source for source in sources(notebook))


def test_cells_that_ask_for_the_same_name_answer_for_themselves():
    first, second = (stub_cell(name, STUBS["loss"]) for name in ("simple", "better"))
    tests = [test_cell(f"check_{each.id}", f"seen(loss({n}))") for n, each in enumerate((first, second))]
    master, notebook = of_cells(first, tests[0], second, tests[1])
    notebook.cells[0].source = ANSWERS["loss"]
    before = sources(notebook)
    assert match(notebook, master) == []
    assert sources(notebook) == before
    del notebook.cells[2]
    match(notebook, master)
    assert sources(notebook) == before


def test_comments_beside_a_stub_are_kept():
    handed = Handed()
    handed["slope"].source = f"# I solved it above\n{STUBS['slope']}"
    handed.put("slope", new_code_cell(ANSWERS["slope"]), 0)
    assert roles_of(matched(handed)[0])["slope"][2] == "# I solved it above"


def test_what_a_stub_gives_is_kept():
    given = f"import math\nrate = 0.1\ndef step(x):\n    half = x / 2\n    {RAISE}".replace("\nraise", "\n    raise")
    master, notebook = of_cells(stub_cell("step", given), test_cell("check_step", "assert step(2) == rate"))
    assert match(copy.deepcopy(notebook), master) == []
    assert overlap(notebook, master)[:2] == (2, 0)
    notebook.cells.insert(0, new_code_cell("def step(x):\n    return 0.1"))
    match(notebook, master)
    assert sources(notebook)[:2] == ["def step(x):\n    return 0.1", "import math\nrate = 0.1"]


def test_a_value_of_the_same_name_as_one_that_is_given_is_not_the_answer():
    master, notebook = of_cells(stub_cell("total", f"x = 3\ntotal = None\n{RAISE}"))
    without_metadata(notebook)
    notebook.cells = [new_code_cell("x = 3\ntotal = x + 1"), new_code_cell("x = 7")]
    match(notebook, master)
    assert [bool(cell.metadata.get("nbgrader")) for cell in notebook.cells] == [True, False]


# --- Scripts


def test_a_script_has_no_tests_and_misses_none():
    notebook = read_script("\n\n".join(ANSWERS.values()).encode())
    assert match(notebook, MASTER) == []
    assert results(notebook) == EXPECTED
    match(read_script(b"x = 1"), MASTER)


def test_how_much_is_answered():
    handed = Handed()
    assert overlap(handed.notebook(), MASTER)[:2] == (8, 4)
    all_in_one(handed, "imports")
    notebook = handed.notebook()
    before = copy.deepcopy(notebook)
    assert overlap(notebook, MASTER)[:2] == (8, 4)
    assert notebook == before
    assert overlap(read(release()), MASTER)[:2] == (8, 0)
    assert overlap(new_notebook(), MASTER)[:2] == (0, 0)
    assert overlap(new_notebook(cells=[new_code_cell(ANSWERS["slope"])]), MASTER)[:2] == (1, 1)
