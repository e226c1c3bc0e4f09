"""Hints start from the last answer, get stronger step by step, and end with the worked solution."""

import os
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner
from jupyter_client.manager import start_new_kernel

from lossedu import authoring, check, exercises, hint, solution
from lossedu.checking import Incorrect, notes
from lossedu.cli import cli
from lossedu.exercises import FunctionExercise, get
from lossedu.intake.notebooks import OUR_METADATA
from lossedu.language import speak
from lossedu.learners import _offers, next_hint, put_back, standings, worked, worked_solution
from lossedu.learners._hints import GIVES_AWAY, hints_to
from lossedu.learners._worked import chapter_texts, words_of
from tests.conftest import ROOT

CHAPTER = "07_kl_divergence"


def entropy(p):
    return -np.sum(p * np.log2(np.where(p > 0, p, 1)), axis=-1)


def kl_divergence(y_true, y_pred):
    p, q = np.clip([y_pred, y_true], 1e-7, 1)  # swapped
    return (p * np.log(p / q)).sum(-1)


def text_of(name, course):
    return next_hint(name, course)["text/plain"]


# --- The steps ------------------------------------------------------------------------------------------------------


def test_hints_go_from_a_question_about_the_answer_to_the_worked_solution(copy):
    check(kl_divergence)
    question, where, step, line, last, again = (text_of("kl_divergence", copy) for _ in range(6))
    assert question == (
        "kl_divergence, hint 1 of 5\n\nAsk yourself: Which of the two distributions does the sum run under?"
    )
    assert "Read “The divergence” in 07_kl_divergence again.\n\nIn your last check, look at “values”:" in where
    assert "y_true = [0.5, 0.5]" in where
    assert "Arguments swapped: you computed KL(y_pred || y_true)." in where
    assert "The next step: Clip both distributions to [1e-7, 1] first." in step
    assert line.endswith("The worked solution begins with:\n\np = np.clip(y_true, 1e-7, 1)")
    assert "def kl_divergence(y_true, y_pred):\n    p = np.clip(y_true, 1e-7, 1)" in last
    assert "Why: The clip comes first, as in Keras" in last
    assert not standings(copy)["kl_divergence"].passed
    assert again == last


def test_the_solution_counts_as_seen_only_when_it_is_shown(copy):
    seen = []
    for _ in range(5):
        text_of("kl_divergence", copy)
        seen.append(standings(copy)["kl_divergence"].seen)
    assert seen == [False, False, False, False, True]


def test_a_new_answer_starts_at_the_question_again_and_the_same_one_does_not(copy):
    check(kl_divergence)
    assert "hint 1 of 5" in text_of("kl_divergence", copy)
    check(kl_divergence)
    assert "hint 2 of 5" in text_of("kl_divergence", copy)
    with pytest.raises(Incorrect):
        check(summed(kl_divergence))
    assert "hint 1 of 5" in text_of("kl_divergence", copy)


def summed(function):
    """The function without its axis: one number for the whole batch."""

    def kl_divergence(y_true, y_pred):
        return np.sum(function(y_true, y_pred))

    return kl_divergence


def test_hints_to_one_exercise_leave_those_to_another_alone(copy):
    text_of("entropy", copy)
    assert "hint 1 of" in text_of("kl_divergence", copy)
    assert "hint 2 of" in text_of("entropy", copy)


def test_before_the_first_check_the_question_is_what_is_asked_for(copy):
    said = text_of("entropy", copy)
    assert "Before you begin: what is asked for? The contract: The mean surprise" in said
    assert "look at" not in text_of("entropy", copy)


def test_restarting_an_exercise_starts_its_hints_again(copy, answer):
    with pytest.raises(Incorrect):
        check(wasted_bits=1)
    text_of("wasted_bits", copy)
    answer(copy / CHAPTER / f"{CHAPTER}.ipynb", "wasted_bits", "wasted_bits = 1")
    put_back("wasted_bits", copy)
    assert "hint 1 of" in text_of("wasted_bits", copy)


def test_a_right_answer_needs_no_hint_and_does_not_show_the_solution(copy):
    check(wasted_bits=0.25)
    assert text_of("wasted_bits", copy).endswith('see a worked solution and its reason: solution("wasted_bits")')
    assert not standings(copy)["wasted_bits"].seen


