"""Times are read in the forms that nbgrader, people and systems write, and never guessed."""

import ast
import codecs
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nbgrader.exchange import Exchange
from nbgrader.utils import parse_utc

from lossedu.intake.times import MAX_BYTES, UnreadableTimeError, read_time

NOON = datetime(2026, 3, 2, 12)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02 12:00:00.000000 UTC",
        "2026-03-02 12:00:00",
        "2026-03-02 12:00",
        "2026-03-02 13:00:00 CET",
        "2026-03-02 13:00:00.0 Europe/Berlin",
        "2026-03-02 13:00:00 +0100",
        "2026-03-02 08:30:00 -0330",
        "2026-03-02 15:00:00 UTC+3",
        "2026-03-02 15:00:00 GMT +03:00",
        "2026-03-02T12:00:00Z",
        "2026-03-02T13:00:00.000+01:00",
        "2026-03-02T13:00:00+0100",
        "20260302T120000Z",
        "202603021200",
        "2026/3/2, 12:00:00 PM",
        "2026.03.02 12:00",
        "2 March 2026 12:00",
        "2nd march 2026, 12:00",
        "02-Mar-2026 12:00:00",
        "March 2, 2026 at 12:00 p.m.",
        "Monday, 2 March 2026, 12:00 PM",
        "Mon, 02 Mar 2026 13:00:00 +0100",
        "Date: Mon, 02 Mar 2026 13:00:00 +0100 (CET)",
        "Mon Mar  2 12:00:00 UTC 2026",
        "Mon Mar  2 12:00:00 2026",
        "Mon Mar 02 2026 13:00:00 GMT+0100 (Central European Standard Time)",
        "1772452800",
        "1772452800.0",
        "1772452800000",
        '"2026-03-02 12:00:00"',
        "2026-03-02\u202f12:00\u00a0PM",
    ],
)
def test_one_moment_is_read_in_every_form(text):
    assert read_time(text.encode()) == NOON


def test_an_unambiguous_date_is_the_start_of_its_day():
    assert read_time(b"25.03.2026") == read_time(b"03/25/2026") == datetime(2026, 3, 25)
    assert read_time(b"03.03.2026") == datetime(2026, 3, 3)


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + b"2026-03-02 12:00",
        "2026-03-02 12:00".encode("utf-16"),
        codecs.BOM_UTF16_BE + "2026-03-02 12:00\r\n".encode("utf-16-be"),
        b"\r\n2026-03-02 12:00\r\n\r\n",
        b"Anna\n00_first_loss\n2026-03-02 12:00\nend",
        b"2026-03-02 12:00\n2026-03-02T12:00:00Z\n",
        b"handed in on 2 March\nTime: 2026-03-02 12:00\n",
        b"2026-03-02\n12:00 UTC\n",
        b"2026-03-01\n2026-03-02 12:00 UTC\n",
    ],
)
def test_marks_line_ends_and_other_lines_do_not_matter(content):
    assert read_time(content) == NOON


@pytest.mark.parametrize("content", [b"", b" \r\n\t", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_holds_no_time(content):
    assert read_time(content) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("02.03.2026", '"02.03.2026" does not tell which number is the month'),
        ("3/2/2026, 12:00:00 PM", "does not tell which number is the month"),
        ("03/02/26", '"03/02/26" has a year of two digits'),
        ("25.03.26 12:00", "has a year of two digits"),  # or 2025-03-26
        ("2026-03-02 12:00\n2026-03-03 12:00", "holds several times"),
        ("2026-03-02 12:00 IST", "has the time zone IST, which has several meanings"),
        ("2026-03-02 12:00 CEST", "has the time zone CEST, which no place uses on that date"),
        ("2026-03-02 12:00 Europe/Nowhere", "has the unknown time zone Europe/Nowhere"),
        ("2026-03-02 12:00 America/North_Dakota", "has the unknown time zone America/North_Dakota"),  # a folder
        ("2026-03-02 12:00 ../../etc/passwd", "is not a time"),
        ("2026-03-02 12:00 +25:00", "is not a time"),
        ("2026-02-30", '"2026-02-30" is not a time'),
        ("2026-13-02", "is not a time"),
        ("2026-03-02 25:00", "is not a time"),
        ("2026-03-02 12-30-15", "is not a time"),  # dateutil reads 12:00 in the zone -30:15
        ("2026-03-02 2026-03-03", "is not a time"),  # dateutil reads 20:26 in the zone -03
        ("0000-01-01", "is not a time"),
        ("99999-01-01 12:00", "is not a time"),
        ("0001-01-01 00:00 +0100", "is not a time"),
        ("12:00", "is not a time"),
        ("March 2026", "is not a time"),
        ("Anna\n2026-03-02", "is not a time"),  # a stray date is not midnight
        ("1e400", "is not a time"),
        ("nan", "is not a time"),
        ("1234567890", "is not a time"),  # more likely a student number
        ("2603021200", "is not a time"),
        ("9" * MAX_BYTES, "is not a time"),
        ("\x00\x1b[31m", r'"\?\?\[31m" is not a time'),
        ("x" * MAX_BYTES, '"x{60}..." is not a time'),
    ],
)
def test_what_is_not_clear_is_quoted_with_the_expected_form(text, problem):
    with pytest.raises(UnreadableTimeError, match=f"{problem}: write it as 2026-03-02 12:00:00 UTC$"):
        read_time(text.encode())


