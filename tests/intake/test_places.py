"""Every entry of a folder of submissions is somebody's work, or named with a reason."""

import itertools
import os
import random
import subprocess
from pathlib import Path

import pytest

from lossedu.intake.litter import is_litter
from lossedu.intake.places import find_entries, owner
from tests.intake.test_notebooks import SEED

EMPTY = ...  # a folder without files


def make(folder, tree):
    """Make files, empty folders and links (a `Path` is a link's target) below a folder."""
    for path, content in tree.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if content is EMPTY:
            place.mkdir()
        elif isinstance(content, Path):
            place.symlink_to(content)
        else:
            place.write_text(content, encoding="utf-8")


def found(folder, assignment, known):
    """By name, what is found: the paths of its files and its remark, or its problem."""
    entries = find_entries(folder, assignment, known)
    assert len({entry.name for entry in entries}) == len(entries)
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert all(entry.folder == folder / entry.name / assignment for entry in entries if entry.folder)
    return {
        entry.name: entry.problem or (" ".join(sorted(path for path, _ in entry.files())), entry.remark)
        for entry in entries
    }


@pytest.fixture
def submitted(tmp_path):
    folder = tmp_path / "submitted"
    folder.mkdir()
    return folder


# --- One student

EXPECTED = "expected submitted/anna/hw/hw.ipynb"
ONE = {
    "in place": ({"hw/hw.ipynb": "x"}, "hw.ipynb", None),
    "in place, with data": ({"hw/hw.ipynb": "x", "hw/a/b.csv": "1"}, "a/b.csv hw.ipynb", None),
    "in place, with litter": ({"hw/hw.ipynb": "x", "hw/.DS_Store": "", "__MACOSX/hw/._hw.ipynb": ""}, "hw.ipynb", None),
    "an empty folder of the assignment": ({"hw": EMPTY}, "", None),
    "a time alone": ({"hw/timestamp.txt": "x"}, "timestamp.txt", None),
    "an empty folder inside": ({"hw/hw.ipynb": "x", "hw/a": EMPTY}, "hw.ipynb", None),
    "no folder of the assignment": ({"hw.ipynb": "x"}, "hw.ipynb", "found in anna/hw.ipynb"),
    "another name": ({"Homework 1/hw.ipynb": "x"}, "Homework 1/hw.ipynb", "found in anna/Homework 1"),
    "a file of another name": ({"loesung.ipynb": "x"}, "loesung.ipynb", "found in anna/loesung.ipynb"),
    "a document": ({"hw.pdf": "x"}, "hw.pdf", "found in anna/hw.pdf"),
    "capitals": ({"HW/hw.ipynb": "x"}, "HW/hw.ipynb", "found in anna/HW"),
    "a second download": ({"hw (1)/hw.ipynb": "x"}, "hw (1)/hw.ipynb", "found in anna/hw (1)"),
    "two of its name": (
        {"hw (1)/hw.ipynb": "x", "hw-Copy1/hw.ipynb": "x"},
        "hw (1)/hw.ipynb hw-Copy1/hw.ipynb",
        "found in anna/hw (1), anna/hw-Copy1",
    ),
    "a file called as the folder": ({"hw": "x"}, "hw", None),
    "a second folder beside": ({"hw/hw.ipynb": "x", "hw (1)/hw.ipynb": "y"}, "anna/hw (1)/hw.ipynb hw.ipynb", None),
    "a loose copy beside": (
        {"hw/hw.ipynb": "x", "hw.ipynb": "y", "hw.zip": "z"},
        "anna/hw.ipynb anna/hw.zip hw.ipynb",
        None,
    ),
    "a copy in a folder of another name": (
        {"hw/hw.ipynb": "x", "New folder/deep/hw-Copy1.ipynb": "y", "New folder/a.txt": "z"},
        "anna/New folder/deep/hw-Copy1.ipynb hw.ipynb",
        None,
    ),
    "an empty second folder beside": ({"hw/hw.ipynb": "x", "hw (1)": EMPTY, "HW/.DS_Store": ""}, "hw.ipynb", None),
    "other work beside": (
        {"hw/hw.ipynb": "x", "draft.ipynb": "y", "old/try.py": "z", "notes.txt": ""},
        "hw.ipynb",
        "passed over in the student's folder: draft.ipynb, old",
    ),
    "an empty folder, and the work beside": (
        {"hw": EMPTY, "loesung.ipynb": "x"},
        "anna/loesung.ipynb",
        "found in anna/loesung.ipynb",
    ),
    "a time in the folder, and the work beside": (
        {"hw/timestamp.txt": "1", "hw.ipynb": "x", "a.csv": "1"},
        "anna/a.csv anna/hw.ipynb timestamp.txt",
        "found in anna/hw.ipynb, anna/a.csv",
    ),
    "a document of its name, and the work beside": (
        {"hw.pdf": "x", "loesung.ipynb": "x"},
        "hw.pdf loesung.ipynb",
        "found in anna/hw.pdf, anna/loesung.ipynb",
    ),
    "an empty folder of another name": ({"Homework": EMPTY}, "", "found in anna/Homework"),
    "an empty folder of its name": ({"HW": EMPTY, "other/other.ipynb": "x"}, "", "found in anna/HW"),
    "the work beside another assignment's": (
        {"other/other.ipynb": "x", "loesung.7z": "x"},
        "loesung.7z",
        "found in anna/loesung.7z",
    ),
    "notes beside another assignment's work": (
        {"other/other.ipynb": "x", "notes.txt": "slope = 2"},
        "notes.txt",
        "found in anna/notes.txt",
    ),
    "the work in another assignment's folder": (
        {"other/other.ipynb": "x", "other/hw.ipynb": "y"},
        "other/hw.ipynb",
        "found in anna/other/hw.ipynb",
    ),
    "a name with signs": (
        {"[a] %2+ü & <b>/hw.ipynb": "x"},
        "[a] %2+ü & <b>/hw.ipynb",
        "found in anna/[a] %2+ü & <b>",
    ),
    "a name that cannot be shown": ({"l\n\x1b[31m/hw.ipynb": "x"}, "l\n\x1b[31m/hw.ipynb", "found in anna/l??[31m"),
}


