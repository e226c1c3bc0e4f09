"""A zip gives its files or one clear error. It cannot fill the memory, whatever its headers say."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib

import pytest

from lossedu.intake import archives
from lossedu.intake.archives import UnreadableArchiveError, UnsafeArchiveError, archive_kind, unpack

NAME = "anna.zip"
MEGABYTE = 2**20


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    """A zip with a name, or a ZipInfo, and a content for each entry."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive, pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # of duplicate names
        for entry, content in entries:
            archive.writestr(entry, content, method)
    return packed.getvalue()


def entry(name, mode=0):
    """An entry with a Unix file mode."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def patched(content, field, offset_in_directory, offset_in_header, value):
    """A zip with a field of its only entry changed in the list of entries and in the entry's own header."""
    content = bytearray(content)
    struct.pack_into(field, content, content.index(b"PK\1\2") + offset_in_directory, value)
    struct.pack_into(field, content, offset_in_header, value)
    return bytes(content)


def claiming(content, size):
    """A zip whose only entry claims to have an unpacked size."""
    return patched(content, "<I", 24, 22, size)


def with_flags(content, flags):
    return patched(content, "<H", 8, 6, flags)


def peak_of(call):
    """Return the peak memory of a call, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- What is read


def test_files_come_by_their_paths():
    content = zipped(
        ("00_first_loss/00_first_loss.ipynb", b"{}"),
        ("00_first_loss/", b""),
        ("./notes/./a.txt", b"a"),
        ("notes//b.txt", b""),
    )
    assert unpack(content, NAME) == {
        "00_first_loss/00_first_loss.ipynb": b"{}",
        "notes/a.txt": b"a",
        "notes/b.txt": b"",
    }


def test_windows_separators_are_separators():
    content = zipped(("00_first_loss\\", b""), ("00_first_loss\\00_first_loss.ipynb", b"{}"))
    assert unpack(content, NAME) == {"00_first_loss/00_first_loss.ipynb": b"{}"}


def test_litter_is_left_out():
    link = entry("__MACOSX/link", stat.S_IFLNK | 0o777)
    content = zipped(
        ("a.ipynb", b"{}"), ("__MACOSX/._a.ipynb", b"x"), (".DS_Store", b"x"), ("Icon\r", b""), (link, b"a")
    )
    assert unpack(content, NAME) == {"a.ipynb": b"{}"}


def test_an_archive_in_an_archive_is_a_file():
    inner = zipped(("a.ipynb", b"{}"))
    assert unpack(zipped(("inner.zip", inner), method=zipfile.ZIP_STORED), NAME) == {"inner.zip": inner}


def test_names_are_decoded_as_zipfile_does():
    content = zipped(("Lösung é.ipynb", b"1"))
    assert unpack(content, NAME) == {"Lösung é.ipynb": b"1"}
    unmarked = with_flags(content, 0)
    assert unpack(unmarked, NAME) == {zipfile.ZipFile(io.BytesIO(unmarked)).namelist()[0]: b"1"}


def test_stored_files_folders_by_mode_and_bytes_before_the_zip_are_read():
    stored = zipped((entry("a.ipynb", stat.S_IFREG | 0o644), b"{}"), (entry("b", stat.S_IFDIR), b""), method=0)
    assert unpack(stored, NAME) == unpack(b"#!/bin/sh\n" + stored, NAME) == {"a.ipynb": b"{}"}


def test_an_empty_zip_holds_nothing():
    assert unpack(zipped(), NAME) == {}


# --- What is unsafe


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (zipped(("/etc/passwd", b"")), '"/etc/passwd" is an absolute path'),
        (zipped(("\\\\server\\a.ipynb", b"")), "is an absolute path"),
        (zipped(("C:a.ipynb", b"")), '"C:a.ipynb" is an absolute path'),
        (zipped(("c:\\a.ipynb", b"")), "is an absolute path"),
        (zipped(("a/../../b.ipynb", b"")), '"a/../../b.ipynb" leads out of the archive'),
        (zipped(("..\\b.ipynb", b"")), "leads out of the archive"),
        (zipped(("..", b"")), "leads out of the archive"),
        (zipped(("__MACOSX/../../.DS_Store", b"")), "leads out of the archive"),
        (zipped(("a.ipynb", b"1"), ("a.ipynb", b"2")), '"a.ipynb" occurs twice in the archive'),
        (zipped(("a/b.ipynb", b"1"), ("a\\.\\b.ipynb", b"2")), '"a/b.ipynb" occurs twice in the archive'),
        (zipped(("a/b", b"1"), ("a!", b""), ("a", b"2")), '"a" is both a file and a folder'),
        (zipped(("a\nb.ipynb", b"")), r'the name "a\?b.ipynb" has control characters'),
        (zipped(("a.ipynb#.exe", b"")).replace(b"b#", b"b\0"), "has control characters"),
        (zipped(("a\u202ebnypi.exe", b"")), "has control characters"),
        (zipped((entry("a.ipynb", stat.S_IFLNK | 0o777), b"/etc/passwd")), '"a.ipynb" is a link'),
        (zipped((entry("a/", stat.S_IFLNK | 0o777), b"/etc")), '"a/" is a link'),
        (zipped((entry("a", stat.S_IFIFO), b"")), '"a" is no ordinary file'),
        (zipped((entry("a", stat.S_IFDIR), b"content")), '"a" is no ordinary file'),
        (with_flags(zipped(("a.ipynb", b"{}")), 0x1), '"a.ipynb" is encrypted'),
        (with_flags(zipped(("a.ipynb", b"{}")), 0x41), '"a.ipynb" is encrypted'),
    ],
)
def test_an_unsafe_entry_is_refused(content, problem):
    with pytest.raises(UnsafeArchiveError, match=f"^anna.zip is not unpacked: .*{problem}") as caught:
        unpack(content, NAME)
    assert str(caught.value).isprintable()


def test_the_number_of_files_is_limited():
    files = [(f"{n}.txt", b"") for n in range(archives.MAX_ENTRIES)]
    assert len(unpack(zipped(*files), NAME)) == archives.MAX_ENTRIES
    with pytest.raises(UnsafeArchiveError, match="more than 2,000 files"):
        unpack(zipped(*files, ("one_more.txt", b"")), NAME)


def test_a_long_list_of_entries_is_not_read():
    content = zipped(("a", b""))
    start, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    many = content[start:end] * 200_000
    content = content[:start] + many + content[end : end + 12] + struct.pack("<II", len(many), start) + b"\0\0"

    def refused():
        with pytest.raises(UnsafeArchiveError, match=r"list of entries has 9,\d{3},\d{3} bytes"):
            unpack(content, NAME)

    assert peak_of(refused) < len(content) + MEGABYTE


def test_a_long_run_of_zeros_is_not_unpacked():
    bomb = zipped(("zeros.ipynb", bytes(100 * MEGABYTE)))
    assert len(bomb) < MEGABYTE / 5

    def refused():
        with pytest.raises(UnsafeArchiveError, match=r'"zeros.ipynb" unpacks to more than 100 times its packed size'):
            unpack(bomb, NAME)

    assert peak_of(refused) < 15 * MEGABYTE


def test_a_small_file_may_be_packed_tightly():
    assert unpack(zipped(("zeros.txt", bytes(MEGABYTE))), NAME) == {"zeros.txt": bytes(MEGABYTE)}


def test_the_size_of_all_files_together_is_limited():
    bomb = zipped(*((f"{n}.ipynb", bytes(MEGABYTE)) for n in range(100)))
    assert len(unpack(bomb, NAME, max_size=100 * MEGABYTE)) == 100

    def refused():
        with pytest.raises(UnsafeArchiveError, match="its files have more than 5,242,880 bytes"):
            unpack(bomb, NAME, max_size=5 * MEGABYTE)

    assert peak_of(refused) < 8 * MEGABYTE


def test_a_size_in_a_header_is_not_trusted():
    bomb = zipped(("zeros.ipynb", bytes(100 * MEGABYTE)))

    def refused(content, error):
        with pytest.raises(error):
            unpack(content, NAME)

    assert peak_of(lambda: refused(claiming(bomb, 10), UnreadableArchiveError)) < MEGABYTE
    assert peak_of(lambda: refused(claiming(bomb, 2**32 - 2), UnsafeArchiveError)) < 15 * MEGABYTE
    with pytest.raises(UnreadableArchiveError, match=r'"a.ipynb" has 2 bytes instead of 1,000,000,000'):
        unpack(claiming(zipped(("a.ipynb", b"{}")), 10**9), NAME)


def test_a_packed_size_in_a_header_does_not_raise_the_limit():
    bomb = patched(zipped(("zeros.ipynb", bytes(100 * MEGABYTE))), "<I", 20, 18, 2**30)
    with pytest.raises(UnsafeArchiveError, match="overlaps"):
        unpack(bomb, NAME)


def test_entries_that_share_packed_bytes_are_refused():
    inner = zipped(("b", bytes(MEGABYTE)))
    inner = inner[: inner.index(b"PK\1\2")]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", inner)
        shared = zipfile.ZipFile(io.BytesIO(zipped(("b", bytes(MEGABYTE))))).infolist()[0]
        shared.header_offset = 30 + len("a")
        archive.filelist.append(shared)
    assert zipfile.ZipFile(packed).namelist() == ["a", "b"]
    with pytest.raises(UnsafeArchiveError, match='"a" overlaps with another entry'):
        unpack(packed.getvalue(), NAME)


def test_entries_with_one_place_are_refused():
    content = zipped(("a", b"1"), ("b", b"2"))
    second = content.rindex(b"PK\1\2")
    content = content[: second + 42] + struct.pack("<I", 0) + content[second + 46 :]
    with pytest.raises(UnsafeArchiveError, match="overlaps with another entry"):
        unpack(content, NAME)


# --- What cannot be read


def tarred(mode="w"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        archive.addfile(tarfile.TarInfo("a.ipynb"))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped(("a", b"")), "zip"),
        (zipped(), "zip"),
        (tarred(), "tar"),
        (tarred("w:gz"), "tar.gz"),
        (gzip.compress(b"{}"), "gz"),
        (bz2.compress(b"{}"), "bz2"),
        (lzma.compress(b"{}"), "xz"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"Rar!\x1a\x07\x00", "rar"),
        (b"Rar!\x1a\x07\x01\x00", "rar"),
    ],
    # a compressed file holds the time at which it was made, so its bytes are no name for a test
    ids=["zip", "empty zip", "tar", "tar.gz", "gz", "bz2", "xz", "7z", "rar 4", "rar 5"],
)
def test_archives_are_known_by_their_first_bytes(content, kind):
    assert archive_kind(content) == kind
    if kind != "zip":
        with pytest.raises(
            UnreadableArchiveError,
            match=f"^anna.zip cannot be unpacked: it is a {kind} archive, and lossedu reads only zip: unpack it$",
        ):
            unpack(content, NAME)


@pytest.mark.parametrize("content", [b"", b'{"cells": []}', b"\x1f\x8b", b"x" * 512, bytes(1024), b"\xff\xfe{\0"])
def test_other_files_are_no_archives(content):
    assert archive_kind(content) in (None, "gz")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"cells": []}', "it is not a zip archive"),
        (b"", "it is not a zip archive"),
        (zipped(("a", b"1"))[:-1], "it is broken or incomplete"),
        (zipped(("a.ipynb", b"secret"), method=0).replace(b"secret", b"Secret"), r'Bad CRC-32.*at "a.ipynb"'),
        (zipped(("a.ipynb", b"{}"), method=zipfile.ZIP_LZMA), "packed with the unsupported method lzma: unpack it"),
        (patched(zipped(("a.ipynb", b"{}")), "<H", 10, 8, 9), "packed with the unsupported method deflate64"),
        (patched(zipped(("a.ipynb", b"{}")), "<H", 10, 8, 77), "packed with the unsupported method 77"),
    ],
)
def test_a_broken_archive_is_named(content, problem):
    with pytest.raises(UnreadableArchiveError, match=f"^anna.zip cannot be unpacked: .*{problem}"):
        unpack(content, NAME)


def test_a_few_bytes_of_bzip2_do_not_become_gigabytes():
    bomb = zipped(("zeros.ipynb", bytes(50 * MEGABYTE)), method=zipfile.ZIP_BZIP2)
    assert len(bomb) < 300

    def refused():
        with pytest.raises(UnreadableArchiveError, match="packed with the unsupported method bzip2"):
            unpack(bomb, NAME)

    assert peak_of(refused) < MEGABYTE


def test_whatever_is_broken_gives_one_of_two_errors():
    whole = zipped(("a/b.ipynb", b"some words, some words"), ("c", zlib.compress(b"x")))
    broken = [whole[:end] for end in range(len(whole))]
    for position in range(len(whole)):
        for value in (0x00, 0xFF, whole[position] ^ 0x01, whole[position] ^ 0x80):
            broken.append(whole[:position] + bytes([value]) + whole[position + 1 :])
    outcomes = {type(attempt(content)) for content in broken}
    assert outcomes == {dict, UnsafeArchiveError, UnreadableArchiveError}


def attempt(content):
    """The files of an archive, or the error."""
    try:
        return unpack(content, NAME)
    except (UnsafeArchiveError, UnreadableArchiveError) as error:
        return error


def test_a_long_name_of_the_archive_is_shortened():
    with pytest.raises(UnreadableArchiveError, match=r"^x{80}\.\.\. cannot be unpacked"):
        unpack(b"", "x" * 10_000)
