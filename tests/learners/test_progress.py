"""What is done and what is next, and that it outlasts kernels, accidents and upgrades."""

import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from lossedu import check, exercises, next_exercise, progress
from lossedu.checking import Incorrect, notes
from lossedu.exercises import get
from lossedu.learners import bundle, following, next_hint, put_back, standings, worked_solution
from tests.conftest import ROOT

CHAPTER = "07_kl_divergence"


def entropy(p):
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)


def kl_divergence(y_true, y_pred):
    p, q = np.clip([y_pred, y_true], 1e-7, 1)  # swapped
    return (p * np.log(p / q)).sum(-1)


def noted(copy):
    return [json.loads(line) for line in (copy / ".lossedu" / "progress.jsonl").read_text().split("\n") if line]


# --- Notes ----------------------------------------------------------------------------------------------------------


def test_a_check_notes_its_verdict_in_the_copy_of_the_course(copy):
    check(entropy)
    check(kl_divergence)
    with pytest.raises(Incorrect):
        check(wasted_bits=1)
    entropy_note, kl_note, bits_note = noted(copy)
    assert entropy_note == {"exercise": "entropy", "passed": True, "points": 3}
    assert (kl_note["passed"], kl_note["points"], kl_note["aspect"]) == (False, 1, "values")
    assert "Arguments swapped: you computed KL(y_pred || y_true)." in kl_note["message"]
    assert (bits_note["exercise"], bits_note["points"], bits_note["language"]) == ("wasted_bits", 0, "en")


def test_progress_is_there_in_another_process(copy):
    script = f"from lossedu import check, progress; check(wasted_bits=0.25); progress({CHAPTER!r})"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert "07_kl_divergence: 1 of 15 exercises, 1 of 32 points" in ran.stdout
    assert standings(copy)["wasted_bits"].passed


def test_the_last_check_counts(copy):
    check(wasted_bits=0.25)
    with pytest.raises(Incorrect):
        check(wasted_bits=1)
    assert not standings(copy)["wasted_bits"].passed
    check(wasted_bits=0.25)
    assert standings(copy)["wasted_bits"].passed


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_nothing_is_noted_while_nbgrader_runs_a_notebook(copy, monkeypatch, mode):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    check(entropy)
    assert not (copy / ".lossedu" / "progress.jsonl").exists()
    assert not standings(copy)["entropy"].passed


@pytest.mark.parametrize("place", ["submitted/ada/00_first_loss", "submitted/ada/work/00_first_loss"])
def test_a_submission_in_a_teachers_course_keeps_no_notes(tmp_path, place):
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / place).mkdir(parents=True)
    assert notes.course_of(tmp_path / place) is None


def test_a_clone_of_the_course_keeps_notes(tmp_path):
    (tmp_path / "nbgrader_config.py").touch()  # as the repository has it
    (tmp_path / "course" / "00_first_loss").mkdir(parents=True)
    assert notes.course_of(tmp_path / "course" / "00_first_loss") == tmp_path / "course"


def test_a_chapter_that_nobody_laid_out_keeps_its_notes_in_the_folder_above(tmp_path, monkeypatch):
    chapter = tmp_path / CHAPTER
    chapter.mkdir()
    monkeypatch.chdir(chapter)
    check(entropy)
    assert standings(tmp_path)["entropy"].passed