@pytest.mark.parametrize("case", ONE)
def test_what_a_student_has_handed_in(submitted, case):
    tree, files, remark = ONE[case]
    make(submitted / "anna", tree)
    assert found(submitted, "hw", ["hw", "other"]) == {"anna": (files, remark)}


@pytest.mark.parametrize(
    "tree",
    [
        {"other/other.ipynb": "x"},
        {"other.ipynb": "x"},
        {"Other (1)/x.ipynb": "x", ".DS_Store": ""},
        {"other/other.ipynb": "x", "timestamp.txt": "x", "empty": EMPTY},
        {"other/other.ipynb": "x", "other/notes_on_hw.txt": "x"},
    ],
)
def test_work_for_another_assignment_alone_is_none_for_this_one(submitted, tree):
    make(submitted / "anna", tree)
    assert found(submitted, "hw", ["other"]) == {}
    assert [*found(submitted, "other", ["hw"])] == ["anna"]


@pytest.mark.parametrize("tree", [{"": EMPTY}, {".DS_Store": ""}, {"__MACOSX/hw/._hw.ipynb": ""}])
def test_an_empty_folder_of_a_student_is_named(submitted, tree):
    make(submitted, {f"anna/{path}".rstrip("/"): content for path, content in tree.items()})
    assert found(submitted, "hw", []) == {"anna": f"the student's folder is empty: {EXPECTED}"}


