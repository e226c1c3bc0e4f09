"""What learners read in their own language: chosen by the environment, complete, and faithful to the English."""

import functools
import io
import re
import string

import numpy as np
import pytest
import sympy
from babel.messages import mofile
from click.testing import CliRunner

from lossedu import exercises, language
from lossedu.authoring.messages import CHAPTERS, messages, read_catalogue
from lossedu.checking import as_text, columns, probe, verdict
from lossedu.checking._diagnosis import _candidates
from lossedu.checking._diagnosis._formula_changes import alternatives
from lossedu.checking._problems import (
    CLUES,
    SENTENCES,
    WHOLE_NUMBERS,
    describe_problem,
    fields_of,
    read_clues,
    read_problem,
)
from lossedu.checking._verdict import Verdict
from lossedu.checking.texts import texts_of
from lossedu.cli import cli
from lossedu.executor import errors
from lossedu.exercises.regions import entry_conditions, regions_of
from lossedu.language import LOCALE, in_one_language, is_translated, say, speak, speaking, spoken
from lossedu.learners import bundle, next_hint, worked_solution
from tests.checking import sent
from tests.conftest import ROOT
from tests.sampling import SAMPLE_OR_ALL, sampled

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


def test_the_command_takes_the_language_as_an_option(environment, one_server, tmp_path):
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
        del found["message"], found["summary"], found["language"]
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
    assert sorted(message.id for message in read_catalogue(PO) if message.id) == sorted(messages())


@pytest.mark.parametrize("po", [PO, *PROSE.rglob("*.po")], ids=lambda po: po.stem)
def test_every_message_is_translated_with_the_same_fields_and_formulas(po):
    for message in read_catalogue(po):
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
    mofile.write_mo(compiled, read_catalogue(PO))
    assert PO.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_headings_are_called_the_same_in_verdicts_and_in_the_book():
    prose = read_catalogue(PROSE / CHAPTERS[0] / f"{CHAPTERS[0]}.po")
    verdicts = read_catalogue(PO)
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


@pytest.mark.parametrize("code", SENTENCES)
def test_a_problem_crosses_to_another_process_as_a_code_with_fields(code):
    fields = {name: 7 if name in WHOLE_NUMBERS else "{x} %s \\" for name in fields_of(code)}
    problem = probe.Problem(code, **fields)
    _, data, _ = sent(probe.as_data(probe.Outcome(problem=problem)))
    assert read_problem(data) == problem
    assert all(str(value) in describe_problem(problem) for value in fields.values())


@pytest.mark.parametrize(
    "data",
    [
        *("stops with a text", None, [], ["stops"], ["stops", {}], ["no such code", {}], [["stops"], {"error": "x"}]),
        *(["stops", {"error": 5}], ["stops", {"error": None}], ["stops", {"error": "x", "more": "y"}], [1, {}]),
        *(["no end", {"seconds": "5"}], ["no end", {"seconds": True}], ["no end", {"seconds": 1.5}]),
        *(["no end", {"seconds": -1}], ["no end", {"seconds": 10**400}], ["returns nothing", []]),
    ],
    ids=repr,
)
def test_what_is_no_problem_is_refused(data):
    with pytest.raises((TypeError, ValueError)):
        read_problem(data)


@pytest.mark.parametrize("data", [None, [], {"line": "3"}, {"code": 3}, {"line": 3, "more": "x"}, {"line": 10**12}])
def test_what_are_no_clues_is_refused(data):
    with pytest.raises((TypeError, ValueError)):
        read_clues(data)


def test_a_text_of_a_submission_is_cut_and_never_a_format():
    problem = read_problem(["stops", {"error": "{error.__class__.__init__.__globals__}" + "x" * 10**6}])
    assert describe_problem(problem).startswith("stops with {error.__class__.__init__.__globals__}x")
    assert len(describe_problem(problem)) < 600
    assert read_clues({"near": "np.exp", "code": "x" * 1000}) == {"near": "np.exp", "code": "x" * 500}
    assert read_clues({name: 1 if kind is int else "a b!" for name, kind in CLUES.items()}) == {
        "line": 1,
        "code": "a b!",
    }


