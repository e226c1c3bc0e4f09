"""The `lossedu` command: help that fits on a screen, examples, names that are nearly right, and no colours in files."""

import re
import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from lossedu import exercises
from lossedu.checking import notes
from lossedu.cli import cli
from lossedu.learners import lay_out
from tests.conftest import ROOT

ENTROPY = "import numpy as np\ndef entropy(p):\n    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)\n"

pytestmark = pytest.mark.usefixtures("one_server")


def run(*words):
    return CliRunner().invoke(cli, words)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "UNWRITTEN", [])
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_help_fits_on_a_screen_and_cuts_no_line_short():
    lines = run("--help").output.splitlines()
    assert len(lines) <= 28
    assert max(map(len, lines)) <= 80
    assert [line for line in lines[1:] if line.endswith("...")] == []


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_help_of_a_command_shows_an_example_that_can_be_parsed(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    example = re.search(r"Example:  lossedu (.*)", result.output)[1].split()
    assert example[0] == name
    command = cli.commands[name]
    parameters = command.make_parser(click.Context(command)).parse_args(example[1:])
    assert parameters[1] == []  # no word is left over


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["buld"], "No such command 'buld'. Did you mean 'build'?"),
        (["check", "--wach", "x"], "No such option '--wach'. Did you mean '--watch'?"),
        (["hint", "entrpy"], "there is no exercise 'entrpy'; the nearest: entropy,"),
        (["hint", "klx"], "there is no exercise 'klx'; the nearest: kl_divergence,"),
        (["progress", "77"], "Directory '77' does not exist."),
        (["restart", "kl_d"], "there is no exercise 'kl_d'; the nearest: kl_divergence, kl_divergence_gradient"),
        (["progress", "--chapter", "7_kl_divergnce"], "no chapter '7_kl_divergnce'; the nearest: 07_kl_divergence"),
        (["build", "07_kl_divergnce", "--source", str(ROOT / "solutions")], "the nearest: 07_kl_divergence"),
        (["progress"], "is not in a copy of the course; lay one out with lossedu start DIR"),
        (["hint", "entropy"], "is not in a copy of the course; lay one out with lossedu start DIR"),
        (["next"], "is not in a copy of the course; lay one out with lossedu start DIR"),
        (["solution", "entrpy"], "there is no exercise 'entrpy'; the nearest: entropy,"),
        (["solution", "entropy"], "is not in a copy of the course; lay one out with lossedu start DIR"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code != 0
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("words", "incomplete", "expected"),
    [
        ([], "pro", ["progress"]),
        (["build"], "0", [name for name in exercises.chapters() if name[0] == "0"]),
        (["results"], "07", ["07_kl_divergence"]),
        (["progress", "--chapter"], "1", [name for name in exercises.chapters() if name[0] == "1"]),
        (["hint"], "kl_", ["kl_divergence", "kl_divergence_gradient"]),
    ],
)
def test_the_shell_completes_commands_chapters_and_exercises(words, incomplete, expected):
    complete = ShellComplete(cli, {}, "lossedu", "_LOSSEDU_COMPLETE")
    assert [item.value for item in complete.get_completions(words, incomplete)] == expected


def test_start_says_what_it_did_and_how_to_go_on(tmp_path):
    folder = tmp_path / "mine"
    first, *_, last = run("start", str(folder)).output.splitlines()
    assert first == f"{folder}: {2 * len(exercises.chapters()) + 3} files new, 0 updated, 0 left as you changed them."
    assert last == f"Open it with  lossedu lab {folder}"
    (folder / "README.md").write_text("mine")
    assert ": 0 files new, 0 updated, 1 left as you changed them." in run("start", str(folder)).output
    result = run("start", str(folder / "README.md" / "below"))
    assert result.exit_code == 3
    assert result.output.startswith(f"Error: cannot use {folder / 'README.md'}")