def test_files_come_with_their_places(submitted):
    make(submitted, {"anna/hw/a/b.csv": "1", "anna/hw (1)/hw.ipynb": "2"})
    (entry,) = find_entries(submitted, "hw", [])
    anna = submitted / "anna"
    assert dict(entry.files()) == {"a/b.csv": anna / "hw/a/b.csv", "anna/hw (1)/hw.ipynb": anna / "hw (1)/hw.ipynb"}
    assert not entry.is_in_place
    make(submitted, {"ben/hw/hw.ipynb": "1"})
    assert find_entries(submitted, "hw", [])[1].is_in_place


# --- Names of students and assignments

STUDENTS = ["a[b]", "100%", "c+", "d e", "ren\u00e9", "andre\u0301", "-dash", "x'y\"", "q?", "st*r", "a,b", "Anna"]
STUDENTS += [
    "anna",
    "$HOME",
    "back\\slash",
    "semi;colon",
    "at@home.org",
    "=1+1",
    "#1",
    "0815",
    "作业",
    "山田\u3000太郎",
]
STUDENTS += ["a\u00a0b", "x" * 255]


def test_names_of_students_do_not_matter(submitted):
    for name in STUDENTS:
        make(submitted / name, {"hw/hw.ipynb": "x"})
    assert found(submitted, "hw", []) == dict.fromkeys(STUDENTS, ("hw.ipynb", None))


def test_a_student_called_like_an_assignment_is_a_student(submitted):
    make(submitted, {"hw/hw/hw.ipynb": "x", "other_hw/hw/hw.ipynb": "x", "other/hw/hw.ipynb": "x"})
    assert [*found(submitted, "hw", ["other"])] == ["hw", "other", "other_hw"]


def test_a_name_that_is_not_in_utf_8_is_named(submitted):
    for name in (b"m\xfcller", b"l\xf6sung.ipynb"):
        place = os.fsencode(submitted) + b"/" + name
        if name.endswith(b"b"):
            Path(os.fsdecode(place)).write_text("x", encoding="utf-8")
        else:
            make(Path(os.fsdecode(place)), {"hw/hw.ipynb": "x"})
    named = found(submitted, "hw", [])
    assert named == dict.fromkeys(["l?sung.ipynb", "m?ller"], "its name is not in UTF-8: rename it")
    make(submitted / "anna", {os.fsdecode(b"l\xf6sung/hw.ipynb"): "x"})
    assert found(submitted, "hw", [])["anna"] == ("l\udcf6sung/hw.ipynb", "found in anna/l?sung")


SIMILAR = ["ps1", "ps10", "hw", "hw-bonus", "week1", "week12"]
KNOWN = [*SIMILAR, "ps1.1", "hw-copy", "00_first_loss", "Übung 1", "loss", "_", "7"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ps1", "ps1"),
        ("ps10", "ps10"),
        ("ps1.1", "ps1.1"),
        ("ps1.1.ipynb", "ps1.1"),
        ("ps1.ipynb", "ps1"),
        ("PS1.IPYNB", "ps1"),
        ("ps1 (10).ipynb", "ps1"),
        ("ps10 (1)", "ps10"),
        ("ps100", None),
        ("ps1_10", "ps1"),
        ("anna_ps10.zip", "ps10"),
        ("annaps1.zip", None),
        ("ps1.v2.final.ipynb", "ps1"),
        ("week1", "week1"),
        ("week12.ipynb", "week12"),
        ("week 1 - Copy.ipynb", "week1"),
        ("week-12 - Kopie (2)", "week12"),
        ("week123", None),
        ("week1a", "week1"),
        ("hw", "hw"),
        ("hw (1)", "hw"),
        ("hw-bonus", "hw-bonus"),
        ("hw_bonus (1).ipynb", "hw-bonus"),
        ("HW bonus", "hw-bonus"),
        ("hw-copy", "hw-copy"),
        ("homework", None),
        ("shw", None),
        ("00_first_loss-Copy1.ipynb", "00_first_loss"),
        ("00FirstLoss", "00_first_loss"),
        ("00FirstLoss_mueller.ipynb", "00_first_loss"),
        ("mueller_4711_00_first_loss.ipynb", "00_first_loss"),
        ("Kopie von „00_first_loss“.ipynb", "00_first_loss"),
        ("00_first_loss%20(1).ipynb", "00_first_loss"),
        ("second_loss", "loss"),
        ("lossless", None),
        ("floss", None),
        ("U\u0308bung 1.ipynb", "Übung 1"),
        ("übung_1", "Übung 1"),
        ("Übung 12", None),
        ("_", "_"),
        ("__", None),
        ("7", "7"),
        ("17", None),
        ("3.7", "7"),
        ("", None),
        (".ipynb", None),
    ],
)
def test_a_name_tells_to_which_assignment_it_belongs(name, expected):
    for known in (KNOWN, KNOWN[::-1]):
        assert owner(Path("/somewhere", name) if name else Path(), known) == expected


