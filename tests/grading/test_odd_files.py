"""Each submission of the class in `odd_files` is graded or named, and no student is blamed for a program.

A failure lists all entries that differ from the table, not only the first.
"""

import contextlib
import csv
import hashlib
import html
import json
import os
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.commands import nbgrader, run_module
from tests.grading import odd_files
from tests.grading.formgrader import serving
from tests.grading.odd_files import BY_NAME, CHAPTER, ENTRIES, POINTS, STUDENTS, Graded, Ignored, Named

GRADED = [entry for entry in ENTRIES if isinstance(entry.expected, Graded)]
UNGRADED = [entry for entry in ENTRIES if isinstance(entry.expected, Named)]
IGNORED = [entry for entry in ENTRIES if isinstance(entry.expected, Ignored)]
KNOWN = [
    "zip_with_folder",
    "two_files",
    "bom",
    "py_with_bom",
    "odd_cell_id",
    "kernelspec_without_display_name",
    "kernel_of_another_name",
    "no_nbgrader_metadata",
    "widgets_without_state",
    "pip_line_in_import_cell",
    "restart_line_in_answer_cell",
    "restart_in_a_cell_of_its_own",
    "unused_tensorflow_import",
]
EVERY = int(os.environ.get("ODD_FILES_EVERY", "24"))  # of the files that commands and pages are tried on; 1 tries all
SENTENCE = re.compile(r"(\d+) of (\d+) handed in could not be graded")


# --- Commands and what they say -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    out: str
    err: str
    code: int

    @property
    def all(self):
        return f"{self.out}\n{self.err}"

    @property
    def rows(self):
        """The JSON objects among the lines of its output."""
        found = []
        for line in self.out.splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                found.append(json.loads(line))
        return [row for row in found if isinstance(row, dict)]


def run(course, command, *arguments):
    """Run a command of lossedu in the course directory."""
    done = run_module(course, "lossedu", command, *arguments, COLUMNS="2000", LANG="en_US.UTF-8")
    return Said(done.stdout, done.stderr, done.returncode)


def squeezed(text):
    """Return a text in composed characters, with one blank for each run of white space."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def says(text, word):
    """Tell whether a text holds a word, not as part of a longer name."""
    return re.search(rf"(?<![\w-]){re.escape(squeezed(word))}(?![\w-])", squeezed(text)) is not None


def missing_words(text, entry, words=True):
    """Return what a text lacks about an entry that cannot be graded: its name, or words within 400 characters of it."""
    text = squeezed(text)
    name = rf"(?<![\w-]){re.escape(squeezed(entry.name))}(?![\w-])"
    places = [text[max(found.start() - 100, 0) : found.end() + 400] for found in re.finditer(name, text)]
    if not places:
        return [entry.name]
    if not words:
        return []
    return min(([word for word in entry.expected.words if not says(place, word)] for place in places), key=len)


def table_rows(page):
    """The cells of each row of the tables in a page, as plain texts."""
    rows = re.findall(r"<tr\b.*?</tr>", page, flags=re.DOTALL)
    cells = (re.findall(r"<t[dh]\b.*?</t[dh]>", row, flags=re.DOTALL) for row in rows)
    return [[squeezed(html.unescape(re.sub(r"<[^>]*>", " ", cell))) for cell in row] for row in cells]


def none_of(offenders):
    """Fail with a list of all offenders: (entry, what was found)."""
    lines = [f"{entry.name}: {found}\n      {entry.odd}; expected {entry.expected}" for entry, found in offenders]
    if lines:
        pytest.fail(f"{len(lines)} of {len(ENTRIES)} entries:\n" + "\n".join(lines), pytrace=False)


def snapshot(folder):
    """Each file below a folder with a digest of its bytes, each link with its target, and all folders."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            about = f"link to {path.readlink()}"
        else:
            about = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[str(path.relative_to(folder))] = about
    return found


