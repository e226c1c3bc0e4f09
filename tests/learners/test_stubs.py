"""A learner answers in a module of stubs, and the commands, notebooks and `lossedu.mine` use these answers."""

import inspect
import subprocess
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from lossedu import learners, mine
from lossedu.checking import notes, verdict_on_own
from lossedu.cli import cli
from lossedu.exercises import chapters, names, of_chapter
from lossedu.intake.file_names import module_name
from lossedu.learners import CopiedAnswers, copy_answers, lay_out, put_back, standings, what_is_next
from lossedu.learners._stubs import module_file, module_text, stub, stub_files, without_answer
from tests.grading.modules import answered, right_answer

CHAPTER = "07_kl_divergence"
NOTEBOOK, MODULE = f"{CHAPTER}/{CHAPTER}.ipynb", f"{CHAPTER}/kl_divergence.py"
ENTROPY = right_answer("entropy")


def python(folder, program):
    """Run a program in a folder, as a kernel there does, and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("chapter", chapters())
def test_a_module_holds_the_stub_of_each_exercise_and_runs(chapter):
    namespace = {}
    exec(compile(module_text(chapter), module_file(chapter), "exec"), namespace)  # noqa: S102  the course's own
    for exercise in of_chapter(chapter):
        assert stub(exercise.name) in module_text(chapter)
        if hasattr(exercise, "stub"):
            assert namespace[exercise.name].__doc__.split() == exercise.stub.__doc__.split()
        else:
            assert namespace[exercise.name] is None


def test_modules_are_imported_from_the_folder_of_the_chapter_and_from_that_of_the_copy(copy):
    (copy / MODULE).write_text(answered(CHAPTER, {"wasted_bits": "wasted_bits = 0.25"}))
    assert python(copy / CHAPTER, "from kl_divergence import wasted_bits; print(wasted_bits)") == "0.25"
    program = "from my_losses.kl_divergence import wasted_bits; from my_losses import metrics; print(wasted_bits)"
    assert python(copy, program) == "0.25"
    program = "import my_losses, pkgutil; print(*[found.name for found in pkgutil.iter_modules(my_losses.__path__)])"
    assert python(copy, program).split() == [module_name(chapter) for chapter in chapters()]


def test_starting_again_keeps_the_work_in_a_module(copy, monkeypatch):
    (copy / MODULE).write_text("mine")
    assert [(each.path, each.what) for each in lay_out(copy)] == [(copy / MODULE, "kept")]
    newer = {**stub_files(), MODULE: "newer"}
    monkeypatch.setattr(learners._copy, "stub_files", lambda: newer)
    (beside,) = lay_out(copy)
    assert (beside.path.name, beside.what) == ("kl_divergence.new.py", "beside")
    assert ((copy / MODULE).read_text(), beside.path.read_text()) == ("mine", "newer")


def test_an_older_copy_gets_the_modules(copy):
    for name in stub_files():
        (copy / name).unlink()
    assert {each.what for each in lay_out(copy)} == {"new"}


def test_a_file_of_the_same_name_that_was_there_before_is_kept(tmp_path):
    (tmp_path / CHAPTER).mkdir()
    (tmp_path / MODULE).write_text("mine")
    lay_out(tmp_path)
    assert (tmp_path / MODULE).read_text() == "mine"


@pytest.mark.parametrize("chapter", chapters())
def test_restarting_all_exercises_makes_a_module_as_it_was_handed_out(chapter):
    content = answered(chapter).encode()
    for exercise in of_chapter(chapter):
        answer, content = without_answer(content, exercise.name)
        assert exercise.name in answer
        assert without_answer(content, exercise.name) == (None, content)
    assert content.decode() == module_text(chapter)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("def entropy(p):\n    return (\n\n", "def entropy(p):\n    return ("),
        ("entropy = 3\nother = 4", "entropy = 3"),
        ("@staticmethod\ndef entropy(p):\n    return 3", "@staticmethod\ndef entropy(p):\n    return 3"),
        ("def entropy(p):\n    return 1\n\ndef entropy(p):\n    return 2", "def entropy(p):\n    return 1\n"),
    ],
)
def test_restarting_keeps_an_answer_of_any_form(copy, answer, kept):
    (copy / MODULE).write_text(answered(CHAPTER, {"entropy": answer}).replace("\n", "\r\n"))
    (file,) = put_back("entropy", copy)
    assert file.read_text().startswith(kept)
    text = (copy / MODULE).read_text()
    assert stub("entropy") in text
    assert text.count("def entropy") == 1
    assert put_back("entropy", copy) == []
    assert ("other = 4" in text) == ("other" in answer)


def test_restarting_puts_back_a_cell_and_a_module_and_keeps_the_encoding(copy, answer):
    answer(copy / NOTEBOOK, "entropy", "def entropy(p):\n    return 1")
    text = "# -*- coding: latin-1 -*-\n# \u00e9\n" + answered(CHAPTER, {"entropy": ENTROPY})
    (copy / MODULE).write_text(text, encoding="latin-1")
    first, second = put_back("entropy", copy)
    assert (first.name, second.name) == ("entropy_1.py", "entropy_2.py")
    assert second.read_text().strip() == ENTROPY
    assert (copy / MODULE).read_text(encoding="latin-1") == text.replace(ENTROPY, stub("entropy"))


def test_next_names_the_module_too(copy):
    said = what_is_next(copy)["text/plain"]
    assert said.splitlines()[-1].endswith("lossedu check " + str(copy / "00_first_loss" / "first_loss.py"))


def test_lossedu_mine_imports_answers_from_a_module(copy, answer, monkeypatch, capsys):
    def imported(folder):
        """Return what an import there prints, and the arguments of the function."""
        monkeypatch.chdir(folder)
        arguments = str(inspect.signature(mine.entropy))
        return capsys.readouterr().out, arguments

    not_right = "entropy is lossedu's own here: yours is not right yet"
    (copy / MODULE).write_text(answered(CHAPTER, {"entropy": "def entropy(mine):\n    return entropy_of(mine)"}))
    assert imported(copy)[0].startswith(not_right)
    right = ENTROPY.replace("(p)", "(p, mine=1)", 1)
    (copy / MODULE).write_text(answered(CHAPTER, {"entropy": right}))
    for folder in (copy, copy / "09_label_smoothing"):
        assert imported(folder) == ("", "(p, mine=1)")
    answer(copy / NOTEBOOK, "entropy", "def entropy(p):\n    return 1")  # the cell counts
    assert imported(copy)[0].startswith(not_right)


# --- Copying answers to another notebook ----------------------------------------------------------------------------


def test_a_module_is_copied_with_the_answers(copy, tmp_path):
    shared = tmp_path / "class" / CHAPTER
    shared.mkdir(parents=True)
    (shared / f"{CHAPTER}.ipynb").write_bytes((copy / NOTEBOOK).read_bytes())
    (copy / MODULE).write_text(answered(CHAPTER, {"entropy": ENTROPY}))
    copied = copy_answers(copy / CHAPTER, shared)
    assert isinstance(copied, CopiedAnswers)
    assert copied.module == shared / "kl_divergence.py"
    assert "entropy" not in copied.missing
    assert "poisson" in copied.missing
    assert copied.module.read_text() == (copy / MODULE).read_text()
    copied.module.write_text(answered(CHAPTER, {"poisson": right_answer("poisson")}))
    before = copied.module.read_text()
    (kept,) = copy_answers(copy / CHAPTER, shared).kept
    assert kept.read_text().strip() == before.strip()
    with pytest.raises(learners.AnswersError, match="holds no answer"):
        copy_answers(copy / CHAPTER, shared)


# --- In the notebook beside -----------------------------------------------------------------------------------------


def test_a_notebook_checks_the_answer_in_the_module_if_the_cell_holds_the_stub(copy, capsys):
    (copy / MODULE).write_text(
        answered(CHAPTER, {"wasted_bits": "wasted_bits = 0.25", "gibbs_bound": "gibbs_bound = = 0"})
    )
    assert verdict_on_own("wasted_bits", None).passed
    assert "This is about your answer in kl_divergence.py" in capsys.readouterr().out
    assert not verdict_on_own("wasted_bits", 3).passed  # the cell counts
    found = verdict_on_own("gibbs_bound", None)
    assert found.message.startswith("kl_divergence.py stopped in line ")
    assert "with a SyntaxError" in found.message
    (copy / MODULE).write_bytes(b"")
    assert verdict_on_own("wasted_bits", None).message == "no answer yet."


# --- The command ----------------------------------------------------------------------------------------------------


def test_checking_a_module_notes_what_it_answers_and_not_what_it_leaves_to_the_notebook(copy, one_server):
    notes.add({"exercise": "poisson", "passed": True, "points": 3}, copy)
    (copy / MODULE).write_text(answered(CHAPTER, {"entropy": ENTROPY, "wasted_bits": "wasted_bits = 3"}))
    result = CliRunner().invoke(cli, ["check", str(copy / MODULE)])
    assert result.exit_code == 1
    assert result.output.startswith("1 of 15 exercises are right: 3 of 32 points.\nNext: wasted_bits: 0 of 1 points")
    now = standings(copy)
    assert {name for name in names() if now[name].passed} == {"entropy", "poisson"}
    assert {name for name in names() if now[name].points is not None} == {"entropy", "poisson", "wasted_bits"}


def test_watching_a_module_checks_it_again_when_it_is_saved(copy, one_server, monkeypatch):
    def stop():
        raise KeyboardInterrupt

    while_it_waits = iter(
        [
            lambda: None,
            (copy / MODULE).unlink,  # as an editor does for a moment
            lambda: (copy / MODULE).write_text(answered(CHAPTER, {"entropy": ENTROPY})),
            stop,
        ]
    )
    monkeypatch.setattr("lossedu.cli.learners.time", SimpleNamespace(sleep=lambda seconds: next(while_it_waits)()))
    watched = CliRunner().invoke(cli, ["check", str(copy / MODULE), "--watch"]).output
    counts = [line for line in watched.splitlines() if "exercises are right" in line]
    assert [count.partition(" exercises")[0] for count in counts] == ["0 of 15", "1 of 15"]