@pytest.mark.parametrize(("one", "other"), [*itertools.permutations(SIMILAR, 2)])
def test_assignments_of_similar_names_are_kept_apart(submitted, one, other):
    make(submitted, {f"anna/{one}/{one}.ipynb": "x", f"ben/{other} (1)/{other}.ipynb": "x", f"eve/{one}.ipynb": "x"})
    make(submitted, {f"anna/{other}/{other}.ipynb": "x", f"eve/{other}.zip": "x"})
    assert found(submitted, one, SIMILAR) == {
        "anna": (f"{one}.ipynb", None),
        "eve": (f"{one}.ipynb", f"found in eve/{one}.ipynb"),
    }
    assert found(submitted, other, SIMILAR) == {
        "anna": (f"{other}.ipynb", None),
        "ben": (f"{other} (1)/{other}.ipynb", f"found in ben/{other} (1)"),
        "eve": (f"{other}.zip", f"found in eve/{other}.zip"),
    }


def test_decomposed_letters_of_macos_are_found(submitted):
    make(submitted, {"anna/u\u0308bung/u\u0308bung.ipynb": "x"})
    assert found(submitted, "übung", ["hw"]) == {"anna": ("u\u0308bung/u\u0308bung.ipynb", "found in anna/u\u0308bung")}
    assert found(submitted, "hw", ["übung"]) == {}


# --- Stray entries


def test_loose_files_are_named_unless_they_belong_to_another_assignment(submitted):
    strays = ["class.zip", "grades.xlsx", "mueller_hw.ipynb"]
    make(submitted, dict.fromkeys([*strays, "other.ipynb", ".DS_Store"], "x"))
    problem = "it is not in a student's folder: expected submitted/STUDENT/hw/hw.ipynb"
    assert found(submitted, "hw", ["other"]) == dict.fromkeys(strays, problem)


def test_folders_the_wrong_way_round_are_named(submitted):
    make(submitted, {"hw/anna/hw.ipynb": "x", "hw/ben/hw.ipynb": "x", "HW (1)": EMPTY, "other/anna/x.ipynb": "x"})
    where = "but the student's folder must come first: expected submitted/STUDENT/hw/hw.ipynb"
    assert found(submitted, "hw", ["other"]) == {
        "HW (1)": f"it holds nothing, {where}",
        "hw": f"it holds anna, ben, {where}",
    }


def test_no_folder_of_submissions_holds_nothing(tmp_path):
    assert find_entries(tmp_path / "submitted", "hw", []) == []
    make(tmp_path, {"submitted": "a file"})
    assert find_entries(tmp_path / "submitted", "hw", []) == []


# --- Links and folders that cannot be read