# --- The class, graded once -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Class:
    """The graded course, `submitted/` and the output of `lossedu doctor` before, and the output of `lossedu grade`."""

    course: Path
    submitted: dict
    doctor: Said
    said: Said

    @property
    def results(self):
        return {row["student"]: row for row in self.said.rows}

    @property
    def gradebook(self):
        return Gradebook(f"sqlite:///{self.course / 'gradebook.db'}", "lossedu")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class after one `lossedu grade`."""
    course = odd_files.make(tmp_path_factory.mktemp("odd") / "course")
    before = snapshot(course / "submitted")
    doctor = run(course, "doctor", "--course", course)
    return Class(course, before, doctor, run(course, "grade", CHAPTER, "--json"))


@pytest.fixture(scope="module")
def report(graded):
    """The page of `lossedu report`."""
    said = run(graded.course, "report", CHAPTER, "--output", graded.course / "report.html")
    assert (graded.course / "report.html").exists(), said.err
    return (graded.course / "report.html").read_text(encoding="utf-8")


# --- The table itself -----------------------------------------------------------------------------------------------


def test_the_table_holds_the_known_cases_and_many_more():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert all(isinstance(BY_NAME[name].expected, Graded) and BY_NAME[name].expected.points == POINTS for name in KNOWN)
    assert len(names) >= len(KNOWN) + 40
    assert all(entry.odd and entry.why for entry in ENTRIES)


# --- `lossedu grade` ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_entry_is_graded_or_named(graded):
    offenders = []
    for entry in GRADED:
        result = graded.results.get(entry.name)
        if result is None:
            offenders.append((entry, "no result"))
        elif result["problem"] or result["points"] != entry.expected.points:
            offenders.append((entry, result["problem"] or f"{result['points']} points, {result['remarks']}"))
    for entry in UNGRADED:
        result = graded.results.get(entry.name, {"problem": "named"})
        if not result["problem"]:
            offenders.append((entry, f"{result['points']} points, {result['remarks']}"))
        elif missing := missing_words(graded.said.all, entry):
            offenders.append((entry, f"not said: {missing}"))
    for entry in IGNORED:
        if entry.name in graded.results:
            offenders.append((entry, str(graded.results[entry.name])))
        elif says(graded.said.all, entry.name):
            offenders.append((entry, "it is spoken of"))
    none_of(offenders)
    unexpected = graded.results.keys() - BY_NAME.keys()
    assert not unexpected


@pytest.mark.slow
def test_a_remark_says_what_was_done(graded):
    offenders = []
    for entry in GRADED:
        remarks = graded.results.get(entry.name, {}).get("remarks") or []
        word = entry.expected.remark
        if word is not None and not any(squeezed(word) in squeezed(remark) for remark in remarks):
            offenders.append((entry, f"no remark that holds {word!r}: {remarks}"))
    none_of(offenders)


@pytest.mark.slow
def test_nobody_is_blamed(graded, report):
    rows = table_rows(report)
    offenders = []
    for entry in GRADED:
        texts = [json.dumps(graded.results.get(entry.name, {}), ensure_ascii=False)]
        texts += [" ".join(row) for row in rows if row and row[0] == squeezed(entry.name)]
        for word in entry.expected.unsaid:
            offenders += [(entry, f"{word!r} is said: {text}") for text in texts if word in text]
    none_of(offenders)


@pytest.mark.slow
def test_grade_counts_what_it_could_not_grade(graded):
    assert graded.said.code == 1, graded.said.err
    found = SENTENCE.search(squeezed(graded.said.all))
    assert found, f"no sentence 'N of M handed in could not be graded' in: {graded.said.err[-2000:]}"
    ungraded, handed_in = map(int, found.groups())
    assert handed_in - ungraded == len(GRADED)
    assert ungraded >= len(UNGRADED)


@pytest.mark.slow
def test_no_command_ends_with_a_traceback(graded):
    assert "Traceback" not in graded.said.all


# --- What else tells of the class -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_results_show_every_entry(graded):
    said = run(graded.course, "results", CHAPTER)
    assert said.out, said.err
    lines = [unicodedata.normalize("NFC", line.strip()) for line in said.out.splitlines()]
    offenders = [(entry, f"not said: {missing}") for entry in UNGRADED if (missing := missing_words(said.out, entry))]
    for entry in GRADED:
        name = unicodedata.normalize("NFC", entry.name)
        totals = [line.split()[-1] for line in lines if re.match(rf"{re.escape(name)}(\s+[\d.–]+){{4,}}$", line)]
        if totals != [f"{entry.expected.points:g}"]:
            offenders.append((entry, f"totals {totals}"))
    none_of(offenders)


@pytest.mark.slow
def test_the_report_shows_every_entry(graded, report):
    sections = re.split(r"(?=<h[1-6]\b)", report)
    review = "\n".join(" ".join(row) for each in sections if "review by hand" in each[:200] for row in table_rows(each))
    offenders = [(entry, f"not said: {missing}") for entry in UNGRADED if (missing := missing_words(review, entry))]
    rows = table_rows(report)
    for entry in GRADED:
        if not any(row and row[0] == squeezed(entry.name) and f"{entry.expected.points:g}" in row for row in rows):
            offenders.append((entry, f"no row with its points: {[row for row in rows if entry.name in row]}"))
    none_of(offenders)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "canvas", "moodle", "gradescope"])
def test_an_export_notes_what_it_lacks(graded, form):
    path = graded.course / "exports" / (form if form == "gradescope" else f"{form}.csv")
    path.parent.mkdir(exist_ok=True)
    said = run(graded.course, "export", CHAPTER, "--to", form, "--output", path)
    assert path.exists(), said.err
    none_of((entry, "no note") for entry in UNGRADED if missing_words(said.err, entry, words=False))


@pytest.mark.slow
def test_the_exported_table_holds_all_points(graded):
    path = graded.course / "table.csv"
    run(graded.course, "export", CHAPTER, "--to", "csv", "--output", path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        scores = {row["student_id"].lstrip("'"): float(row["score"]) for row in csv.DictReader(file)}
    found = [(entry, scores.get(entry.name)) for entry in GRADED]
    none_of((entry, f"score {score}") for entry, score in found if score != entry.expected.points)


@pytest.mark.slow
def test_the_gradebook_has_the_times_of_submission(graded):
    offenders = []
    with graded.gradebook as gradebook:
        times = {each.student_id: each.timestamp for each in gradebook.assignment_submissions(CHAPTER)}
    for entry in GRADED:
        found = times.get(entry.name)
        if entry.expected.moment and str(found) != entry.expected.moment:
            offenders.append((entry, f"time {found}"))
    none_of(offenders)


@pytest.mark.slow
def test_the_doctor_names_what_cannot_be_graded(graded):
    said = graded.doctor.all
    offenders = [(entry, f"not said: {missing}") for entry in UNGRADED if (missing := missing_words(said, entry))]
    offenders += [(entry, "it is named") for entry in IGNORED if says(said, entry.name)]
    none_of(offenders)
    assert graded.doctor.code == 1


# --- One student, one file ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_student_can_be_named_whatever_the_name(graded):
    offenders = []
    like_patterns = [[each] for each in STUDENTS if set(each) & set("*?[]")]  # which alone must name nobody else
    for named in [*like_patterns, STUDENTS]:
        options = [f"--student={each}" for each in named]
        said = run(graded.course, "grade", CHAPTER, *options, "--again", "--json")
        points = {row["student"]: row["points"] for row in said.rows}
        if (points, said.code) != (dict.fromkeys(named, POINTS), 0):
            offenders.append((BY_NAME[named[0]], f"{points}, exit code {said.code}: {said.err[-500:]}"))
    none_of(offenders)


@pytest.mark.slow
def test_a_student_whose_work_cannot_be_graded_can_be_named(graded):
    offenders = []
    for name in ("empty_folder", "empty_student", "two_solved", "zip_bomb", "pdf_renamed", "only_a_pdf"):
        said = run(graded.course, "grade", CHAPTER, f"--student={name}", "--json")
        if said.code != 1 or missing_words(said.all, BY_NAME[name]):
            offenders.append((BY_NAME[name], f"exit code {said.code}: {said.all[-500:]}"))
    none_of(offenders)


def single_files(course, part):
    """Return entries with a single file: the known ones, and of the others, without equal files, each EVERY-th.

    Both commands read files in one way. So each `part`, 0 or 1, is half of these entries, unless all are tried.
    """
    found = {}
    for entry in ENTRIES:
        if entry.single:
            path = course / "submitted" / entry.name / entry.single
            found.setdefault((path.name, path.read_bytes()), (entry, path))
    known = [each for each in found.values() if each[0].name in KNOWN]
    files = known + [each for each in found.values() if each[0].name not in KNOWN][::EVERY]
    return files if EVERY == 1 else files[part::2]


def judge(course, part, command, *options):
    """Run a command on each file of a part; return the entries for which its output differs from the table."""

    def of_one(entry, path):
        said = run(course, command, *options, "--json", path)
        points = sum(row["points"] for row in said.rows)
        if "Traceback" in said.all:
            return f"a traceback: {said.err[-300:]}"
        if isinstance(entry.expected, Graded):
            code = 1 if command == "check" and points < POINTS else 0
            as_expected = (points, said.code) == (entry.expected.points, code)
        else:
            as_expected = said.code == 1 and squeezed(path.name) in squeezed(said.all)
        return None if as_expected else f"{points} points, exit code {said.code}: {said.err[-300:]}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda each: (each[0], of_one(*each)), single_files(course, part))
    return [(entry, differs) for entry, differs in found if differs]


@pytest.mark.slow
def test_check_says_what_grade_says(graded):
    none_of(judge(graded.course, 0, "check"))


@pytest.mark.slow
def test_grade_file_says_what_grade_says(graded):
    none_of(judge(graded.course, 1, "grade-file", "--course", graded.course, "--assignment", CHAPTER))


# --- Afterwards -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_second_run_grades_nothing_again(graded):
    before = {path: path.stat().st_mtime_ns for path in (graded.course / "autograded").rglob("*.ipynb")}
    assert before
    said = run(graded.course, "grade", CHAPTER, "--json")
    after = {path: path.stat().st_mtime_ns for path in (graded.course / "autograded").rglob("*.ipynb")}
    graded_again = [str(path.relative_to(graded.course)) for path, time in after.items() if before.get(path) != time]
    assert (graded_again, before.keys() - after.keys()) == ([], set())
    assert said.code == 1
    assert SENTENCE.search(squeezed(said.all))
    none_of((entry, "not named again") for entry in UNGRADED if missing_words(said.all, entry))


@pytest.mark.slow
def test_graded_entries_get_a_page_of_feedback(graded, tmp_path):
    shown = GRADED[::EVERY]
    autograded, others = graded.course / "autograded", tmp_path / "others"
    others.mkdir()
    for entry in {each.name for each in GRADED} - {each.name for each in shown}:
        (autograded / entry).rename(others / entry)  # nbgrader would write their pages too
    try:
        nbgrader(graded.course, "generate_feedback", CHAPTER, may_fail=True)
    finally:
        for entry in others.iterdir():
            entry.rename(autograded / entry.name)
    pages = ((entry, graded.course / "feedback" / entry.name / CHAPTER / f"{CHAPTER}.html") for entry in shown)
    none_of((entry, "no page") for entry, page in pages if not page.is_file() or not page.stat().st_size)


@pytest.mark.slow
def test_the_formgrader_opens_graded_entries(graded):
    with graded.gradebook as gradebook:
        submissions = gradebook.assignment_submissions(CHAPTER)
        notebooks = {each.student_id: [notebook.id for notebook in each.notebooks] for each in submissions}
    offenders = []
    with serving(graded.course) as formgrader:
        for page in (f"gradebook/{CHAPTER}", f"gradebook/{CHAPTER}/{CHAPTER}", f"manage_submissions/{CHAPTER}"):
            formgrader.get(page)
        for entry in GRADED[::EVERY]:
            try:
                (identifier,) = notebooks.get(entry.name, ())
                formgrader.get(f"submissions/{identifier}")
            except (OSError, ValueError) as error:
                offenders.append((entry, repr(error)))
    none_of(offenders)


@pytest.mark.slow
def test_submitted_is_as_it_was(graded):  # the last test, after all commands
    after = snapshot(graded.course / "submitted")
    differing = {path for path, about in graded.submitted.items() if after.get(path) != about}
    assert (differing, after.keys() - graded.submitted.keys()) == (set(), set())
    assert not list(graded.course.rglob("climbed"))