def test_every_reason_of_a_runner_has_a_sentence():
    assert {errors.BROKEN, errors.ENDED, errors.NO_END} <= set(SENTENCES)
    late = errors.no_answer(2.4, is_lost=False)
    assert describe_problem(probe.Problem(late.reason, **late.fields)).startswith("gives no answer within 2 seconds")


def test_every_problem_that_arises_while_an_answer_is_tried_is_translated(environment):
    environment.setenv("LANG", "zh_CN")
    tried = [None, [1], "a", np.array(["a"]), np.array([1j]), (1, 2, 3)]
    for returned in tried:
        for protocol, parts in (("call", 1), ("call", 2)):
            outcome = probe.attempt(lambda returned=returned: returned, {}, {}, protocol, parts)
            assert outcome.problem is None or CHINESE.search(describe_problem(outcome.problem)), outcome.problem


# --- One language for what is read as a whole -----------------------------------------------------------------------

ANSWERS = {"wrong": lambda *_, **__: 0.0, "stops": lambda *_, **__: [][1], "stub": None, "list": lambda *_, **__: [1]}


@SAMPLE_OR_ALL
@pytest.mark.parametrize("kind", ANSWERS)
def test_every_verdict_is_in_one_language(environment, kind, tried):
    """In Chinese where the texts of its exercise are translated, and in English elsewhere, whatever it says."""
    for name in exercises_to_try(tried):
        assert_one_language(environment, name, ANSWERS[kind])


def exercises_to_try(tried):
    """Name the translated exercises, and others."""
    translated = [exercise.name for chapter in CHAPTERS for exercise in exercises.of_chapter(chapter)]
    return translated + sampled([name for name in exercises.names() if name not in translated], tried, 6)


def assert_one_language(environment, name, answer):
    environment.setenv("LANG", "zh_CN.UTF-8")
    found = verdict(name, answer)
    chinese = is_translated(texts_of(exercises.get(name)))
    assert found.language == ("zh_CN" if chinese else "en")
    for text in (as_text(found), found.summary, found.message):
        assert bool(CHINESE.search(text)) == chinese, f"{name}: {text}"
    if not chinese:
        environment.setenv("LANG", "C")
        assert verdict(name, answer) == found, name


def test_both_languages_are_among_the_verdicts(environment):
    environment.setenv("LANG", "zh_CN")
    translated = {
        exercises.get(name).chapter for name in exercises.names() if is_translated(texts_of(exercises.get(name)))
    }
    assert translated == set(CHAPTERS)


def test_a_text_that_is_met_without_a_translation_makes_all_english(environment):
    environment.setenv("LANG", "zh_CN")
    calls = []

    def make():
        calls.append(spoken())
        return [say("right."), in_one_language(lambda: say("{n} parsecs", n=3))]

    assert in_one_language(make) == ["right.", "3 parsecs"]
    assert calls == ["zh_CN", "en"]
    assert in_one_language(lambda: say("right.")) == "正确。"


def test_a_verdict_keeps_its_language_when_it_is_shown(environment):
    environment.setenv("LANG", "zh_CN")
    found = verdict("kl_divergence", swapped)
    environment.setenv("LANG", "C")
    read_again = Verdict.from_dict(found.as_dict())
    assert as_text(read_again) == as_text(found)
    assert as_text(found).startswith("kl_divergence：1 分，满分 4 分")


@pytest.mark.parametrize("language", ["../../locale/zh_CN", "tlh", "", "zh_CN/.."])
def test_a_language_that_a_submission_makes_up_is_english(language):
    found = verdict("wasted_bits", 1.75).as_dict() | {"language": language}
    assert as_text(Verdict.from_dict(found)).startswith("wasted_bits: 0 of 1 points")
    with speaking(language):
        assert spoken() == "en"


