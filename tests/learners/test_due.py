"""When an assignment is due, as learners read it in their language."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lossedu.checking import columns
from lossedu.language import speaking
from lossedu.learners import DUE_DATE, bundle, describe_due

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "english", "chinese"),
    [
        (timedelta(seconds=-1), ", this time has passed", "，已过期"),
        (timedelta(minutes=59), ", less than an hour left", "，还剩不到 1 小时"),
        (timedelta(hours=1), ", 1 hour left", "，还剩 1 小时"),
        (timedelta(hours=47, minutes=59), ", 47 hours left", "，还剩 47 小时"),
        (timedelta(days=2), ", 2 days left", "，还剩 2 天"),
        (timedelta(days=30, hours=23), ", 30 days left", "，还剩 30 天"),
    ],
)
def test_the_time_left_is_said_in_either_language(left, english, chinese):
    for language, words in (("en", english), ("zh_CN", chinese)):
        with speaking(language):
            assert describe_due(NOW + left, NOW).endswith(words)


def test_chinese_progress_says_in_chinese_when_a_chapter_is_due(copy):
    due = datetime.now(UTC) + timedelta(days=3, hours=1)
    (copy / "07_kl_divergence" / DUE_DATE).write_text(json.dumps({"due": due.isoformat()}))
    with speaking("zh_CN"):
        overview = bundle(copy)["text/plain"].splitlines()
        closing = bundle(copy, "07_kl_divergence")["text/plain"].splitlines()[-1]
    head, row = overview[2], next(line for line in overview if "07_kl_divergence" in line)
    assert head.endswith("截止时间")
    assert row.endswith("，还剩 3 天")
    assert columns(head.removesuffix("截止时间")) == columns(row[: row.index(f"{due.astimezone():%Y-%m-%d}")])
    assert closing.startswith("截止时间：")
    assert closing.endswith("，还剩 3 天。")