def test_links_are_not_followed(submitted, tmp_path):
    make(tmp_path, {"elsewhere/hw/hw.ipynb": "x"})
    outside = tmp_path / "elsewhere"
    make(submitted, {"anna": outside, "ben/hw": outside / "hw", "eve/hw/more": outside})
    make(submitted, {"eve/hw/hw.ipynb": outside / "hw/hw.ipynb", "kim/x": outside, "kim/other/a": ""})
    make(submitted, {"gus": Path("gus"), "fay/hw/loop": submitted, "ida/hw": Path("hw")})
    assert found(submitted, "hw", ["other"]) == {
        "anna": "it is a link, which is not followed: expected submitted/STUDENT/hw/hw.ipynb",
        "gus": "it is a link, which is not followed: expected submitted/STUDENT/hw/hw.ipynb",
        "ben": ("hw", None),
        "eve": ("hw.ipynb more", None),
        "fay": ("loop", None),
        "ida": ("hw", None),
        "kim": ("x", "found in kim/x"),
    }


def test_a_folder_that_cannot_be_read_costs_no_other_student(submitted, monkeypatch):
    make(submitted, {f"{name}/hw/hw.ipynb": "x" for name in ("anna", "ben", "eve")} | {"eve/hw/secret/a.csv": "x"})
    real = Path.iterdir

    def iterdir(self):
        if self.name in ("ben", "secret"):  # root, who runs some tests, may read everything
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert found(submitted, "hw", []) == {
        "anna": ("hw.ipynb", None),
        "ben": "it cannot be read: Permission denied",
        "eve": ("hw.ipynb secret", None),
    }


def test_folders_may_be_nested_deeper_than_paths_are_long(submitted):
    make(submitted, {"anna/hw/0.csv": "x"})
    place = os.open(submitted / "anna/hw", os.O_RDONLY)
    try:
        for _ in range(1500):
            os.mkdir("abc", dir_fd=place)
            outer, place = place, os.open("abc", os.O_RDONLY, dir_fd=place)
            os.close(outer)
        (entry,) = find_entries(submitted, "hw", [])
        (first, _), (deepest, _) = entry.files()
        assert (first, deepest[:8]) == ("0.csv", "abc/abc/")
    finally:
        os.close(place)
        subprocess.run(["rm", "-rf", submitted / "anna"], check=True)  # shutil cannot do it


def test_devices_are_yielded_like_files(submitted):
    make(submitted, {"anna/hw": EMPTY})
    os.mkfifo(submitted / "anna/hw/hw.ipynb")
    assert found(submitted, "hw", []) == {"anna": ("hw.ipynb", None)}


# --- Nothing is lost


PARTS = ["hw", "HW (1)", "other", "Other-Copy1", "Homework", "loesung", "x.ipynb", "hw.ipynb", "other.ipynb", "a.pdf"]
PARTS += ["hw.zip", "notes.txt", ".DS_Store", "__MACOSX", "timestamp.txt", "mine.py", "hw.pdf", "third"]
ASSIGNMENTS = ["hw", "other", "third"]


def random_tree(draw):
    """Return a random tree of files for two students, and some that nobody can be given."""
    tree = {}
    for _ in range(draw.randrange(1, 7)):
        depth = draw.choice([0, 1, 2, 2, 3, 3, 4])
        path = "/".join(
            [*(draw.choice(["anna", "ben"]) for _ in range(depth > 0)), *draw.choices(PARTS, k=max(depth, 1))]
        )
        taken = any(each == path or each.startswith(f"{path}/") or path.startswith(f"{each}/") for each in tree)
        if not taken:
            tree[path] = path
    return tree


def test_every_file_is_found_for_some_assignment_or_named(tmp_path):
    draw = random.Random(SEED)  # noqa: S311
    for number in range(300):
        folder, tree = tmp_path / f"class{number}", random_tree(draw)
        make(folder, tree)
        entries = [each for assignment in ASSIGNMENTS for each in find_entries(folder, assignment, ASSIGNMENTS)]
        seen = {place for entry in entries for _, place in entry.files()}
        named = [entry.name for entry in entries if entry.problem]
        passed_over = " ".join(entry.remark or "" for entry in entries)
        for path in tree:
            student, *inner = path.split("/")
            is_work = path.split("/")[-1] != "timestamp.txt" and not is_litter(path)
            if is_work and folder / path not in seen and student not in named:
                assert inner[0] in passed_over, (path, tree)
