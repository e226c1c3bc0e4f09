"""Of the files that one student handed in, the one with the answers is taken, or words say why none can be."""

import copy
import io
import json
import zipfile

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lossedu.intake.choosing import Chosen, UnclearError, choose
from lossedu.intake.file_names import simplified, words
from lossedu.intake.masters import Master
from lossedu.intake.matching import match, overlap
from lossedu.intake.notebooks import read_notebook
from tests.intake.test_matching import ANSWERS, MASTER, STUBS, Handed, master_of, release, results
from tests.intake.test_matching import test_cell as cell_of_test

NAME = "01_loss"
FILE = f"{NAME}.ipynb"


# --- Files


def saved(notebook):
    return json.dumps(notebook).encode()


def solved(edit=lambda handed: None):
    handed = Handed()
    edit(handed)
    return saved(handed.notebook())


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def own_answers_on_top(handed):
    for name, stub in STUBS.items():
        handed.put("imports", new_code_cell(ANSWERS[name]))
        handed[name].source = stub


RIGHT, UNTOUCHED = solved(), saved(release())
ON_TOP = solved(own_answers_on_top)
OTHER = solved(lambda handed: handed["slope"].update(source="slope = 3"))
NOTED = solved(lambda handed: handed["title"].update(source="# My notes"))
RUN = solved(lambda handed: handed["loss"].update(execution_count=3, outputs=[{"output_type": "error"}]))
OF_SAME_NAMES = solved(
    lambda handed: [handed[f"check_{name}"].update(source=f"assert {name}") for name in ANSWERS] + [handed.pop("loss")]
)
HALF = solved(lambda handed: handed["loss"].update(source=STUBS["loss"]))
SCRIPT = "\n\n\n".join(ANSWERS.values()).encode()
OTHER_SCRIPT = SCRIPT.replace(b"slope = 2", b"slope = 3")
FOREIGN = saved(new_notebook(cells=[new_code_cell("1 + 1")]))
EMPTY = saved(new_notebook())
PDF, BROKEN = b"%PDF-1.7\n", RIGHT[: len(RIGHT) // 2]
ZIP = zipped(**{FILE: RIGHT})
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c" + bytes(40)
UNPACK = "unpack it, or hand in a .ipynb"


def slope_of(content):
    """What the chosen notebook answers to the first exercise; None if it answers nothing."""
    notebook = read_notebook(content)
    match(notebook, MASTER)
    return results(notebook).get("check_slope")


# --- One notebook

CHOSEN = {
    "the notebook": ({FILE: RIGHT}, 2, []),
    "the untouched notebook": ({FILE: UNTOUCHED}, None, []),
    "an empty notebook": ({FILE: EMPTY}, None, []),
    "a time beside it": ({FILE: RIGHT, "timestamp.txt": b"2026-03-02"}, 2, []),
    "data beside it": ({FILE: RIGHT, "data.csv": b"1", "more/data.npz": zipped(a="1"), "train.gz": b"\x1f\x8b"}, 2, []),
    "a printed notebook beside it": ({FILE: RIGHT, f"{FILE} - Colab.pdf": PDF, f"{FILE}.html": b"<p>"}, 2, []),
    "another assignment's notebook with cells of the same names": (
        {FILE: RIGHT, "02_more.ipynb": OF_SAME_NAMES},
        2,
        [f"{FILE} was graded, not 02_more.ipynb"],
    ),
    "documents beside it": ({FILE: RIGHT, "a.pdf": PDF, "b.docx": zipped(a="1"), "c.html": b"<p>"}, 2, []),
    "litter beside it": (
        {FILE: RIGHT, f".ipynb_checkpoints/{NAME}-checkpoint.ipynb": OTHER, f"._{FILE}": b"\0", ".DS_Store": b"\0"},
        2,
        [],
    ),
    "another notebook beside it": ({FILE: RIGHT, "Untitled.ipynb": FOREIGN}, 2, []),
    "an untouched copy beside it": ({FILE: RIGHT, f"{NAME} (1).ipynb": UNTOUCHED}, 2, []),
    "an equal copy beside it": ({FILE: RIGHT, f"{NAME} (1).ipynb": RIGHT}, 2, []),
    "a copy with other outputs beside it": ({FILE: RIGHT, f"old/{FILE}": RUN}, 2, []),
    "a copy with other text beside it": ({FILE: RIGHT, f"old/{FILE}": NOTED}, 2, []),
    "the same packed beside it": ({FILE: RIGHT, f"{NAME}.zip": ZIP}, 2, []),
    "something else packed beside it": ({FILE: RIGHT, "data.7z": SEVEN_ZIP}, 2, []),
    "helpers beside it": ({FILE: RIGHT, "helpers.py": b"x = 1", f"{NAME}_test.py": OTHER_SCRIPT}, 2, []),
    "its own script beside it": ({FILE: RIGHT, f"{NAME}.py": SCRIPT}, 2, []),
    "a script of other answers beside it": (
        {FILE: RIGHT, f"{NAME}.py": OTHER_SCRIPT},
        2,
        [f"{FILE} was graded, not {NAME}.py"],
    ),
    "a broken copy beside it": (
        {FILE: RIGHT, f"{NAME}-Copy1.ipynb": BROKEN},
        2,
        [f"{FILE} was graded, not {NAME}-Copy1.ipynb"],
    ),
    "answers in a copy": (
        {FILE: UNTOUCHED, f"{NAME}-Copy1.ipynb": RIGHT},
        2,
        [f"{NAME}-Copy1.ipynb was graded, not {FILE}"],
    ),
    "answers on top of all stubs": ({FILE: ON_TOP, f"{NAME}-Copy1.ipynb": UNTOUCHED, f"{NAME}.py": b"x = 1"}, 2, []),
    "answers in a script": ({FILE: UNTOUCHED, f"{NAME}.py": SCRIPT}, 2, [f"{NAME}.py was graded, not {FILE}"]),
    "answers in a script of another name": (
        {FILE: UNTOUCHED, "mine.py": SCRIPT},
        2,
        [f"mine.py was graded, not {FILE}"],
    ),
    "answers in an archive": (
        {FILE: UNTOUCHED, "a.zip": ZIP},
        2,
        [f"a.zip/{FILE} was graded, not {FILE}"],
    ),
    "answers perhaps in a document": (
        {FILE: UNTOUCHED, "scan.pdf": PDF},
        None,
        [f"{FILE} holds no answer, but perhaps scan.pdf does"],
    ),
    "a script alone": ({f"{NAME}.py": SCRIPT}, 2, [f"{NAME}.py was graded"]),
    "a script with more behind its name": ({"answers.py.txt": SCRIPT}, 2, ["answers.py.txt was graded"]),
    "a script called as a notebook": ({FILE: SCRIPT}, 2, [f"{FILE} is a Python file, not a notebook"]),
    "a notebook called as a script": ({f"{NAME}.py": RIGHT}, 2, [f"{NAME}.py was graded"]),
    "an archive": ({f"{NAME}.zip": ZIP}, 2, [f"{NAME}.zip/{FILE} was graded"]),
    "an archive as macOS makes it": ({f"{FILE}.zip": ZIP}, 2, [f"{FILE}.zip/{FILE} was graded"]),
    "an archive called as a notebook": ({FILE: ZIP}, 2, [f"{FILE}/{FILE} was graded, not {FILE}"]),
    "an archive of a script": ({"a.zip": zipped(**{"x.py": SCRIPT})}, 2, ["a.zip/x.py was graded"]),
    "two archives of the same": ({"a.zip": ZIP, "b.zip": ZIP}, 2, [f"a.zip/{FILE} was graded, not b.zip/{FILE}"]),
    "a folder": ({f"HW/{FILE}": RIGHT}, 2, [f"HW/{FILE} was graded"]),
    "a folder called as the notebook": ({f"{FILE}/{FILE}": RIGHT}, 2, [f"{FILE}/{FILE} was graded"]),
    "two folders, one untouched": (
        {f"a/{FILE}": UNTOUCHED, f"b/{FILE}": RIGHT},
        2,
        [f"b/{FILE} was graded, not a/{FILE}"],
    ),
    "untouched twice, in two releases": (
        {FILE: UNTOUCHED, f"old/{FILE}": UNTOUCHED.replace(b"# YOUR CODE HERE", b"# answer here")},
        None,
        [],
    ),
    "the right name and another chapter's content": (
        {FILE: FOREIGN, "x.ipynb": RIGHT},
        2,
        ["x.ipynb was graded"],
    ),
    "a broken file and its copy": ({FILE: BROKEN, "x.ipynb": RIGHT}, 2, [f"x.ipynb was graded, not {FILE}"]),
    "a name of decomposed letters": ({"x.ipynb": RIGHT}, 2, ["x.ipynb was graded"]),
    "a name that cannot be shown": ({"l\udcf6sung\n.ipynb": RIGHT}, 2, ["l?sung?.ipynb was graded"]),
    "a name with signs": ({"[a] %20+ü & <b>.ipynb": RIGHT}, 2, ["[a] %20+ü & <b>.ipynb was graded"]),
    "a name without a suffix": ({NAME: RIGHT}, 2, [f"{NAME} was graded"]),
    "capitals": ({f"{NAME}.IPYNB": RIGHT}, 2, [f"{NAME}.IPYNB was graded"]),
    "a text file": ({f"{FILE}.txt": RIGHT}, 2, [f"{FILE}.txt was graded"]),
    "another encoding": ({"x.json": RIGHT.decode().encode("utf-16")}, 2, ["x.json was graded"]),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_what_is_chosen(case):
    files, slope, remarks = CHOSEN[case]
    chosen = choose(files, {NAME: MASTER})
    assert isinstance(chosen, Chosen)
    assert [*chosen.notebooks] == [NAME]
    assert slope_of(chosen.notebooks[NAME]) == slope
    assert [*chosen.remarks] == remarks


@pytest.mark.parametrize("case", CHOSEN)
def test_the_order_of_files_does_not_matter(case):
    files, *_ = CHOSEN[case]
    backwards = choose(dict(reversed(files.items())), {NAME: MASTER})
    forwards = choose(files, {NAME: MASTER})
    assert slope_of(backwards.notebooks[NAME]) == slope_of(forwards.notebooks[NAME])
    assert (backwards.files, {*backwards.remarks}) == (forwards.files, {*forwards.remarks})


SEVERAL = "several files may be the answer: "
NOTHING = f"it is empty or holds only system files; expected {FILE}"
KEEP = f". Keep one, and call it {FILE}"
UNCLEAR = {
    "nothing": ({}, NOTHING),
    "litter": (
        {".DS_Store": b"", f"__MACOSX/._{FILE}": b""},
        NOTHING,
    ),
    "a time": ({"timestamp.txt": b"2026"}, f"there is no {FILE}, but 1 other file: timestamp.txt"),
    "a document": ({"a.pdf": PDF}, f"there is no {FILE}, but 1 other file: a.pdf"),
    "many files": (
        {f"{n}.csv": b"" for n in range(8)},
        f"there is no {FILE}, but 8 other files: 0.csv, 1.csv, 2.csv, 3.csv, 4.csv, 5.csv, ...",
    ),
    "a PDF of its name": ({FILE: PDF}, f"{FILE}: not a notebook (the file is a PDF)"),
    "a cut notebook": (
        {FILE: BROKEN, "a.pdf": PDF},
        f"{FILE}: not a notebook (its JSON breaks off or has an error in line 1)",
    ),
    "something large": (
        {FILE: b"1, " * 2**20},
        f"{FILE}: not a notebook (the file is not JSON)",
    ),
    "data in a folder of its name": ({f"{FILE}/a.npz": ZIP}, f"there is no {FILE}, but 1 other file: {FILE}/a.npz"),
    "an empty file": ({FILE: b""}, f"{FILE}: not a notebook (the file is empty)"),
    "a file of text": ({FILE: b"My answers are:\nslope = 2"}, f"{FILE}: not a notebook (the file is not JSON)"),
    "Python without answers": ({FILE: b"x = 1"}, f"{FILE}: not a notebook (the file is not JSON)"),
    "a download that broke off": (
        {f"{FILE}.crdownload": BROKEN},
        f"{FILE}.crdownload: not a notebook (its JSON breaks off or has an error in line 1)",
    ),
    "another chapter": ({"02_more.ipynb": FOREIGN}, f"02_more.ipynb holds none of the cells that {NAME} asks for"),
    "two answers": ({FILE: RIGHT, f"{NAME} (1).ipynb": OTHER}, f"{SEVERAL}{FILE}, {NAME} (1).ipynb{KEEP}"),
    "half and whole": ({FILE: HALF, "x.ipynb": RIGHT}, f"{SEVERAL}{FILE}, x.ipynb{KEEP}"),
    "two answers, one on top of its stubs": ({FILE: OTHER, "x.ipynb": ON_TOP}, f"{SEVERAL}{FILE}, x.ipynb{KEEP}"),
    "two answers and the release": (
        {FILE: UNTOUCHED, "x.ipynb": RIGHT, "y.ipynb": OTHER},
        f"{SEVERAL}x.ipynb, y.ipynb{KEEP}",
    ),
    "two scripts": ({"x.py": SCRIPT, "y.py": OTHER_SCRIPT}, f"{SEVERAL}x.py, y.py{KEEP}"),
    "two answers in an archive": (
        {"a.zip": zipped(x=RIGHT, y=OTHER)},
        f"{SEVERAL}a.zip/x, a.zip/y{KEEP}",
    ),
    "an archive without a notebook": (
        {"a.zip": zipped(x="1")},
        f"there is no {FILE}, but 2 other files: a.zip, a.zip/x",
    ),
    "an archive of another kind": ({"a.7z": SEVEN_ZIP}, f"a.7z is a 7z archive: {UNPACK}"),
    "an archive that is none": ({"a.zip": b"x"}, "a.zip is not an archive: hand in a .ipynb"),
    "a compressed notebook": (
        {f"{FILE}.gz": b"\x1f\x8b"},
        f"{FILE}.gz is a gz archive: {UNPACK}",
    ),
    "an untouched notebook and an archive of another kind": (
        {FILE: UNTOUCHED, "a.7z": SEVEN_ZIP},
        f"a.7z is a 7z archive: {UNPACK}",
    ),
    "an archive in an archive": (
        {"a.zip": zipped(**{"b.zip": ZIP})},
        f"there is no {FILE}, but 2 other files: a.zip, a.zip/b.zip",
    ),
    "a document called as a notebook": (
        {FILE: zipped(**{"word/document.xml": "<x/>"})},
        f"{FILE}: not a notebook (the file is a zip archive or an office document)",
    ),
    "a name that cannot be shown": ({"l\udcf6\n.pdf": PDF}, f"there is no {FILE}, but 1 other file: l??.pdf"),
}


@pytest.mark.parametrize("case", UNCLEAR)
def test_words_say_why_nothing_is_chosen(case):
    files, expected = UNCLEAR[case]
    with pytest.raises(UnclearError) as raised:
        choose(files, {NAME: MASTER})
    assert str(raised.value) == expected


def test_an_archive_that_cannot_be_unpacked_is_named():
    with pytest.raises(UnclearError, match=r"^a\.zip cannot be unpacked: "):
        choose({"a.zip": ZIP[:60]}, {NAME: MASTER})


def test_a_lone_notebook_of_the_right_name_is_not_read_twice():
    assert choose({FILE: BROKEN}, {NAME: MASTER}) == Chosen({NAME: BROKEN}, {}, ())


# --- Names


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("00_first_loss", "00 first loss"),
        ("00_First Loss - Copy (1)", "00 first loss"),
        ("00-first-loss-Copy1", "00 first loss"),
        ("00_first_loss - Kopie (2)", "00 first loss"),
        ("week12", "week 12"),
        ("U\u0308bung", "übung"),
        ("STRASSE straße", "strasse strasse"),
        ("copying_arrays", "copying arrays"),
        ("02_copying", "02 copying"),
        ("作业1", "作业 1"),
        ("---", ""),
    ],
)
def test_names_are_split_in_words_and_numbers(name, found):
    assert words(name) == (*found.split(),)
    assert simplified(name) == found.replace(" ", "")