def test_a_checked_file_counts_for_progress_where_it_lies_in_a_copy(copy):
    (copy / "mine.py").write_text(ENTROPY)
    assert run("check", "mine.py").exit_code == 0
    shown = run("progress", ".", "--chapter", "07").output
    assert "07_kl_divergence: 1 of 15 exercises, 3 of 32 points" in shown
    assert run("progress").output.startswith(f"The course: 1 of {len(exercises.names())} exercises")


def test_a_restarted_exercise_is_no_longer_done(copy):
    (copy / "mine.py").write_text(ENTROPY)
    run("check", "mine.py")
    assert run("restart", "entropy").output == "entropy is at its start again.\n"
    notebook = copy / "07_kl_divergence" / "07_kl_divergence.ipynb"
    notebook.write_text(notebook.read_text().replace("def entropy(p)", "def entropy(P)"))
    assert run("restart", "entropy").output.startswith("entropy is at its start again; your answer is kept in ")
    assert "1 of 15" not in run("progress", "--chapter", "07").output
    notebook.unlink()
    assert "lay the course out with  lossedu start" in run("restart", "entropy").output


def test_hints_of_the_command_go_on_where_the_last_one_was(copy):
    assert [run("hint", "entropy").output[:17] for _ in range(2)] == ["entropy, hint 1 o", "entropy, hint 2 o"]


def test_hints_of_the_command_start_from_the_answer_in_the_file(copy):
    (copy / "mine.py").write_text("import numpy as np\ndef entropy(p):\n    return -np.sum(p * np.log2(p), axis=-1)\n")
    run("check", "mine.py")
    question, where, step, line, last = (run("hint", "entropy").output for _ in range(5))
    assert "Ask yourself: " in question
    assert "In your last check, look at “values”:" in where
    assert "expected 0.6931" in where
    assert "The next step: Multiply each probability by its natural logarithm" in step
    assert "safe = np.where(p > 0, p, 1)" in line
    assert "def entropy(p):\n    safe = np.where(p > 0, p, 1)" in last
    assert re.search(r"entropy +[\w ]+, solution seen", run("progress", "--chapter", "07").output)


def test_the_command_shows_a_solution_at_once_and_notes_it(copy):
    assert "Why: " in run("solution", "entropy").output
    assert re.search("entropy +not checked, solution seen", run("progress", "--chapter", "07").output)


def test_next_names_the_first_exercise_that_is_not_right_yet(copy):
    notes.add({"exercise": "wasted_bits", "passed": True, "points": 1}, copy)
    chapter = "07_kl_divergence"
    assert run("next").output == (
        f"Next: entropy_slope, in “Surprise, and its mean” of {chapter}.\n"
        f"The chapter is {copy / chapter / chapter}.ipynb; open it with  lossedu next --open\n"
        f"Or write it in an editor, and check it with  lossedu check {copy / chapter / 'kl_divergence.py'}\n"
    )


def test_next_from_elsewhere_names_the_copy_in_its_command(copy, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert f"; open it with  lossedu next --open {copy}\n" in run("next", str(copy)).output


@pytest.mark.parametrize("words", [["--help"], ["check", "mine.py"], ["progress"], ["hint", "entropy"], ["next"]])
def test_nothing_is_coloured_that_does_not_go_to_a_terminal(copy, words):
    (copy / "mine.py").write_text(ENTROPY)
    assert "\x1b" not in run(*words).output


def without_room(folder, *words):
    """Run the command where no file may have any content, as on a full disk."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    program = f"{limit}\nfrom lossedu.cli import cli\ncli({list(words)!r})"
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_where_nothing_can_be_written_it_is_said_in_a_line_and_nothing_is_lost(copy):
    notebook = copy / "07_kl_divergence" / "07_kl_divergence.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("raise NotImplementedError", "return 0"))
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    done = without_room(copy, "restart", "entropy")
    kept = copy / "07_kl_divergence" / "earlier_answers" / "entropy_1.py"
    assert (done.returncode, done.stderr) == (3, f"Error: cannot use {kept}: File too large\n")
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_commands_to_type_are_quoted(tmp_path):
    folder = tmp_path / "Übung 1"
    assert f"lossedu lab '{folder}'" in run("start", str(folder)).output
