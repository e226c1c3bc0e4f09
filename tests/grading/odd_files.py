"""A class whose submissions come in the forms that students, programs and learning platforms really produce.

    python -m tests.grading.odd_files FOLDER

makes a course directory FOLDER with chapter 00_first_loss (10 points), built and released by nbgrader, and hands in
the work of the whole class. From Python, `make(course)` does the same; `build(course)` and `hand_in(course, entries)`
are its two halves. `ENTRIES` is the whole table, and `BY_NAME[name]` is one row of it.

Each `Entry` is one name in `submitted/`, usually a student. It has

    name      the name in `submitted/`
    odd       what is odd about it
    files     what lies there: a path below the name -> its content; the path "" means that the name itself is a file
    expected  Graded(points): it is graded. `remark`, if not None, is a word that one of its `remarks` holds ("": any
              remark). No word of `unsaid` is said about it. `moment` is the time in the gradebook
              Named(*words): it cannot be graded, and every command says so with its name and these words
              Ignored(): nothing was handed in for this chapter: it is not counted, and nothing is wrong with it
    why       the reason for the expected outcome
    single    the path of its only file, if `lossedu check` and `lossedu grade-file` must say the same of it; or None

A content is a function from the `Work` of the course to bytes, or `EMPTY_FOLDER`, or `Link(target)`.
"""

import codecs
import gzip
import io
import shutil
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lossedu import authoring
from tests.commands import nbgrader
from tests.grading import odd_programs as programs
from tests.grading.odd_notebooks import (
    CHAPTER,
    FILE,
    NOTEBOOK,
    OTHER,
    Work,
    after_imports,
    all_in_one_cell,
    at_the_end,
    beside_stubs,
    blank_notebook,
    cell_ids,
    changed,
    code_cell,
    code_of,
    copied,
    deleted,
    half_answered,
    half_of,
    in_ascii,
    in_blank_cell,
    in_cells,
    in_code,
    in_front,
    in_latin_1,
    in_nbformat_3,
    in_utf_8,
    in_utf_16,
    lists_for_empty_objects,
    merged,
    merged_with_test,
    metadata,
    moved_to_the_end,
    new_ids,
    of_an_exercise_less,
    of_an_exercise_more,
    of_other_words,
    of_type,
    on_top,
    only_code,
    only_own_code,
    other_chapter,
    plain,
    retyped,
    roles,
    script,
    solved,
    source_of,
    split,
    split_by_jupyterlab,
    top_level,
    untouched,
    with_conflict,
    with_crlf,
    with_whole_sources,
    without,
    without_every_second_role,
    without_nbgrader,
    without_tests,
)
from tests.samples.demo import REPOSITORY

POINTS = 10
PY = f"{CHAPTER}.py"
ZIP = f"{CHAPTER}.zip"
COPY = f"{CHAPTER}-Copy1.ipynb"
AGAIN = f"{CHAPTER} (1).ipynb"

# --- What is expected -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Graded:
    """It is graded."""

    points: float = POINTS
    remark: str | None = None
    unsaid: tuple[str, ...] = ("refused",)
    moment: str | None = None


@dataclass(frozen=True, init=False)
class Named:
    """It cannot be graded, and every command says so."""

    words: tuple[str, ...]

    def __init__(self, *words):
        object.__setattr__(self, "words", words)


@dataclass(frozen=True)
class Ignored:
    """Nothing was handed in for this chapter."""


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Entry:
    """One name in `submitted/`; the module's docstring explains the fields."""

    name: str
    odd: str
    files: dict = field(repr=False)
    expected: Graded | Named | Ignored
    why: str

    @property
    def single(self):
        if len(self.files) != 1 or isinstance(self.expected, Ignored):
            return None
        ((path, content),) = self.files.items()
        judged_by_place = not path or Path(path).suffix.lower() in ARCHIVES or content is other_chapter
        return None if judged_by_place or not callable(content) else path


EMPTY_FOLDER = None
ARCHIVES = {".zip", ".gz", ".7z", ".rar"}


def alike(why, expected, table):
    """Entries with one reason. A row is what is odd, the files or the notebook's content, and what differs."""
    for name, (odd, files, *differs) in table.items():
        yield Entry(name, odd, files if isinstance(files, dict) else at(files), *(differs or [expected]), why)


def at(content, name=FILE):
    """One file in the chapter's folder."""
    return {f"{CHAPTER}/{name}": content}


def notebooks(why, table, expected=None):
    """Entries that are solved notebooks after some edits. A row is what is odd, and the edits."""
    rows = {name: (odd, solved(*edits)) for name, (odd, *edits) in table.items()}
    return alike(why, expected or Graded(), rows)


# --- Archives -------------------------------------------------------------------------------------------------------


def packed(members, change=lambda archive: archive):
    """A zip archive: the name of each member -> its content, or a link."""

    def content(work):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name, member in members.items():
                about = zipfile.ZipInfo(name, (2026, 3, 2, 12, 0, 0))
                about.compress_type = zipfile.ZIP_DEFLATED
                kind = stat.S_IFLNK if isinstance(member, Link) else stat.S_IFREG
                about.external_attr = (kind | 0o644) << 16
                file.writestr(about, member.target if isinstance(member, Link) else member(work))
        return change(archive.getvalue())

    return content


def with_password(archive):
    """Set the flag of encryption in all headers of a zip archive."""
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = archive.find(signature)
        while start >= 0:
            archive = archive[: start + flags] + bytes([archive[start + flags] | 1]) + archive[start + flags + 1 :]
            start = archive.find(signature, start + 4)
    return archive


def damaged(archive):
    """Overwrite some bytes of the first member."""
    return archive[:200] + bytes(50) + archive[250:]