def test_accents_of_macos_make_no_other_name():
    chosen = choose({"u\u0308bung.ipynb": RIGHT}, {"übung": MASTER})
    assert ([*chosen.notebooks], chosen.remarks) == (["übung"], ())


# --- Files beside


@pytest.mark.parametrize(
    ("files", "beside"),
    [
        ({FILE: RIGHT, "a.csv": b"1", "more/b.csv": b"2", "timestamp.txt": b"3"}, "a.csv more/b.csv timestamp.txt"),
        ({f"HW/{FILE}": RIGHT, "HW/a.csv": b"1", "HW/more/b.csv": b"2", "c.txt": b"3"}, "a.csv more/b.csv c.txt"),
        ({FILE: RIGHT, "data.zip": zipped(x="1"), "train.gz": b"2", "x.ipynb": FOREIGN}, "data.zip train.gz"),
        ({"a.zip": zipped(**{f"HW/{FILE}": RIGHT, "HW/a.csv": b"1", "b.csv": b"2"})}, "a.csv a.zip/b.csv"),
        ({FILE: UNTOUCHED, "a.zip": zipped(x="1")}, "a.zip"),
        ({f"HW/{FILE}": RIGHT, f"{FILE}/a.csv": b"1"}, ""),
        ({f"HW/{FILE}": RIGHT, "HW/data": b"1", "data/b.csv": b"2"}, "data"),
        ({f"HW/{FILE}": RIGHT, "HW/data/a.csv": b"1", "data": b"2"}, "data/a.csv"),
        ({FILE: RIGHT, f"{'x' * 300}.csv": b"1", f"{'ü' * 200}.csv": b"2"}, ""),
        ({f"{NAME}.py": SCRIPT, "helpers.py": b"x = 1"}, "helpers.py"),
    ],
)
def test_other_files_keep_their_place_beside_the_notebook(files, beside):
    for order in (files, dict(reversed(files.items()))):
        assert {*choose(order, {NAME: MASTER}).files} == {*beside.split()}


