"""What learners read in their own language: chosen by the environment, complete, and faithful to the English."""

import io
import re
import string

import numpy as np
import pytest
from babel.messages import mofile
from click.testing import CliRunner

from lossedu import exercises, language
from lossedu.authoring.messages import CHAPTERS, messages, read
from lossedu.checking import as_text, probe, verdict
from lossedu.checking._problems import PROBLEMS, in_words
from lossedu.cli import cli
from lossedu.language import LOCALE, say, speak
from tests.conftest import ROOT

PO = LOCALE / "zh_CN" / "LC_MESSAGES" / "lossedu.po"
PROSE = ROOT / "docs" / "locale" / "zh_CN" / "LC_MESSAGES" / "course"
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def environment(monkeypatch):
    """An environment that asks for no language yet."""
    for name in language.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def swapped(p, q):
    """The divergence with its arguments swapped."""
    return np.sum(q * np.log(q / p), axis=-1)


@pytest.mark.parametrize(("name", "value"), [("LANG", "zh_CN.UTF-8"), ("LANGUAGE", "zh_CN:en"), ("LC_ALL", "zh_CN")])
def test_the_environment_chooses_chinese(environment, name, value):
    environment.setenv(name, value)
    text = as_text(verdict("kl_divergence", swapped))
    assert "参数对调：你算的是 KL(y_pred || y_true)。" in text
    assert "求和是在两个分布中的哪一个之下进行的？   -> 散度" in text


@pytest.mark.parametrize(("name", "value"), [("LANG", "C"), ("LANG", "en_US.UTF-8"), ("LANGUAGE", "en:zh_CN")])
def test_the_environment_chooses_english(environment, name, value):
    environment.setenv(name, value)
    assert "Arguments swapped: you computed KL(y_pred || y_true)." in as_text(verdict("kl_divergence", swapped))


def test_a_program_chooses_against_the_environment(environment):
    environment.setenv("LANG", "C")
    try:
        speak("zh_CN")
        assert say("right.") == "正确。"
        speak("en")
        assert say("right.") == "right."
    finally:
        speak(None)
    with pytest.raises(ValueError, match="language must be one of en, zh_CN, got 'tlh'"):
        speak("tlh")


def test_the_command_takes_the_language_as_an_option(environment, tmp_path):
    answers = tmp_path / "answers.py"
    answers.write_text("wasted_bits = 1.75\n")
    try:
        chinese = CliRunner().invoke(cli, ["--language", "zh_CN", "check", str(answers)])
        assert "那是更好的编码的平均长度。" in chinese.output
        unknown = CliRunner().invoke(cli, ["--language", "tlh", "check", str(answers)])
        assert "language must be one of en, zh_CN, got 'tlh'" in " ".join(unknown.output.split())
    finally:
        speak(None)


def test_what_is_not_translated_stays_english(environment):
    environment.setenv("LANG", "zh_CN")
    assert say("{n} parsecs", n=3) == "3 parsecs"


def test_a_verdict_holds_the_same_data_in_every_language(environment):
    english = verdict("kl_divergence", swapped).as_dict()
    environment.setenv("LANG", "zh_CN")
    chinese = verdict("kl_divergence", swapped).as_dict()
    for found in (english, chinese):
        del found["message"], found["summary"]
        for aspect in found["aspects"]:
            aspect.pop("message")
    assert chinese == english


def test_columns_of_a_chinese_verdict_are_in_line(environment):
    environment.setenv("LANG", "zh_CN")
    rows = as_text(verdict("kl_divergence", swapped)).splitlines()
    wide = [row for row in rows if row.startswith(("  数值", "  极端情形", "  形状"))]
    starts = {re.match(r"  (\S+)( +)", row).groups() for row in wide}
    assert len({2 * len(name) + len(gap) for name, gap in starts}) == 1


def test_the_file_for_translators_has_all_messages_and_no_others():
    assert sorted(message.id for message in read(PO) if message.id) == sorted(messages())


@pytest.mark.parametrize("po", [PO, *PROSE.rglob("*.po")], ids=lambda po: po.stem)
def test_every_message_is_translated_with_the_same_fields_and_formulas(po):
    for message in read(po):
        if not message.id:
            continue
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert marks_in(message.id, po) == marks_in(message.string, po), message.id


def marks_in(text, po):
    """What a translation has to keep: the fields of a message; the formulas, names in code and targets of links."""
    if po == PO:
        return sorted(field for _, field, *_ in string.Formatter().parse(text) if field is not None)
    return sorted(re.findall(r"\$[^$]+\$|`[^`]+`|\]\([^)]+\)", text))


def test_the_compiled_messages_are_those_of_the_file_for_translators():
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read(PO))
    assert PO.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_headings_are_called_the_same_in_verdicts_and_in_the_book():
    prose = read(PROSE / CHAPTERS[0] / f"{CHAPTERS[0]}.po")
    verdicts = read(PO)
    for section in {exercise.section for exercise in exercises.of_chapter(CHAPTERS[0])}:
        assert prose[section].string == verdicts[section].string


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda p: [1], "返回了 list 类型的对象；应为 NumPy 数组或一个数"),
        (lambda p: None, "返回了 None；是不是漏了 `return`？"),
        (lambda p: np.array(["a"]), "返回了 dtype 为 <U1 的数组；应为实数"),
        (lambda p: undefined, "中止于 NameError: name 'undefined' is not defined"),  # noqa: F821
        (lambda p: p.__setitem__(0, 7) or p, "就地修改了参数 p；请在副本上操作"),
    ],
)
def test_what_stops_an_answer_is_said_in_the_language_of_the_reader(environment, answer, said):
    environment.setenv("LANG", "zh_CN")
    assert said in verdict("entropy", answer).message


def test_a_problem_that_a_submission_makes_up_is_not_filled_in():
    made_up = "stops with {error.__class__.__init__.__globals__}"
    assert in_words(made_up) == made_up


def test_in_english_a_problem_stays_as_it_is(environment):
    for template in PROBLEMS:
        fields = {field: "x" for _, field, *_ in string.Formatter().parse(template) if field}
        assert in_words(template.format(**fields)) == template.format(**fields)


def test_the_agent_says_nothing_that_has_no_translation(environment):
    environment.setenv("LANG", "zh_CN")
    tried = [None, [1], "a", np.array(["a"]), np.array([1j]), (1, 2, 3)]
    for returned in tried:
        for protocol, parts in (("call", 1), ("call", 2)):
            outcome = probe.attempt(lambda returned=returned: returned, {}, {}, protocol, parts)
            assert outcome.problem is None or CHINESE.search(in_words(outcome.problem)), outcome.problem
