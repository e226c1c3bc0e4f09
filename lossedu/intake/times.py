"""Read the time of a submission from the content of its `timestamp.txt`."""

import codecs
import functools
import re
import time
import unicodedata
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["MAX_BYTES", "UnreadableTimeError", "read_time"]

MAX_BYTES = 200
EXPECTED = "write it as 2026-03-02 12:00:00 UTC"
ENCODINGS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

# Unix times outside these bounds are more likely student numbers, or dates such as 2603021200 (26-03-02 12:00).
UNIX_SECONDS = range(1_400_000_000, 2_500_000_000)  # May 2014 to March 2049

# dateutil guesses what is missing or odd: it reads "2026-03-02 12-30" as 12:00 in the zone -30. So a line must have one
# of the following shapes before dateutil sees it.
WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?"
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
DATE = rf"""(?:
    \d{{4}}(?P<s>[-/.])\d{{1,2}}(?P=s)\d{{1,2}}               # 2026-03-02
  | \d{{1,2}}(?P<t>[-/.])\d{{1,2}}(?P=t)\d{{4}}               # 25.03.2026
  | {ORDINAL}(?P<u>[ -]){MONTH},?(?P=u)\d{{4}}                # 2 March 2026, 02-Mar-2026
  | {MONTH}[ ]{ORDINAL},?[ ]\d{{4}}                           # March 2, 2026
)"""
TIME = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[ ]?[ap]m)?"
ZONE = r"(?:[ ]?[+-]\d{1,2}(?::?\d\d)?|[ ]?z|[ ][a-z]{2,5})"
SHAPE = re.compile(
    rf"""(?:{WEEKDAY},?[ ])?                                  # Mon,
    (?: {DATE} (?:(?:,?[ ](?:at[ ])?|T){TIME}{ZONE}?)?
      | {MONTH}[ ]\d{{1,2}}[ ]{TIME}(?:[ ][a-z]{{2,5}})?[ ]\d{{4}}    # Mar  2 12:00:00 UTC 2026
      | \d{{8}}(?:T?\d{{4}}(?:\d\d(?:\.\d{{1,9}})?)?{ZONE}?)?  # 20260302T120000Z
    )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
CLOCK = re.compile(r"\d:\d\d|\dT\d", re.IGNORECASE | re.ASCII)
DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2\d{4}\b", re.ASCII)
SHORT_YEAR = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}(?:[,T ].*)?", re.IGNORECASE | re.ASCII)
LABEL = re.compile(r"^[a-z][a-z _-]*[:=] ?", re.IGNORECASE | re.ASCII)  # "Date: "
COMMENT = re.compile(r" \([^()]*\)$")  # "... +0100 (CET)"
ZONE_WITH_OFFSET = re.compile(r"(?:UTC|GMT) ?(?=[+-]\d)", re.IGNORECASE)  # "UTC+1": dateutil would reverse the sign
NOON = re.compile(r"\b([ap])\.m\.", re.IGNORECASE)
ZONE_BY_PLACE = re.compile(r" ([a-z_]+(?:/[a-z0-9_+-]+)+)$", re.IGNORECASE | re.ASCII)  # "Europe/Berlin"


class UnreadableTimeError(ValueError):
    """The content of a `timestamp.txt` is not a time, or can mean several times."""


def read_time(content: bytes) -> datetime | None:
    """Read the time of a submission.

    A time without a zone is in UTC, as in nbgrader. A date without a time of day is midnight, the start of the day.

    Args:
        content: bytes of a `timestamp.txt`.

    Returns:
        The time in UTC, as a `datetime` without a zone; None if the content is empty.

    Raises:
        UnreadableTimeError: the content is not a time, can mean several times, or is longer than `MAX_BYTES`.

    >>> read_time(b"2026-03-02 12:00:00.5 Europe/Berlin")
    datetime.datetime(2026, 3, 2, 11, 0, 0, 500000)
    """
    if len(content) > MAX_BYTES:
        raise UnreadableTimeError(f"it has {len(content):,} bytes, too many for a time: {EXPECTED}")
    text = decode(content)
    lines = [tidy(line) for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    # Of several lines, only those with a time of day count: otherwise a stray date would become midnight.
    times = {read_line(line) for line in lines if len(lines) == 1 or CLOCK.search(line)} - {None}
    times = times or {read_line(" ".join(lines))} - {None}  # the date and the time of day stand on separate lines
    if len(times) == 1:
        return times.pop()
    raise UnreadableTimeError(f"{quote(text)} {'holds several times' if times else 'is not a time'}: {EXPECTED}")


def decode(content):
    """Decode UTF-8, or UTF-16 that begins with a byte order mark."""
    encoding = next((name for mark, name in ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        raise UnreadableTimeError(f"{quote(text)} is not UTF-8: {EXPECTED}") from None


def tidy(line):
    """Remove what does not change the time: kinds and number of spaces, quotes, a label, a comment in brackets."""
    line = " ".join(unicodedata.normalize("NFKC", line).split()).strip("\"' ")
    for superfluous in (LABEL, COMMENT, ZONE_WITH_OFFSET):
        line = superfluous.sub("", line)
    return NOON.sub(r"\1m", line)


def read_line(line):
    """Read a line as a time; None if it does not have the shape of one."""
    unix = read_unix(line)
    if unix is not None:
        return unix
    if SHORT_YEAR.fullmatch(line):
        raise UnreadableTimeError(f"{quote(line)} has a year of two digits: {EXPECTED}")
    place = ZONE_BY_PLACE.search(line)
    moment = line[: place.start()] if place else line
    if not SHAPE.fullmatch(moment):
        return None
    numbers = DAY_OR_MONTH_FIRST.search(moment)
    if numbers and int(numbers[1]) <= 12 and int(numbers[3]) <= 12 and int(numbers[1]) != int(numbers[3]):
        raise UnreadableTimeError(f"{quote(line)} does not tell which number is the month: {EXPECTED}")
    from dateutil import parser

    names = []

    def zone_of(name, offset):
        """Note the zone's name for later: which offset it means depends on the date."""
        if offset is not None:
            return timezone(timedelta(seconds=offset))
        names.extend([name] if name else [])
        return None

    try:
        found = parser.parse(moment.upper(), tzinfos=zone_of)
        if place or names:
            found = found.replace(tzinfo=zone_at(place[1]) if place else zone_called(names[0], found))
        return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    except UnreadableTimeError as error:
        raise UnreadableTimeError(f"{quote(line)} {error}: {EXPECTED}") from None
    except Exception:  # dateutil raises many kinds of errors for dates that do not exist
        raise UnreadableTimeError(f"{quote(line)} is not a time: {EXPECTED}") from None


def read_unix(line):
    """Read seconds or milliseconds since 1970; None if the line is no such number."""
    if re.fullmatch(r"\d{10}(\.\d{1,9})?|\d{13}", line, re.ASCII):
        seconds, _, fraction = (line if len(line) != 13 or "." in line else f"{line[:10]}.{line[10:]}").partition(".")
        if int(seconds) in UNIX_SECONDS:
            return datetime(1970, 1, 1) + timedelta(seconds=int(seconds), microseconds=int(f"{fraction:0<6}"[:6]))
    return None


def zone_at(place):
    """The time zone of a place, such as Europe/Berlin."""
    try:
        return zoneinfo.ZoneInfo(place)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise UnreadableTimeError(f"has the unknown time zone {place}") from None


def zone_called(name, moment):
    """The time zone that an abbreviation such as CEST means at a local time.

    Most abbreviations have one meaning worldwide. For the others, such as IST, the time zone of this computer decides,
    as in nbgrader.
    """
    offsets = {
        zone.utcoffset(folded)
        for folded in (moment.replace(fold=0), moment.replace(fold=1))
        for zone in all_zones()
        if (zone.tzname(folded) or "").upper() == name  # ChST
    }
    if len(offsets) == 1:
        return timezone(offsets.pop())  # pyright: ignore[reportArgumentType]  a `ZoneInfo` knows its offset
    if name in time.tzname:
        from dateutil import tz

        return tz.tzlocal()
    problem = "has several meanings" if offsets else "no place uses on that date"
    raise UnreadableTimeError(f"has the time zone {name}, which {problem}")


@functools.cache
def all_zones():
    """All time zones."""
    return [zoneinfo.ZoneInfo(name) for name in sorted(zoneinfo.available_timezones())]


def quote(text, length=60):
    """Quote a text in one short line, with a question mark for each character that cannot be printed."""
    line = " ".join(text.split())
    shortened = line if len(line) <= length else f"{line[:length]}..."
    return '"' + "".join(character if character.isprintable() else "?" for character in shortened) + '"'