def test_of_two_files_for_one_place_the_one_beside_the_notebook_stays():
    files = {"a.csv": b"far", f"HW/{FILE}": RIGHT, "HW/a.csv": b"near"}
    for order in (files, dict(reversed(files.items()))):
        assert choose(order, {NAME: MASTER}).files == {"a.csv": b"near"}


# --- Several notebooks

MORE = Master.of_notebook(new_notebook(cells=[cell_of_test("extra", "seen(3)")]))
ANSWERED_MORE = saved(new_notebook(cells=[cell_of_test("extra", "seen(3)")]))
TWO = {"problem1": MASTER, "problem2": MORE}


def test_several_notebooks_are_chosen():
    chosen = choose({"problem1.ipynb": RIGHT, "problem2.ipynb": ANSWERED_MORE, "a.csv": b"1"}, TWO)
    assert chosen.notebooks == {"problem1": RIGHT, "problem2": ANSWERED_MORE}
    assert (chosen.files, chosen.remarks) == ({"a.csv": b"1"}, ())


def test_several_notebooks_come_out_of_one_archive():
    packed = zipped(**{"HW/problem1.ipynb": RIGHT, "HW/problem2.ipynb": ANSWERED_MORE, "HW/a.csv": b"1"})
    chosen = choose({"a.zip": packed}, TWO)
    assert chosen.notebooks == {"problem1": RIGHT, "problem2": ANSWERED_MORE}
    assert chosen.files == {"a.csv": b"1"}
    assert chosen.remarks == ("a.zip/HW/problem1.ipynb was graded", "a.zip/HW/problem2.ipynb was graded")