def test_outside_a_copy_progress_lasts_as_long_as_the_session_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notes, "UNWRITTEN", [])
    monkeypatch.chdir(tmp_path)
    check(entropy)
    progress(CHAPTER)
    said = capsys.readouterr().out
    assert "07_kl_divergence: 1 of 15 exercises, 3 of 32 points" in said
    assert said.endswith("This lasts as long as the session: there is no copy of the course to keep it in.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_cannot_be_written_to_fails_no_check(copy, capsys):
    (copy / ".lossedu" / "progress.jsonl").mkdir()  # as good as read-only, for the superuser too
    check(entropy)
    progress(CHAPTER)
    said = capsys.readouterr().out
    assert "1 of 15 exercises" in said
    assert "This lasts as long as the session" in said


@pytest.mark.parametrize(
    "accident", ['\n{"exercise": "entr', "\n[]", "\n\xff\x00", '\n{"exercise": "of old", "passed": true}']
)
def test_a_line_that_makes_no_sense_costs_only_itself(copy, accident):
    file = copy / ".lossedu" / "progress.jsonl"
    check(entropy)
    with file.open("a", encoding="latin-1") as stream:
        stream.write(accident)
    check(wasted_bits=0.25)
    assert {name for name, each in standings(copy).items() if each.passed} == {"entropy", "wasted_bits"}
    assert following(copy) == "entropy_slope"


def test_two_kernels_at_work_lose_no_note(copy):
    script = "from lossedu.checking import notes\nfor n in range(200): notes.add({'exercise': 'entropy', 'n': n})"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    for kernel in [subprocess.Popen([sys.executable, "-c", script], env=env) for _ in range(2)]:
        assert kernel.wait() == 0
    assert sorted(note["n"] for note in noted(copy)) == sorted([*range(200)] * 2)


def test_noting_a_verdict_takes_less_than_5_ms(copy):
    times = []
    for _ in range(20):
        start = time.perf_counter()
        notes.add({"exercise": "entropy", "passed": True, "points": 3})
        times.append(time.perf_counter() - start)
    assert sorted(times)[10] < 0.005


# --- What is shown --------------------------------------------------------------------------------------------------


def test_a_chapter_is_shown_exercise_by_exercise(copy, capsys):
    check(entropy)
    check(kl_divergence)
    capsys.readouterr()
    progress(CHAPTER)
    assert capsys.readouterr().out.startswith("""\
07_kl_divergence: 1 of 15 exercises, 4 of 32 points

  exercise                 so far         section
  wasted_bits              not checked    A question
  entropy_slope            not checked    Surprise, and its mean
  entropy                  done           Surprise, and its mean
  cross_entropy            not checked    Believing the wrong distribution
  kl_divergence            1 of 4 points  The divergence
""")


def test_the_course_is_shown_chapter_by_chapter(copy, capsys):
    check(entropy)
    capsys.readouterr()
    progress()
    title, _, head, first, *_, closing = capsys.readouterr().out.splitlines()
    points = sum(get(name).points for name in exercises.names())
    assert title == f"The course: 1 of {len(exercises.names())} exercises, 3 of {points} points"
    assert head.split() == ["chapter", "exercises", "points", "progress"]
    assert first.split() == ["00_first_loss", "0", "of", "8", "0", "of", "10", "[..........]"]
    assert closing == "Next: wasted_bits, in “A question” of 07_kl_divergence."


def test_what_is_next_stays_in_the_chapter_then_goes_on_then_comes_back(copy):
    assert following(copy) == "mean_error_of_a"
    for number, expected in {7: "angle_of_two_texts", -1: "mean_error_of_a"}.items():
        for each in exercises.of_chapter(exercises.chapters()[number]):
            assert following(copy) != expected
            notes.add({"exercise": each.name, "passed": True, "points": each.points})
        assert following(copy) == expected
    for name in exercises.names():
        notes.add({"exercise": name, "passed": True, "points": get(name).points})
    assert following(copy) is None
    assert bundle(copy)["text/plain"].endswith("\n\nAll done.")


def test_progress_in_a_page_is_a_table_with_a_caption_and_headings(copy):
    page = bundle(copy, CHAPTER)["text/html"]
    assert page.startswith("<table")
    assert "<caption" in page
    assert page.count('<th scope="col"') == 3
    assert page.count('<th scope="row"') == 15
    assert "color" not in page  # that of the theme holds


def test_a_bar_shows_the_points_of_each_chapter_and_is_full_only_at_the_end(copy):
    def bars():
        return [line.split()[-1] for line in bundle(copy)["text/plain"].splitlines() if line.startswith("  0")]

    worth = {each.name: each.points for each in exercises.of_chapter(CHAPTER)}
    *most, last = worth
    for name in most:
        notes.add({"exercise": name, "passed": True, "points": worth[name]})
    assert (bars()[7], bars()[8]) == ("[########..]", "[..........]")
    done = sum(worth.values()) - worth[last]
    bar = f'<progress max="32" value="{done:g}" aria-label="{done:g} of 32"></progress>'
    assert bar in bundle(copy)["text/html"]
    notes.add({"exercise": last, "passed": True, "points": worth[last]})
    assert bars()[7] == "[##########]"


def test_sections_and_chapters_are_links_in_a_page(copy, monkeypatch):
    assert (
        '<a href="#Surprise%2C-and-its-mean" style="text-decoration: underline">Surprise, and its mean</a>'
        in bundle(copy, CHAPTER)["text/html"]
    )
    other = bundle(copy, "00_first_loss")["text/html"]
    assert (
        '<a href="../00_first_loss/00_first_loss.ipynb#A-question" style="text-decoration: underline">A question</a>'
        in other
    )
    monkeypatch.chdir(copy)
    assert (
        f'<a href="{CHAPTER}/{CHAPTER}.ipynb" style="text-decoration: underline">{CHAPTER}</a>'
        in bundle(copy)["text/html"]
    )
    (copy / CHAPTER / f"{CHAPTER}.ipynb").unlink()
    assert f'<a href="{CHAPTER}' not in bundle(copy)["text/html"]


def test_a_solution_that_was_seen_stays_on_record(copy):
    worked_solution("entropy", copy)
    assert "entropy                  not checked, solution seen" in bundle(copy, CHAPTER)["text/plain"]
    check(entropy)
    assert "entropy                  done, solution seen" in bundle(copy, CHAPTER)["text/plain"]


def test_next_names_the_exercise_its_section_and_its_file(copy, capsys):
    check(wasted_bits=0.25)
    capsys.readouterr()
    next_exercise()
    file = copy / CHAPTER / f"{CHAPTER}.ipynb"
    assert capsys.readouterr().out == (
        f"Next: entropy_slope, in “Surprise, and its mean” of {CHAPTER}.\n"
        f"The chapter is {file}; open it with  lossedu next --open\n"
        f"Or write it in an editor, and check it with  lossedu check {copy / CHAPTER / 'kl_divergence.py'}\n"
    )


def test_next_outside_of_a_copy_names_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notes, "UNWRITTEN", [])
    monkeypatch.chdir(tmp_path)
    next_exercise()
    assert capsys.readouterr().out == "Next: mean_error_of_a, in “A question” of 00_first_loss.\n"