def bomb(work):
    """A small zip archive whose notebook is 300 MB of blanks."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file, file.open(FILE, "w") as member:
        for _ in range(300):
            member.write(b" " * 1_000_000)
    return archive.getvalue()


def tarred(work):
    """A compressed tar archive of the solved notebook."""
    archive, data = io.BytesIO(), solved()(work)
    with gzip.GzipFile(fileobj=archive, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as file:
        about = tarfile.TarInfo(NOTEBOOK)
        about.size = len(data)
        file.addfile(about, io.BytesIO(data))
    return archive.getvalue()


# --- The reasons, and files that come often -------------------------------------------------------------------------

ONE = "only one file can be meant"
INSIDE = "the content of a file says which chapter it is, not its name"
PERSON = "only a person can say which one counts"
SAME = "the answers are the same"
NO_ANSWER = "a file without answers does not count beside a file with answers"
NOTHING = "it holds nothing that could be graded"
UNREADABLE = "its answers cannot be read; the teacher can ask for the notebook"
UNSAFE = "reading it could reach other files, or use up the machine"
NO_STUDENT = "it does not lie in the folder of a student"
LITTER = "programs leave such files by themselves"
NOT_GRADING = "it does not matter to grading"
HANDED_IN = "it was handed in like this"
IDS = "the ids and the sources say which cells these are"
DEFINES = "a cell defines the answer, wherever it stands"
OURS = "the tests are the course's, not the learner's"
OWN_EXERCISE = "an accident costs only its own exercise"
ADVISED = "the course itself tells learners to write this"
UNUSED = "no answer uses it"
STOCK = "stock nbgrader turns the cell back into code"
TIME = "the time of submission is no answer"

RIGHT = solved()
OTHER_ANSWERS = solved(source_of("numbers_left", "numbers_left = 12"))
APPLE_DOUBLE = plain(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(60))
DS_STORE = plain(b"\x00\x00\x00\x01Bud1" + bytes(60))
THUMBS = plain(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60))
PDF = plain(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
WEB_PAGE = plain("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form></form></body></html>\n")
WORD = packed({"[Content_Types].xml": plain("<Types/>"), "word/document.xml": plain("<w:document/>")})
SHORTCUT = plain("[InternetShortcut]\r\nURL=https://colab.research.google.com/drive/1\r\n")
UNRECOGNISED = Graded(remark="", unsaid=("refused", "deleted"))  # found again without nbgrader's metadata


def remarked(word):
    return Graded(remark=word)


# --- Folders and archives -------------------------------------------------------------------------------------------


def folders():
    yield from alike(
        ONE,
        Graded(),
        {
            "zip_with_folder": ("one folder too deep", {f"{CHAPTER}/{NOTEBOOK}": RIGHT}, remarked(FILE)),
            "own_folder": ("a folder of their own", at(RIGHT, f"Anna Mueller HW/{FILE}"), remarked("Anna Mueller HW")),
            "two_folders": ("two folders too deep", at(RIGHT, f"Downloads/{NOTEBOOK}"), remarked("Downloads")),
            "folder_named_as_file": ("a folder with the name of the file", at(RIGHT, f"{FILE}/{FILE}"), remarked(FILE)),
            "too_shallow": ("no folder for the chapter", {FILE: RIGHT}, remarked(FILE)),
            "other_folder": ("the folder has another name", {f"Homework 1/{FILE}": RIGHT}, remarked("Homework 1")),
            "capitals": ("the folder's name in capitals", {f"00_First_Loss/{FILE}": RIGHT}, remarked("00_First_Loss")),
            "folder_again": ("a second download", {f"{CHAPTER} (1)/{FILE}": RIGHT}, remarked(f"{CHAPTER} (1)")),
        },
    )
    yield from alike(
        NO_STUDENT,
        Named(),
        {
            "mueller_anna_00_first_loss.ipynb": ("a loose notebook", {"": RIGHT}),
            "loose_script.py": ("a loose Python file", {"": script()}),
            "kowalski.zip": ("a zip in place of a student's folder", {"": packed({NOTEBOOK: RIGHT})}),
            "CS101-Assignment 0-4711.zip": (
                "the whole class, as Moodle packs it",
                {
                    "": packed(
                        {
                            f"Anna M_12_assignsubmission_file_/{FILE}": RIGHT,
                            f"Ben K_13_assignsubmission_file_/{FILE}": OTHER_ANSWERS,
                        }
                    )
                },
            ),
            "grades.xlsx": ("a table of the teacher's", {"": plain(b"PK\x03\x04")}),
            CHAPTER: (
                "folders the wrong way round: the chapter's above the students'",
                {f"wrong_way_anna/{FILE}": RIGHT, f"wrong_way_ben/{FILE}": OTHER_ANSWERS},
                Named("wrong_way_anna", "wrong_way_ben"),
            ),
            "group_a": (
                "a folder of a group, with two students in it",
                {f"group_fay/{NOTEBOOK}": RIGHT, f"group_gus/{NOTEBOOK}": OTHER_ANSWERS},
                Named("group_fay", "group_gus"),
            ),
        },
    )
    yield from alike(
        LITTER,
        Ignored(),
        {
            ".DS_Store": ("macOS shows the folder", {"": DS_STORE}),
            "Thumbs.db": ("Windows shows the folder", {"": THUMBS}),
            "desktop.ini": ("Windows shows the folder", {"": plain("[.ShellClassInfo]\r\n")}),
            "__MACOSX": ("a zip that macOS made was unpacked", {f"anna/{CHAPTER}/._{FILE}": APPLE_DOUBLE}),
        },
    )
    other_only = ("only another chapter", {f"{OTHER}/{OTHER}.ipynb": other_chapter}, Ignored())
    yield from alike("nothing was handed in for this chapter", Ignored(), {"other_chapter_only": other_only})
    yield from alike(
        NOTHING,
        Named(),
        {
            "empty_folder": ("an empty folder", {CHAPTER: EMPTY_FOLDER}),
            "empty_student": ("an empty folder of a student", {"": EMPTY_FOLDER}),
            "only_litter": ("only litter", at(DS_STORE, ".DS_Store") | at(THUMBS, "Thumbs.db")),
            "only_litter_above": ("only litter in the student's folder", {".DS_Store": DS_STORE}),
            "only_a_timestamp": ("only a time", at(plain("2026-03-02 12:00:00 UTC"), "timestamp.txt")),
            "only_data": ("only data", at(plain("a,b\n1,2\n"), "temperatures.csv"), Named("temperatures.csv")),
        },
    )
    yield from alike(
        UNSAFE,
        Named(FILE),
        {
            "link_to_a_file": ("a link to another student's notebook", at(Link(f"../../untouched/{NOTEBOOK}"))),
            "link_to_nothing": ("a link that leads nowhere", at(Link("/nowhere/at/all.ipynb"))),
            "link_to_a_folder": ("a link to another's folder", {CHAPTER: Link(f"../untouched/{CHAPTER}")}, Named()),
        },
    )


def archives():
    yield from alike(
        ONE,
        remarked(ZIP),
        {
            "zip_packed": ("a zip in the chapter's folder", at(packed({FILE: RIGHT}), ZIP)),
            "zip_with_inner_folder": ("the same, with a folder in it", at(packed({NOTEBOOK: RIGHT}), ZIP)),
            "zip_for_folder": ("a zip in place of the chapter's folder", {ZIP: packed({FILE: RIGHT})}),
            "zip_in_capitals": ("a zip of another name", at(packed({FILE: RIGHT}), "Ü 1.ZIP"), remarked("1.ZIP")),
            "zip_of_windows": ("a zip with backslashes", at(packed({f"{CHAPTER}\\{FILE}": RIGHT}), ZIP)),
            "zip_with_umlauts": ("a zip with other letters", at(packed({f"Übung Müller/{FILE}": RIGHT}), ZIP)),
            "zip_of_macos": (
                "a zip that macOS made",
                at(packed({NOTEBOOK: RIGHT, f"__MACOSX/{CHAPTER}/._{FILE}": APPLE_DOUBLE, ".DS_Store": DS_STORE}), ZIP),
            ),
            "zip_with_data": (
                "a zip with other files in it",
                at(packed({FILE: RIGHT, "notes.txt": plain("mine"), "plot.png": plain(b"\x89PNG")}), ZIP),
            ),
            "zip_with_two_chapters": (
                "a zip with another chapter's notebook in it",
                at(packed({FILE: RIGHT, f"{OTHER}.ipynb": other_chapter}), ZIP),
            ),
            "zip_with_copies": ("a zip with two equal notebooks", at(packed({FILE: RIGHT, COPY: RIGHT}), ZIP)),
            "zip_beside_contents": (
                "the same notebook packed and unpacked",
                at(RIGHT) | at(packed({FILE: RIGHT}), ZIP),
                Graded(),
            ),
        },
    )
    two = at(packed({"a.ipynb": RIGHT, "b.ipynb": OTHER_ANSWERS}), "both.zip")
    yield from alike(PERSON, Named("both.zip"), {"zip_with_two_answers": ("a zip with two different notebooks", two)})
    yield from alike(
        UNREADABLE,
        Named(ZIP),
        {
            "zip_without_notebook": ("a zip without a notebook", at(packed({"report.pdf": PDF}), ZIP)),
            "zip_empty": ("an empty zip", at(packed({}), ZIP)),
            "zip_with_password": ("an encrypted zip", at(packed({FILE: RIGHT}, with_password), ZIP)),
            "zip_cut_short": ("half of a zip", at(packed({FILE: RIGHT}, half_of), ZIP)),
            "zip_damaged": ("a zip with wrong bytes in it", at(packed({FILE: RIGHT}, damaged), ZIP)),
            "tar_gz": ("a tar archive", at(tarred, f"{CHAPTER}.tar.gz"), Named(f"{CHAPTER}.tar.gz")),
            "seven_zip": ("a 7z archive", at(plain(b"7z\xbc\xaf\x27\x1c" + bytes(80)), "a.7z"), Named("a.7z")),
            "rar_archive": ("a RAR archive", at(plain(b"Rar!\x1a\x07\x01\x00" + bytes(80)), "a.rar"), Named("a.rar")),
        },
    )
    yield from alike(
        UNSAFE,
        Named(ZIP),
        {
            "zip_climbs_out": ("a zip with `..` in a path", at(packed({f"../../climbed/{NOTEBOOK}": RIGHT}), ZIP)),
            "zip_with_link": ("a zip with a symbolic link", at(packed({FILE: Link("/etc/passwd")}), ZIP)),
            "zip_in_zip": ("a zip in a zip", at(packed({"in.zip": packed({FILE: RIGHT})}), ZIP)),
            "zip_bomb": ("a small zip of 300 MB", at(bomb, ZIP)),
        },
    )


def several_files():
    yield from alike(
        NO_ANSWER,
        Graded(),
        {
            "two_files": ("the release, and a solved copy", at(untouched) | at(RIGHT, COPY), remarked(COPY)),
            "untouched_copy": ("the solved notebook, and the release again", at(RIGHT) | at(untouched, AGAIN)),
            "script_and_untouched": (
                "the untouched notebook, and a solved Python file",
                at(untouched) | at(script(), PY),
                remarked(PY),
            ),
        },
    )
    yield from alike(
        PERSON,
        Named(FILE, COPY),
        {
            "two_solved": ("two notebooks of different answers", at(RIGHT) | at(OTHER_ANSWERS, COPY)),
            "half_and_whole": ("half of the answers, and all in a copy", at(solved(half_answered)) | at(RIGHT, COPY)),
            "two_of_other_names": (
                "two notebooks of different answers and of other names",
                at(RIGHT, "v1.ipynb") | at(OTHER_ANSWERS, "v2 final.ipynb"),
                Named("v1.ipynb", "v2 final.ipynb"),
            ),
        },
    )
    yield from alike(
        SAME,
        Graded(),
        {
            "two_equal": ("two equal notebooks", at(RIGHT) | at(RIGHT, COPY)),
            "two_equal_of_other_names": (
                "two equal notebooks of other names",
                at(RIGHT, AGAIN) | at(RIGHT, f"{CHAPTER} (2).ipynb"),
                remarked(f"{CHAPTER} ("),
            ),
            "two_with_other_outputs": (
                "two notebooks that differ only in outputs",
                at(RIGHT) | at(solved(programs.has_run), COPY),
            ),
            "script_beside": ("a notebook, and its code as a Python file", at(RIGHT) | at(script(), PY)),
        },
    )
    yield from alike(
        "it answers nothing of this chapter",
        Named(FILE),
        {
            "another_chapter": (
                "another chapter's notebook",
                at(other_chapter, f"{OTHER}.ipynb"),
                Named(f"{OTHER}.ipynb"),
            ),
            "another_chapter_renamed": ("another chapter's notebook under this one's name", other_chapter),
        },
    )
    own = lambda work: in_utf_8(blank_notebook(code_cell("1 + 1")))  # noqa: E731
    yield from alike(
        NOT_GRADING,
        Graded(),
        {
            "another_chapter_beside": ("another chapter beside it", at(RIGHT) | at(other_chapter, f"{OTHER}.ipynb")),
            "own_notebook_beside": ("a notebook of their own beside it", at(RIGHT) | at(own, "Untitled.ipynb")),
            "files_beside": (
                "other files beside it",
                at(RIGHT) | at(plain("mine"), "notes/mine.txt") | at(PDF, "a.pdf") | at(WEB_PAGE, f"{CHAPTER}.html"),
            ),
            "litter_beside": (
                "litter beside it",
                at(RIGHT)
                | at(DS_STORE, ".DS_Store")
                | at(APPLE_DOUBLE, f"._{FILE}")
                | at(untouched, f".ipynb_checkpoints/{CHAPTER}-checkpoint.ipynb")
                | at(plain("x"), "~$notes.docx")
                | at(plain("x"), "__pycache__/mine.cpython-312.pyc")
                | at(plain("ref: refs/heads/main\n"), ".git/HEAD"),
            ),
            "litter_above": (
                "litter beside the chapter's folder",
                at(RIGHT) | {f"__MACOSX/{CHAPTER}/._{FILE}": APPLE_DOUBLE, "Thumbs.db": THUMBS},
            ),
        },
    )
    yield from alike(
        "`check` and `grade-file` read Python files, so `grade` does",
        Graded(),
        {
            "only_a_script": ("a Python file", at(script(), PY), remarked(PY)),
            "script_of_another_name": ("a Python file of another name", at(script(), "loes.py"), remarked("loes.py")),
        },
    )


def no_notebooks():
    lfs = plain("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    drive = plain('{"url": "https://docs.google.com/open?id=1", "doc_id": "1", "email": "a@b.c"}')
    yield from alike(
        UNREADABLE,
        Named(FILE),
        {
            "pdf_renamed": ("a PDF named .ipynb", PDF),
            "web_page_renamed": ("a web page named .ipynb", WEB_PAGE),
            "word_renamed": ("a Word document named .ipynb", WORD),
            "git_conflict": ("the marks of a merge conflict", changed(RIGHT, with_conflict)),
            "cut_short": ("half of the file", changed(RIGHT, half_of)),
            "git_lfs": ("a pointer of Git LFS", lfs),
            "other_json": ("JSON that is no notebook", drive),
            "json_list": ("JSON that is a list", plain("[1, 2, 3]")),
            "json_number": ("JSON that is a number", plain("42")),
            "json_too_deep": ("JSON nested 100,000 deep", plain("[" * 100_000 + "]" * 100_000)),
            "only_a_pdf": ("a PDF", at(PDF, "homework.pdf"), Named("homework.pdf")),
            "only_a_web_page": ("a web page", at(WEB_PAGE, "00_first_loss.html"), Named("00_first_loss.html")),
            "only_a_shortcut": ("a link to Colab", at(SHORTCUT, "Colab.url"), Named("Colab.url")),
            "only_half_loaded": (
                "an unfinished download",
                at(changed(RIGHT, half_of), f"{FILE}.crdownload"),
                Named(f"{FILE}.crdownload"),
            ),
            "only_in_the_cloud": (
                "a file that iCloud has not loaded",
                at(plain(b"bplist00"), f".{FILE}.icloud"),
                Named(),
            ),
        },
    )
    yield from alike(
        NOTHING,
        Named(FILE),
        {
            "empty_file": ("an empty file", plain("")),
            "blank_file": ("a file of blanks", plain("\n \n")),
            "zeros": ("zero bytes, as a broken disk leaves them", plain(bytes(4096))),
        },
    )
    empty = lambda work: in_utf_8(blank_notebook())  # noqa: E731
    yield from alike(
        HANDED_IN,
        Graded(0),
        {"untouched": ("nothing is answered", untouched), "no_cells": ("a notebook without cells", empty)},
    )


# --- Names ----------------------------------------------------------------------------------------------------------


def names():
    files = [f"{CHAPTER}{rest}" for rest in (" (1).ipynb", "-Copy1.ipynb", " - Kopie.ipynb", " copy.ipynb", "")]
    files += [f"{CHAPTER}{rest}" for rest in (".IPYNB", ".ipynb.txt", ".ipynb.json", ".json", ".ipynb.ipynb")]
    files += [
        f"{CHAPTER}{rest}" for rest in ("%20(1).ipynb", "[final].ipynb", ".nbconvert.ipynb", ".v2.ipynb", " .ipynb")
    ]
    files += [f"{before}{FILE}" for before in ("Copy of ", " ", "alice_", "muelleranna_4711_815_", "m_LATE_4711_815_")]
    files += ["00_First_Loss.ipynb", "first_loss.ipynb", "00 first loss.ipynb", "00-first-loss.ipynb"]
    files += [f"Kopie von „{CHAPTER}“.ipynb", "Untitled1.ipynb", "作业0.ipynb", "ipynb"]
    rows = {
        f"file_name_{number:02}": (repr(name), at(RIGHT, name), remarked(name)) for number, name in enumerate(files)
    }
    yield from alike(INSIDE, Graded(), rows)
    yield from alike(NOT_GRADING, Graded(), dict.fromkeys(STUDENTS, ("the name of the student", RIGHT)))


STUDENTS = ["a[b]", "100%", "c+", "d e", "ren\u00e9", "andre\u0301", "-dash", "x'y\"", "{brace}", "q?", "st*r", "a,b"]
STUDENTS += [
    "ab",
    "qx",
    "stir",
    "a&b<i>",
    "$HOME",
    "back\\slash",
    "semi;colon",
    "at@home.org",
    "=1+1",
    "#1",
    "~tilde",
    "0815",
    "作业",
]

# --- Encodings ------------------------------------------------------------------------------------------------------


def encodings():
    crlf_inside = lambda notebook: [  # noqa: E731
        cell.update(source=cell["source"].replace("\n", "\r\n")) for cell in notebook["cells"]
    ]
    half_an_emoji = solved(on_top("# \ud83d", "numbers_left"), save=in_ascii)
    latin = script(on_top("# größer", "numbers_left"), save=in_latin_1)
    cookie = b"# -*- coding: latin-1 -*-\n"
    yield from alike(
        NOT_GRADING,
        Graded(),
        {
            "bom": ("a byte order mark", changed(RIGHT, lambda data: codecs.BOM_UTF8 + data)),
            "bom_twice": ("two byte order marks", changed(RIGHT, lambda data: codecs.BOM_UTF8 * 2 + data)),
            "utf_16_le": ("UTF-16, as PowerShell's `>` writes it", in_utf_16(RIGHT)),
            "utf_16_be": ("UTF-16, big endian", in_utf_16(RIGHT, codecs.BOM_UTF16_BE)),
            "crlf": ("line ends of Windows", changed(RIGHT, with_crlf)),
            "crlf_inside": ("line ends of Windows in the cells", solved(crlf_inside)),
            "blank_lines": ("blank lines around the JSON", changed(RIGHT, lambda data: b"\n\n  " + data + b"\n\n")),
            "ascii_only": ("all other characters escaped", solved(save=in_ascii)),
            "half_an_emoji": ("half of an emoji in a comment", half_an_emoji),
            "names_outside_ascii": (
                "names outside ASCII",
                solved(after_imports("größe = 3\nμ = größe * 2  # 平均 🎉")),
            ),
            "py_with_bom": ("a byte order mark", at(changed(script(), lambda data: codecs.BOM_UTF8 + data), PY)),
            "py_utf_16": ("a Python file in UTF-16", at(in_utf_16(script()), PY)),
            "py_crlf": ("line ends of Windows in a Python file", at(changed(script(), with_crlf), PY)),
            "py_latin_1": ("a Python file that says Latin-1", at(changed(latin, lambda data: cookie + data), PY)),
            "py_latin_1_unsaid": ("a Python file in Latin-1 that says nothing; only texts differ", at(latin, PY)),
        },
    )


# --- Metadata -------------------------------------------------------------------------------------------------------


def notebook_metadata():
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    conda = {"name": "conda-env-my env-py", "display_name": "Python [conda env:my env]"}
    yield from notebooks(
        NOT_GRADING,
        {
            "kernelspec_missing": ("no kernelspec", metadata(kernelspec=...)),
            "kernelspec_null": ("a kernelspec of null", metadata(kernelspec=None)),
            "kernelspec_empty": ("an empty kernelspec", metadata(kernelspec={})),
            "kernelspec_list": ("a list for the kernelspec", metadata(kernelspec=[])),
            "kernelspec_without_display_name": ("no display name", metadata(kernelspec={"name": "gone"})),
            "kernelspec_without_name": ("no name of a kernel", metadata(kernelspec={"display_name": "Python"})),
            "kernelspec_name_null": ("a kernel name of null", metadata(kernelspec=spec | {"name": None})),
            "kernel_of_another_name": ("another kernel's name", metadata(kernelspec=spec | {"name": "venv-of-mine"})),
            "kernel_of_conda": ("a name that no kernel can have", metadata(kernelspec=spec | conda)),
            "language_info_missing": ("no language_info", metadata(language_info=...)),
            "language_info_null": ("language_info of null", metadata(language_info=None)),
            "language_info_without_name": ("no name of a language", metadata(language_info={"version": "3.12"})),
            "metadata_missing": ("no metadata", top_level(metadata=...)),
            "metadata_null": ("metadata of null", top_level(metadata=None)),
            "metadata_list": ("a list for the metadata", top_level(metadata=[])),
            "widgets_without_state": (
                "widget metadata without `state`",
                metadata(widgets={programs.WIDGETS: {"m1": {"model_name": "HBoxModel", "state": {}}}}),
            ),
            "widgets_shown_without_state": (
                "the same, and an output that shows a widget",
                metadata(widgets={programs.WIDGETS: {"version_major": 2, "version_minor": 0}}),
                in_code(outputs=[programs.PROGRESS_BAR]),
            ),
            "widgets_null": ("widget metadata of null", metadata(widgets=None)),
            "widgets_list": ("a list for the widget metadata", metadata(widgets=[])),
            "nbformat_minor_0": ("nbformat 4.0, with cell ids", top_level(nbformat_minor=0)),
            "nbformat_minor_99": ("nbformat 4.99", top_level(nbformat_minor=99)),
            "nbformat_minor_missing": ("no nbformat_minor", top_level(nbformat_minor=...)),
            "nbformat_missing": ("neither of the two", top_level(nbformat=..., nbformat_minor=...)),
            "nbformat_text": ("texts for the numbers of nbformat", top_level(nbformat="4", nbformat_minor="5")),
            "keys_outside_schema": ("keys that the schema forbids", top_level(worksheets=[]), in_cells(input=None)),
        },
    )
    yield from alike(
        NOT_GRADING,
        Graded(),
        {
            "whole_sources": ("each source as one string", solved(save=with_whole_sources)),
            "nbformat_3": ("a notebook of nbformat 3", solved(save=in_nbformat_3)),
        },
    )


def cell_metadata():
    output = {"output_type": "stream", "name": "stdout", "text": "\x00\x1b[31m\x07\ufffe"}
    endless = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/json": [float("nan"), float("inf")]},
    }
    odd_outputs = [{}, None, {"output_type": "pyout", "text": "1"}, {"output_type": "stream", "text": None}]
    yield from notebooks(
        NOT_GRADING,
        {
            "odd_cell_id": (
                "an id that the schema forbids",
                cell_ids(lambda n, name: "no+valid=id" if n == 1 else name),
            ),
            "cell_ids_missing": ("no cell ids", in_cells(id=...)),
            "cell_ids_missing_in_4_4": ("no cell ids, in nbformat 4.4", in_cells(id=...), top_level(nbformat_minor=4)),
            "cell_ids_null": ("cell ids of null", in_cells(id=None)),
            "cell_ids_empty": ("empty cell ids", in_cells(id="")),
            "cell_ids_alike": ("one id for all cells", in_cells(id="same")),
            "cell_ids_numbers": ("numbers for cell ids", cell_ids(lambda number, name: number)),
            "cell_ids_long": ("cell ids of 200 characters", cell_ids(lambda number, name: (name + "-" * 200)[:200])),
            "cell_ids_odd": (
                "blanks and other letters in cell ids",
                cell_ids(lambda number, name: f"Zelle {number}. ä/\n"),
            ),
            "outputs_missing": ("no outputs", in_code(outputs=...)),
            "outputs_null": ("outputs of null", in_code(outputs=None)),
            "outputs_object": ("an object for the outputs", in_code(outputs={})),
            "outputs_odd": ("outputs of no version of nbformat", in_code(outputs=odd_outputs)),
            "outputs_of_text": ("outputs of cells of text", in_cells(outputs=[], execution_count=None)),
            "outputs_with_nul": ("NUL and escape sequences in outputs", in_code(outputs=[output])),
            "outputs_with_nan": ("NaN and Infinity in outputs", in_code(outputs=[endless])),
            "outputs_huge": ("20 MB of outputs", in_code(outputs=[output | {"text": "x" * 1_000_000}])),
            "execution_count_missing": ("no execution_count", in_code(execution_count=...)),
            "execution_count_text": ("a text for the execution_count", in_code(execution_count="*")),
            "own_metadata_missing": ("no metadata in a cell of their own", in_blank_cell(metadata=...)),
            "own_metadata_null": ("metadata of null in a cell of their own", in_blank_cell(metadata=None)),
            "own_source_missing": ("no source in a cell of their own", in_blank_cell(source=...)),
            "own_source_null": ("a source of null in a cell of their own", in_blank_cell(source=None)),
            "own_source_list": ("an empty list for a source", in_blank_cell(source=[])),
            "own_type_missing": ("no type of a cell of their own", in_blank_cell(cell_type=...)),
            "own_type_unknown": ("an unknown type of a cell", in_blank_cell(cell_type="sql", source="SELECT 1")),
            "metadata_lists": ("a list for empty metadata, as PHP writes it", lists_for_empty_objects),
            "attachments_null": ("attachments of null", in_cells(attachments=None)),
            "null_for_a_cell": ("null among the cells", lambda notebook: notebook["cells"].append(None)),
        },
    )
    yield from notebooks(
        DEFINES,
        {
            "cell_metadata_missing": ("no metadata in any cell", in_cells(metadata=...)),
            "cell_metadata_null": ("metadata of null in all cells", in_cells(metadata=None)),
        },
        UNRECOGNISED,
    )
    no_source = ("an answer whose source is null", source_of("squared_error", None))
    yield from notebooks(OWN_EXERCISE, {"answer_source_null": no_source}, Graded(8))


def roles_of_cells():
    yield from notebooks(
        IDS,
        {
            "role_missing": ("no schema version, as before nbgrader 0.4", roles(without("task", "schema_version"))),
            "role_of_schema_1": ("schema version 1", roles(without("task", "cell_type", schema_version=1))),
            "role_of_schema_2": ("schema version 2", roles(without("task", schema_version=2))),
            "role_of_schema_99": ("a schema version to come", roles(without(schema_version=99))),
            "role_null": ("null for nbgrader's metadata", roles(lambda role: None)),
            "role_list": ("a list for nbgrader's metadata", roles(lambda role: [])),
            "role_empty": ("an empty object for nbgrader's metadata", roles(lambda role: {})),
            "role_without_grade_id": ("no grade_id", roles(without("grade_id"))),
            "role_unlocked": ("no cell is locked", roles(without(locked=False))),
            "role_half_missing": ("nbgrader's metadata in some cells only", without_every_second_role),
        },
        Graded(unsaid=UNRECOGNISED.unsaid),
    )
    yield from notebooks(
        IDS, {"no_nbgrader_metadata": ("nbgrader's metadata dropped, ids kept", without_nbgrader)}, UNRECOGNISED
    )
    yield from notebooks(
        DEFINES,
        {
            "no_nbgrader_metadata_nor_ids": ("the ids dropped too", without_nbgrader, in_cells(id=...)),
            "no_nbgrader_metadata_new_ids": ("nbgrader's metadata dropped, new ids", without_nbgrader, new_ids),
        },
        UNRECOGNISED,
    )
    own = ("only their own code, in a new notebook", without_nbgrader, only_own_code, new_ids)
    yield from notebooks(DEFINES, {"own_code_in_a_new_notebook": own}, remarked(""))
    less = ("an older release, without one of today's exercises", of_an_exercise_less)
    yield from notebooks(
        "what was not asked earns nothing, and says so", {"older_release": less}, Graded(9, "silent_broadcast")
    )
    yield from notebooks(
        NOT_GRADING,
        {
            "other_words": ("an older release with other words", of_other_words),
            "longer_release": ("an older release with one exercise more", of_an_exercise_more),
        },
    )


def saved_by_programs():
    kept = (programs.colab, programs.vscode, programs.vscode_older, programs.jupyterlab, programs.classic)
    kept += (programs.pycharm, programs.azure, programs.sagemaker, programs.jupyterlite, programs.papermill)
    kept += (programs.cocalc,)
    yield from notebooks(
        NOT_GRADING, {f"by_{program.__name__}": (f"saved by {program.__name__}", program) for program in kept}
    )
    kaggle = solved(programs.kaggle, save=programs.in_one_line)
    yield from alike(NOT_GRADING, Graded(), {"by_kaggle": ("saved by Kaggle", kaggle)})
    databricks = solved(programs.databricks, save=programs.with_a_key_twice)
    yield from alike(
        DEFINES,
        UNRECOGNISED,
        {
            "by_colab_bare": ("saved by Colab, cell by cell", solved(programs.colab_bare)),
            "by_deepnote": ("saved by Deepnote", solved(programs.deepnote)),
            "by_databricks": ("saved by Databricks", databricks),
        },
    )


# --- Answers and lines ----------------------------------------------------------------------------------------------


def answers():
    names = ("squared_error", "mean_over_last_axis", "numbers_left", "price_slope", "wrong_at_no_cost")
    yield from notebooks(
        DEFINES,
        {
            "answers_above_stubs": ("answers above their untouched stubs", beside_stubs(0, *names)),
            "answers_below_stubs": ("answers below their untouched stubs", beside_stubs(1, *names)),
            "answers_in_one_cell": ("all answers in one cell, above all stubs", all_in_one_cell),
            "answers_merged": ("two answers in one cell", merged),
            "answer_merged_with_test": ("an answer merged with its test", merged_with_test),
            "answer_retyped": ("an answer in a new cell, its own cell deleted", retyped),
            "answer_split": ("an answer split in two cells", split()),
            "answer_split_by_jupyterlab": ("the same, with the same metadata", split_by_jupyterlab),
            "answer_copied": ("an answer twice, with the same metadata", copied),
            "answer_moved": ("an exercise at the end", moved_to_the_end("numbers_left", "check_numbers_left")),
        },
    )
    yield from notebooks(
        OURS,
        {
            "test_deleted": ("a test deleted", deleted("check_squared_error")),
            "tests_deleted": ("all tests deleted", without_tests),
            "test_edited": ("a test edited", source_of("check_squared_error", "print('ok')")),
            "test_as_text": ("a test turned into Markdown", of_type("markdown", "check_squared_error")),
            "tests_moved": ("two tests at the end", moved_to_the_end("check_squared_error", "check_numbers_left")),
        },
    )
    yield from notebooks(
        OWN_EXERCISE,
        {
            "answer_deleted": ("an answer deleted", deleted("squared_error")),
            "answer_and_test_deleted": (
                "an answer and its test deleted",
                deleted("squared_error", "check_squared_error"),
            ),
            "answer_stops": (
                "an answer with a syntax error",
                source_of("squared_error", "def squared_error(:\n    return"),
            ),
        },
        Graded(8),
    )
    yield from notebooks(
        STOCK,
        {
            "answer_as_text": ("an answer turned into Markdown by the M key", of_type("markdown", "squared_error")),
            "answer_as_raw": ("an answer turned into a raw cell by the R key", of_type("raw", "squared_error")),
        },
    )
    ask, shell = after_imports("input('your name? ')"), after_imports("git status\npip install numpy")
    yield from notebooks(
        OWN_EXERCISE,
        {
            "own_cells_stop": ("cells of their own that stop", in_front("1 / 0"), ask, after_imports("undefined_name")),
            "own_cell_is_no_python": ("a cell of their own that is no Python", shell),
            "only_code": ("all text deleted", only_code),
        },
    )


def lines():
    restart, pip = "!lossedu restart squared_error", "pip install --quiet lossedu"
    readme = '%pip install --quiet "lossedu @ git+https://github.com/OWNER/REPOSITORY@main"'
    restart_in_answer = on_top(restart, "squared_error")
    yield from notebooks(
        ADVISED,
        {
            "restart_line_in_answer_cell": ("`lossedu restart` on top of an answer", restart_in_answer),
            "restart_below_answer": ("`lossedu restart` below an answer", at_the_end(restart, "squared_error")),
            "restart_in_a_cell_of_its_own": ("`lossedu restart` in its own cell", after_imports(restart)),
            "hints": ("hints in cells", after_imports('hint("squared_error")'), on_top('hint("a")', "numbers_left")),
            "colab_cell": ("the cell that README gives for Colab", in_front(readme)),
            "pip_magic_in_import_cell": ("`%pip` in the import cell", on_top(f"%{pip}")),
            "pip_line_in_import_cell": ("`!pip` in the import cell", on_top(f"!{pip}")),
            "pip_of_this_python": ("`!{sys.executable}`", on_top(f"import sys\n!{{sys.executable}} -m {pip}")),
            "pip_captured": ("`%%capture` above `!pip`", in_front(f"%%capture\n!{pip}")),
        },
    )
    yield from notebooks(
        NOT_GRADING,
        {
            "shell_lines": ("shell lines", in_front("!ls -la\n!nvidia-smi"), on_top("!ls")),
            "shell_output_kept": ("a shell line's output in a name", after_imports("files = !ls\nprint(files)")),
            "shell_cell": ("a cell of bash", in_front("%%bash\nls\npip list")),
            "timed_answers": (
                "answers that are timed",
                on_top("%%time", "squared_error"),
                on_top("%%time", "numbers_left"),
            ),
        },
    )
    drive = "from google.colab import drive\n{0}drive.mount('/content/drive')"
    tried = f"try:\n    {drive.format('    ')}\nexcept ImportError:\n    pass"
    quiet = "import os, warnings\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'\nwarnings.filterwarnings('ignore')"
    star = "from lossedu.losses import *"
    yield from notebooks(
        UNUSED,
        {
            "matplotlib_widget": ("`%matplotlib widget`", on_top("%matplotlib widget")),
            "matplotlib_inline": (
                "other magics of plots",
                on_top("%matplotlib inline\n%config InlineBackend.dpi = 90"),
            ),
            "autoreload": ("`%autoreload`", on_top("%load_ext autoreload\n%autoreload 2")),
            "unknown_magics": ("magics that are not there", on_top("%load_ext nb_black\n%lprun x")),
            "unused_tensorflow_import": ("TensorFlow", on_top("import tensorflow as tf  # for later")),
            "unused_keras_import": ("Keras", on_top("from tensorflow import keras\nfrom keras.losses import mse")),
            "unused_torch_import": ("PyTorch", on_top("import torch\nfrom torch.nn import functional as F")),
            "unused_sklearn_import": ("a ready-made loss", on_top("from sklearn.metrics import mean_squared_error")),
            "unused_other_imports": (
                "what is not installed",
                on_top("import pandas as pd\nimport plotly.express as px"),
            ),
            "star_import": ("all of lossedu's losses", on_top(star)),
            "seaborn": ("seaborn's style", on_top("import seaborn as sns; sns.set_theme()")),
            "seaborn_in_its_own_cell": (
                "the same",
                after_imports("import seaborn as sns\nsns.set_theme(style='dark')"),
            ),
            "colab_drive": ("Google Drive", on_top(drive.format("") + "\n%cd /content/drive/MyDrive")),
            "colab_drive_tried": ("Google Drive, if it is there", on_top(tried)),
            "colab_only": ("a line for Colab", on_top(f"import sys\nif 'google.colab' in sys.modules:\n    !{pip}")),
            "warnings_off": ("fewer warnings", on_top(quiet)),
        },
    )
    squared = "def squared_error(y_true, y_pred):\n    return "
    by_tensorflow = source_of("squared_error", f"{squared}tf.square(y_pred - y_true).numpy()")
    by_star = source_of("squared_error", f"{squared}mean_squared_error(y_true[..., None], y_pred[..., None])")
    yield from notebooks(
        "this answer is the work of a library; the other answers are the learner's",
        {
            "tensorflow_used": ("an answer that uses TensorFlow", on_top("import tensorflow as tf"), by_tensorflow),
            "star_import_used": ("an answer that uses lossedu's losses", on_top(star), by_star),
        },
        Graded(8, unsaid=()),
    )


# --- Python files ---------------------------------------------------------------------------------------------------


def scripts():
    cells = in_front("!lossedu restart squared_error"), in_front("%pip install --quiet lossedu")
    edits = *cells, on_top("%matplotlib inline\n!pip install --quiet lossedu")
    main = b"\n\nif __name__ == '__main__':\n    print(squared_error(np.array([1]), np.array([3])))\n"
    saved = {
        "py_jupytext_percent": ("Jupytext's percent format", programs.by_jupytext("percent")),
        "py_jupytext_light": ("Jupytext's light format", programs.by_jupytext("light")),
        "py_nbconvert": ("nbconvert's script", programs.by_nbconvert),
        "py_vscode": ("cells of VS Code", programs.by_vscode),
        "py_spyder": ("cells of Spyder", programs.by_spyder),
        "py_colab": ("Colab's download", programs.by_colab),
        "py_by_hand": ("code copied by hand", lambda notebook: code_of(notebook).encode()),
    }
    rows = {
        name: (f"{odd}, with magics and shell lines", at(script(*edits, save=save), PY))
        for name, (odd, save) in saved.items()
    }
    yield from alike(ADVISED, Graded(), rows)
    yield from alike(
        NOT_GRADING,
        Graded(),
        {
            "py_databricks": ("Databricks' source", at(script(*cells, save=programs.by_databricks), PY)),
            "py_with_main": ("a main block", at(changed(script(), lambda data: data + main), PY)),
            "py_with_tabs": ("tabs", at(changed(script(), lambda data: data.replace(b"    ", b"\t")), PY)),
        },
    )


# --- Times ----------------------------------------------------------------------------------------------------------


def timestamps():
    noon = "2026-03-02 12:00:00"
    read, unread = Graded(moment=noon), remarked("timestamp.txt")
    utf_16 = codecs.BOM_UTF16_LE + f"{noon} UTC\r\n".encode("utf-16-le")
    times = {
        "plain": ("as nbgrader writes it", f"{noon} UTC", read),
        "microseconds": ("as nbgrader writes it too", f"{noon}.000000 UTC\n", read),
        "bom": ("a byte order mark", f"\ufeff{noon} UTC\r\n", read),
        "utf_16": ("UTF-16, as PowerShell's `>` writes it", utf_16, read),
        "offset": ("ISO 8601 with an offset", "2026-03-02T13:00:00+01:00", read),
        "zulu": ("ISO 8601 in UTC", "2026-03-02T12:00:00.000Z\n", read),
        "dotted": ("a German date", "02.03.2026", Graded()),
        "dotted_with_time": ("a German date and time", "2.3.2026 13:00", Graded()),
        "slashes": ("a date that can be read in two ways", "03/02/2026 1:00 PM", Graded()),
        "mail": ("a date as mails have it", "Mon, 02 Mar 2026 13:00:00 +0100", Graded()),
        "epoch": ("seconds since 1970", "1772452800", Graded()),
        "empty": ("nothing", "", Graded()),
        "nonsense": ("no time at all", "yesterday evening, sorry!", unread),
        "no_day": ("a day that does not exist", "2026-02-30 12:00:00 UTC", unread),
        "far": ("a year that Python cannot count", "99999-01-01 00:00:00 UTC", unread),
        "binary": ("bytes that are no text", b"\xff\x00\xfe\x9d\x81", unread),
    }
    rows = {
        f"timestamp_{name}": (f"timestamp.txt: {odd}", at(RIGHT) | at(plain(data), "timestamp.txt"), expected)
        for name, (odd, data, expected) in times.items()
    }
    folder = ("a folder named timestamp.txt", at(RIGHT) | at(EMPTY_FOLDER, "timestamp.txt"))
    yield from alike(TIME, Graded(), rows | {"timestamp_folder": folder})


# --- The class, and its course --------------------------------------------------------------------------------------

KINDS = (folders, archives, several_files, no_notebooks, names, encodings, notebook_metadata, cell_metadata)
KINDS += (roles_of_cells, saved_by_programs, answers, lines, scripts, timestamps)
ENTRIES = [entry for kind in KINDS for entry in kind()]
BY_NAME = {entry.name: entry for entry in ENTRIES}


def make(course):
    """Build a course, hand in the work of the whole class, and return the course."""
    hand_in(build(course))
    return course


def build(course):
    """Make a course directory with the chapter built and released by nbgrader, and return it."""
    source = course / "solutions" / CHAPTER
    source.mkdir(parents=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    shutil.copy(REPOSITORY / "solutions" / CHAPTER / f"{CHAPTER}.md", source)
    authoring.build(source / f"{CHAPTER}.md")
    nbgrader(course, "generate_assignment", CHAPTER)
    return course


def hand_in(course, entries=ENTRIES):
    """Write these entries to the course's `submitted/`."""
    work = Work(course)
    for entry in entries:
        for path, content in entry.files.items():
            write(course.joinpath("submitted", entry.name, path), content, work)


def write(path: Path, content: Callable | Link | None, work: Work):
    """Make one file, folder or link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is EMPTY_FOLDER:
        path.mkdir()
    elif isinstance(content, Link):
        path.symlink_to(content.target)
    else:
        path.write_bytes(content(work))


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