def test_several_notebooks_in_folders_of_their_own():
    files = {"one/problem1.ipynb": RIGHT, "one/a.csv": b"1", "two/problem2.ipynb": ANSWERED_MORE, "two/b.csv": b"2"}
    chosen = choose(files, TWO)
    assert [*chosen.notebooks] == ["problem1", "problem2"]
    assert chosen.files == {"a.csv": b"1", "b.csv": b"2"}


def test_one_of_several_notebooks_that_is_missing_is_named():
    chosen = choose({"problem1.ipynb": RIGHT}, TWO)
    assert [*chosen.notebooks] == ["problem1"]
    assert chosen.missing == ("there is no problem2.ipynb",)


def test_one_of_several_notebooks_that_is_unclear_is_named():
    words = r"several files may be the answer: problem1\.ipynb, problem1 \(1\)\.ipynb"
    with pytest.raises(UnclearError, match=words):
        choose({"problem1.ipynb": RIGHT, "problem1 (1).ipynb": OTHER, "problem2.ipynb": ANSWERED_MORE}, TWO)


def test_a_copy_of_one_notebook_is_not_taken_for_another():
    same = {"problem1": MASTER, "problem2": MASTER}  # grade ids need not differ between notebooks
    chosen = choose({"problem1.ipynb": RIGHT, "problem1 (1).ipynb": RIGHT}, same)
    assert [*chosen.notebooks] == ["problem1"]
    assert chosen.missing == ("there is no problem2.ipynb",)


def test_written_answers_make_a_difference():
    role = {"nbgrader": {"grade_id": "why", "grade": True, "solution": True, "points": 1}}
    notebook = new_notebook(cells=[new_markdown_cell("YOUR ANSWER HERE", metadata=role)])
    master, other = Master.of_notebook(notebook), copy.deepcopy(notebook)
    notebook.cells[0].source, other.cells[0].source = "Because.", "Since."
    with pytest.raises(UnclearError, match="several files"):
        choose({FILE: saved(notebook), "x.ipynb": saved(other)}, {NAME: master})


def test_a_real_chapter_is_chosen_by_its_answers():
    from tests.grading import chapters

    chapter, master = "12_metrics", master_of("12_metrics")
    untouched, right = saved(chapters.untouched(chapter)), saved(chapters.solved(chapter))
    chosen = choose({f"{chapter}.ipynb": untouched, "x.ipynb": right}, {chapter: master})
    assert chosen.notebooks == {chapter: right}
    assert overlap(read_notebook(untouched), master).answered == 0
    chosen = choose({f"{chapter}.ipynb": untouched, f"{chapter} (1).ipynb": untouched}, {chapter: master})
    assert (chosen.notebooks, chosen.remarks) == ({chapter: untouched}, ())