def test_a_chapter_that_does_not_exist_is_refused_with_those_that_do(copy):
    with pytest.raises(ValueError, match=r"chapter: expected one of 00_first_loss, .*; got '7'"):
        progress("7")


# --- A class that has released some chapters ------------------------------------------------------------------------


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """The folder into which a student has fetched two chapters; the working directory is that of the first."""
    monkeypatch.setattr(notes, "UNWRITTEN", [])
    for chapter in ("00_first_loss", CHAPTER):
        shutil.copytree(ROOT / "course" / chapter, tmp_path / "fetched" / chapter)
    monkeypatch.chdir(tmp_path / "fetched" / "00_first_loss")
    return tmp_path / "fetched"


def test_progress_counts_the_chapters_that_a_class_has_released(fetched, capsys):
    progress()
    title, _, _, *rows, _, closing = capsys.readouterr().out.splitlines()
    released = [*exercises.of_chapter("00_first_loss"), *exercises.of_chapter(CHAPTER)]
    assert title.startswith(f"The course: 0 of {len(released)} exercises")
    assert [row.split()[0] for row in rows] == ["00_first_loss", CHAPTER]
    assert closing == "Next: mean_error_of_a, in “A question” of 00_first_loss."


def test_what_comes_next_is_in_a_chapter_that_was_released(fetched):
    for exercise in exercises.of_chapter("00_first_loss"):
        notes.add({"exercise": exercise.name, "passed": True, "points": exercise.points})
    assert get(following(fetched)).chapter == CHAPTER
    for exercise in exercises.of_chapter(CHAPTER):
        notes.add({"exercise": exercise.name, "passed": True, "points": exercise.points})
    assert following(fetched) is None


def test_hints_and_restarts_work_where_a_class_has_fetched_its_chapters(fetched):
    assert "hint 1 of" in next_hint("squared_error", notes.course_of())["text/plain"]
    assert put_back("squared_error", notes.course_of()) == []