@SAMPLE_OR_ALL
def test_progress_and_hints_speak_one_language_each(environment, tmp_path, tried):
    environment.setenv("LANG", "zh_CN")
    course = bundle(tmp_path)["text/plain"]
    assert course.startswith("整个课程：练习 0 / ")
    chinese = bundle(tmp_path, "07_kl_divergence")["text/plain"]
    assert "下一个：wasted_bits，在 07_kl_divergence 的“一个问题”中。" in chinese
    assert not re.search(r"not checked|section|Next", chinese)
    assert not CHINESE.search(bundle(tmp_path, "01_regression")["text/plain"])
    for name in {*exercises_to_try(tried), "softmax"}:
        shown = [next_hint(name, tmp_path)["text/plain"] for _ in range(3)]
        shown.append(worked_solution(name, tmp_path)["text/plain"])
        translated = exercises.get(name).chapter in CHAPTERS
        assert {bool(CHINESE.search(each)) for each in shown} == {translated}, name
    assert next_hint("entropy", tmp_path)["text/plain"].startswith("entropy，提示 4，共 5 条")
    assert next_hint("softmax", tmp_path)["text/plain"].startswith("softmax, hint 4 of 5")


def test_columns_of_chinese_progress_are_in_line(environment, tmp_path):
    environment.setenv("LANG", "zh_CN")
    rows = [row for row in bundle(tmp_path, "07_kl_divergence")["text/plain"].splitlines() if row.startswith("  ")]
    starts = {columns(row[: row.rindex("  ")]) for row in rows}
    assert len(starts) == 1


def test_the_command_speaks_one_language(environment, one_server, tmp_path):
    environment.setenv("LANG", "zh_CN")
    answers = tmp_path / "answers.py"
    answers.write_text("wasted_bits = 7\n")
    chinese = CliRunner().invoke(cli, ["check", str(answers)]).output
    assert re.match("1 个练习中有 0 个正确：0 分，满分 1 分。\n下一步：wasted_bits：0 分", chinese)
    assert CliRunner().invoke(cli, ["start", str(tmp_path / "copy")]).output.count("：新增 ") == 1
    copy = str(tmp_path / "copy")
    assert "整个课程" in CliRunner().invoke(cli, ["progress", copy]).output
    assert "提示 1，共 " in CliRunner().invoke(cli, ["hint", "wasted_bits", "--course", copy]).output
    assert "已恢复到最初的样子" in CliRunner().invoke(cli, ["restart", "wasted_bits", "--course", copy]).output


def explanations(exercise):
    """The texts of all explanations that are tried for wrong answers to an exercise."""
    if isinstance(exercise, exercises.FunctionExercise):
        ranks = (_candidates.families, _candidates.of_options, _candidates.others, _candidates.relations)
        for candidate in [each for rank in (*ranks, _candidates.combined) for each in rank(exercise)]:
            yield from (candidate.name, candidate.fact, candidate.hint, *candidate.texts.values())
        for region in regions_of(exercise, [case.arguments for case in exercise.public_cases]):
            yield region.words
        yield from (words for words, *_ in entry_conditions(exercise, exercise.public_cases[0].arguments))
    elif isinstance(exercise, exercises.ExpressionExercise):
        for change in alternatives(sympy.srepr(sympy.sympify(exercise.answer))):
            yield from change[:3]


@pytest.mark.parametrize("exercise", exercises.of_chapter(CHAPTERS[0]), ids=lambda exercise: exercise.name)
def test_every_explanation_of_a_translated_exercise_is_among_the_messages(exercise):
    assert set(explanations(exercise)) - all_messages() == set()


@functools.cache
def all_messages():
    """The messages, which are gathered from all files of the package."""
    return {*messages()}