def test_a_long_content_is_refused_unread():
    with pytest.raises(UnreadableTimeError, match="it has 10,000,000 bytes, too many for a time"):
        read_time(b"1" * 10_000_000)


def test_bytes_that_are_no_text_are_quoted():
    with pytest.raises(UnreadableTimeError, match=r'"2\. MÄRZ 2026" is not UTF-8'):
        read_time("2. MÄRZ 2026".encode("latin-1"))


fragments = st.sampled_from(
    [
        "2026",
        "-",
        "03",
        "/",
        "02",
        " ",
        "T",
        "12",
        ":",
        "00",
        ".",
        "+",
        "Z",
        "UTC",
        "CEST",
        "March",
        "am",
        "\n",
        "0" * 20,
    ]
)


@given(
    st.one_of(
        st.binary(max_size=MAX_BYTES),
        st.text(max_size=40).map(str.encode),
        st.lists(fragments, max_size=12).map(lambda parts: "".join(parts).encode()),
    )
)
@example(b"\xff\xfe2")
@example(b"9999-12-31 23:59:59 -1200")
def test_any_content_gives_a_time_or_one_kind_of_error(content):
    found = attempt(content)
    assert str(found).isprintable()
    assert found is None or isinstance(found, UnreadableTimeError) or found.tzinfo is None


def attempt(content):
    """The time in a content, or the error."""
    try:
        return read_time(content)
    except UnreadableTimeError as error:
        return error


def written_by_nbgrader(zone, moment):
    """The content of the `timestamp.txt` of a submission at a moment, with nbgrader's default format."""
    return moment.astimezone(zone).strftime(Exchange.timestamp_format.default_value)


@pytest.mark.parametrize("month", [1, 7])
def test_it_agrees_with_nbgrader_in_every_time_zone_where_nbgrader_is_right(month):
    moment = datetime(2026, month, 2, 12, 0, 0, 123456, UTC)
    expected = moment.replace(tzinfo=None)
    agreed = 0
    for name in sorted(zoneinfo.available_timezones()):
        text = written_by_nbgrader(zoneinfo.ZoneInfo(name), moment)
        ours, nbgraders = attempt(text.encode()), parse_utc(text)
        # nbgrader takes abbreviations that it doesn't know for UTC, and "+03" for three seconds
        assert ours == expected or ("several meanings" in str(ours) and nbgraders != expected), name
        agreed += nbgraders == expected
    assert agreed > 50


@pytest.mark.parametrize("written", ["2026-03-02 12:00:00", "2026-03-02 12:00:00.250000"])
def test_it_agrees_with_nbgrader_on_what_zip_collect_writes(written):
    assert read_time(written.encode()) == parse_utc(written)


def test_an_abbreviation_with_several_meanings_means_the_local_one():
    done = subprocess.run(
        [sys.executable, "-c", "from lossedu.intake.times import read_time; print(read_time(b'2026-03-02 17:30 IST'))"],
        env={"TZ": "Asia/Kolkata"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2026-03-02 12:00:00\n"


def test_nothing_else_is_imported_before_a_time_is_read():
    code = (
        "import sys, lossedu; known = set(sys.modules); "
        "import lossedu.intake.times, lossedu.intake.archives, lossedu.intake.litter; "
        "new = {name: getattr(sys.modules[name], '__file__', None) or '' for name in set(sys.modules) - known}; "
        "print([name for name, file in new.items() if 'site-packages' in file or 'lossedu' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    intake = ["lossedu.intake", *(f"lossedu.intake.{name}" for name in ("archives", "litter", "times"))]
    assert sorted(ast.literal_eval(done.stdout)) == intake