def test_hints_go_on_in_another_process(copy):
    script = "from lossedu import hint; hint('kl_divergence')"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = [
        subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [said.partition("\n")[0][-11:] for said in ran] == ["hint 1 of 5", "hint 2 of 5"]


def test_a_notebook_that_nbgrader_runs_uses_up_no_hint(copy, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    hint("entropy")
    monkeypatch.delenv("NBGRADER_EXECUTION")
    assert "hint 1 of" in text_of("entropy", copy)


def test_a_hint_in_a_page_keeps_the_lines_of_code_and_links_to_the_section(copy):
    check(kl_divergence)
    pages = [next_hint("kl_divergence", copy)["text/html"] for _ in range(5)]
    assert 'Read “<a href="#The-divergence" style="text-decoration: underline">The divergence</a>” in' in pages[1]
    assert re.search(r"<pre [^>]+>def kl_divergence\(y_true, y_pred\):\n    p = ", pages[4])
    assert "you computed KL(y_pred || y_true)." in pages[1]


def test_what_an_answer_printed_into_its_message_is_no_markup(copy):
    note = {"exercise": "entropy", "passed": False, "points": 0, "aspect": "values", "language": "en"}
    notes.add(note | {"message": "stops with ValueError: <script>"})
    assert "ValueError: &lt;script&gt;" in [next_hint("entropy", copy)["text/html"] for _ in range(2)][1]


@pytest.mark.parametrize(
    "odd", [{"message": 7}, {"aspect": None}, {"language": ["en"]}, {"hint": "x"}, {"message": ""}]
)
def test_notes_of_another_form_cost_no_hint(copy, odd):
    notes.add({"exercise": "entropy", "passed": False, "points": 0, "aspect": "values", "message": "m"} | odd)
    assert "hint 1 of" in text_of("entropy", copy)
    assert "Read “Surprise, and its mean”" in text_of("entropy", copy)


def test_a_hint_to_a_value_asks_for_the_name(copy):
    with pytest.raises(TypeError, match=r'as in hint\("wasted_bits"\); got a float$'):
        hint(0.25)
    with pytest.raises(TypeError, match=r'as in solution\("wasted_bits"\); got a float$'):
        solution(0.25)


def test_a_hint_to_an_exercise_that_does_not_exist_is_refused_with_the_nearest(copy):
    for call in (hint, solution):
        with pytest.raises(KeyError, match="there is no exercise 'entrpy'; the nearest: entropy"):
            call("entrpy")


def test_without_a_name_the_exercise_that_failed_last_gets_the_hint(copy, capsys):
    with pytest.raises(TypeError, match="no exercise has failed its last check"):
        hint()
    runner = CliRunner()
    none_yet = runner.invoke(cli, ["hint", "--course", str(copy)])
    assert (none_yet.exit_code, "name one, as in  lossedu hint " in none_yet.output) == (2, True)
    check(entropy)
    check(kl_divergence)
    check(entropy)
    assert "entropy, hint 1 of 5" in runner.invoke(cli, ["hint", "--course", str(copy)]).output
    hint()
    assert "entropy, hint 2 of 5" in capsys.readouterr().out


def test_a_wrong_answer_without_a_diagnosis_is_asked_for_what_the_contract_wants(copy):
    with pytest.raises(Incorrect):
        check(wasted_bits=17)
    asked = "The answer is a number, in bits per symbol, to three digits after the point."
    assert text_of("wasted_bits", copy).endswith(f"your answer does not give yet? {asked}")


IN_A_KERNEL = """
import numpy as np
from lossedu import check, hint
def kl_divergence(y_true, y_pred):
    p, q = np.clip([y_pred, y_true], 1e-7, 1)
    return (p * np.log(p / q)).sum(-1)
check(kl_divergence)
hint(kl_divergence)
hint("kl_divergence")
"""


def test_hints_show_as_pages_in_a_notebook(copy):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(copy / CHAPTER))
    shown = []
    try:
        client.execute_interactive(IN_A_KERNEL, output_hook=shown.append, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    _, first, second = (each["content"]["data"] for each in shown if each["msg_type"] == "display_data")
    assert first["text/html"] == (
        "<p><strong>kl_divergence, hint 1 of 5</strong></p>"
        "<p>Ask yourself: Which of the two distributions does the sum run under?</p>"
    )
    assert '<a href="#The-divergence" style="text-decoration: underline">The divergence</a>' in second["text/html"]


# --- Worked solutions -----------------------------------------------------------------------------------------------


def test_the_solution_is_shown_at_once_where_it_is_asked_for(copy, capsys):
    solution("poisson")
    said = capsys.readouterr().out
    assert "def poisson(y_true, y_pred):\n    return np.mean(" in said
    assert "Why: It is the negative logarithm of the Poisson probability" in said
    assert standings(copy)["poisson"].seen
    assert "hint 1 of" in text_of("poisson", copy)


@pytest.fixture(scope="module")
def built():
    """The solved cells of all chapters as authors build them, by exercise."""
    found = {}
    for chapter in exercises.chapters():
        text = (chapter_texts() / chapter / f"{chapter}.md").read_text(encoding="utf-8")
        for cell in authoring.chapter_notebook(text, chapter).cells:
            found[cell.metadata.get("nbgrader", {}).get("grade_id")] = cell.source
    return found


def test_every_worked_solution_is_the_one_of_the_chapter(built):
    """The code is read from the chapters' text, so it is as current as this text."""
    solved = {name: [line for line in built[name].splitlines() if "### " not in line] for name in exercises.names()}
    stubs = {name: get(name).stub_source().splitlines() for name in solved}
    assert {name: lines[: len(stubs[name])] for name, lines in solved.items()} == stubs
    bodies = {name: lines[len(stubs[name]) :] for name, lines in solved.items()}
    codes = {name: worked(name).code for name in solved}
    assert {name: code.splitlines()[-len(bodies[name]) :] for name, code in codes.items()} == bodies
    functions = {name: code for name, code in codes.items() if is_function(name)}
    assert [name for name, code in functions.items() if '"""' in code] == []
    for name, code in functions.items():
        compile(code, name, "exec")


def test_every_exercise_has_a_reason_and_every_function_a_next_step():
    words = {name: words_of(get(name).chapter)[name] for name in exercises.names()}
    parts = {name: ["Step", "Reason"] if is_function(name) else ["Reason"] for name in words}
    assert {name: list(found) for name, found in words.items()} == parts
    told = [(name, each) for name, found in words.items() for each in found.values()]
    assert [(name, each) for name, each in told if not each.endswith((".", "?")) or len(each) <= 20] == []


def is_function(name):
    return isinstance(get(name), FunctionExercise)


def test_no_words_belong_to_an_exercise_that_does_not_exist():
    for chapter in exercises.chapters():
        assert list(words_of(chapter)) == [each.name for each in exercises.of_chapter(chapter)]


def test_no_hint_before_the_last_two_holds_code_of_the_solution():
    assert {name: found for name in exercises.names() if (found := given_away(name))} == {}


def given_away(name):
    """Return the early hints to an exercise that hold a line of its solution."""
    code = worked(name).code.splitlines()[is_function(name) :]
    lines = {line.partition("#")[0].strip().removeprefix("return ") for line in code}
    told = [part for each in hints_to(get(name)) if each.kind not in GIVES_AWAY for part in each.parts]
    return [each for each in told if any(line in each for line in lines if len(line) > 8)]


def test_a_first_line_is_where_the_solution_begins_and_never_all_of_it():
    solutions = {name: worked(name) for name in exercises.names()}
    first_lines = {name: each.first_line for name, each in solutions.items() if each.first_line is not None}
    assert len(first_lines) > 50
    assert [name for name, first in first_lines.items() if not begins(solutions[name].code, first)] == []


def begins(code, first):
    """Tell whether the code holds the lines `first` in one piece, with more lines after them."""
    lines, all_lines = ([line.strip() for line in text.splitlines()] for text in (first, code))
    begin = all_lines.index(lines[0])
    return all_lines[begin : begin + len(lines)] == lines and begin + len(lines) < len(all_lines)


# --- A class that switches them off ---------------------------------------------------------------------------------


@pytest.fixture
def switched_off(copy):
    """The copy, where the notebook of chapter 7 says that the class has switched worked solutions off."""
    file = copy / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = nbformat.read(file, as_version=4)
    notebook.metadata[OUR_METADATA] = {_offers.WORKED_SOLUTIONS: False}
    nbformat.write(notebook, file)
    return copy


def test_a_class_can_switch_the_last_two_hints_off(switched_off):
    texts = [text_of("kl_divergence", switched_off) for _ in range(4)]
    assert [text.partition("\n")[0][-11:] for text in texts] == [f"hint {n} of 3" for n in (1, 2, 3, 3)]
    assert texts[2].endswith("Your class has switched worked solutions off. If you are stuck, ask your teacher.")
    assert not any("np.clip(y_true" in text for text in texts)
    assert not standings(switched_off)["kl_divergence"].seen


def test_a_class_can_switch_solutions_off_and_other_chapters_keep_them(switched_off):
    said = worked_solution("entropy", switched_off)["text/plain"]
    assert said == "entropy\n\nYour class has switched worked solutions off. If you are stuck, ask your teacher."
    assert not standings(switched_off)["entropy"].seen
    assert "def squared_error" in worked_solution("squared_error", switched_off)["text/plain"]


@pytest.mark.parametrize("content", ["[", "{}", '{"metadata": {"lossedu": 1}}', '{"metadata": []}', None])
def test_a_notebook_that_says_nothing_offers_solutions(copy, content):
    file = copy / CHAPTER / f"{CHAPTER}.ipynb"
    file.unlink()
    if content is not None:
        file.write_text(content)
    assert "def entropy" in worked_solution("entropy", copy)["text/plain"]


def test_the_metadata_have_one_key():
    assert _offers.OURS == OUR_METADATA


# --- Languages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def chinese():
    speak("zh_CN")
    yield
    speak(None)


def test_hints_and_solutions_of_chapter_7_are_chinese_from_end_to_end(copy, chinese):
    check(kl_divergence)
    texts = [text_of("kl_divergence", copy) for _ in range(5)]
    for text in texts:
        words = re.sub(r"(?m)^(def|    |p = ).*", "", text)  # the code
        assert not re.search(r"\b(the|your|hint|Why|step)\b", words), text


def test_hints_without_a_translation_are_english_from_end_to_end(copy, chinese):
    texts = [text_of("squared_error", copy) for _ in range(4)]
    assert not any(re.search("[\u4e00-\u9fff]", text) for text in texts)


def test_a_message_in_another_language_is_left_out(copy, chinese):
    check(kl_divergence)
    speak("en")
    question, where = (text_of("kl_divergence", copy) for _ in range(2))
    assert "Ask yourself: Which of the two distributions does the sum run under?" in question
    assert where.endswith("Read “The divergence” in 07_kl_divergence again.")
