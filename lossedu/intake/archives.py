"""Unpack a zip in memory, within limits on what it may hold."""

import io
import itertools
import re
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib

from lossedu.intake.litter import is_litter

__all__ = [
    "MAX_ENTRIES",
    "MAX_RATIO",
    "MAX_SIZE",
    "UnreadableArchiveError",
    "UnsafeArchiveError",
    "archive_kind",
    "unpack",
]

MAX_ENTRIES = 2_000
MAX_SIZE = 128 * 2**20  # bytes of all files together
MAX_RATIO = 100  # of the unpacked to the packed size, for files of more than a megabyte
MAX_DIRECTORY = 2 * 2**20  # bytes of the list of entries, which zipfile reads at once
CHUNK = 2**16

KINDS = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # without entries
    b"PK\x07\x08": "zip",  # one part of several
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
}
ENCRYPTED = 0x1 | 0x40 | 0x2000  # flag bits of an entry: encrypted, strongly encrypted, list of entries encrypted
REORDERING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"  # change the direction of the text that follows
LOCAL_HEADER = struct.Struct("<26xHH")  # ends with the lengths of the name and of the extra field


class UnsafeArchiveError(ValueError):
    """An archive exceeds a limit, or holds an unsafe entry, such as a link or a path outside of the archive."""


class UnreadableArchiveError(ValueError):
    """An archive is broken, or of a kind that lossedu does not read."""


class _Reader(io.BytesIO):
    """The bytes of a zip; refuses to read more than `MAX_DIRECTORY` bytes at once."""

    def read(self, size=-1):
        """Read as `io.BytesIO` does."""
        if size is not None and size > MAX_DIRECTORY:
            raise UnsafeArchiveError(f"its list of entries has {size:,} bytes, more than {MAX_DIRECTORY:,}")
        return super().read(size)


def archive_kind(content: bytes) -> str | None:
    """Name the kind of an archive by its first bytes.

    Args:
        content: bytes of any file.

    Returns:
        One of zip, 7z, rar, tar, tar.gz, gz, bz2, xz and zst; None if it is none of these.
    """
    kind = next((kind for magic, kind in KINDS.items() if content.startswith(magic)), None)
    if kind == "gz" and is_tar(start_of_gzip(content)):
        return "tar.gz"
    return "tar" if kind is None and is_tar(content[: tarfile.BLOCKSIZE]) else kind


def start_of_gzip(content):
    """Unpack the first block of a gzip file, which shows whether it is a tar; return b"" if the file is broken."""
    try:
        return zlib.decompressobj(wbits=31).decompress(content[:CHUNK], tarfile.BLOCKSIZE)
    except zlib.error:
        return b""


def is_tar(block):
    """Tell whether a block is the header of a tar, by its checksum."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def unpack(content: bytes, name: str, max_size: int = MAX_SIZE) -> dict[str, bytes]:
    r"""Read the files of a zip.

    Folders and litter are left out. An archive inside the archive is not unpacked. `\` in a path counts as `/`, since
    some Windows programs write it.

    Args:
        content: bytes of the archive.
        name: its file name, for the messages.
        max_size: limit on the size of all files together, in bytes.

    Returns:
        The content of each file, by its path within the archive with `/` between the parts.

    Raises:
        UnsafeArchiveError: the archive exceeds `max_size`, `MAX_ENTRIES` or `MAX_RATIO`. Or an entry is a link, is
            encrypted, has a path outside of the archive, or has the path or the bytes of another entry.
        UnreadableArchiveError: the archive is broken, or not a zip.
    """
    try:
        return read_zip(content, max_size)
    except UnsafeArchiveError as error:
        raise UnsafeArchiveError(f"{printable(name)} is not unpacked: {error}") from None
    except UnreadableArchiveError as error:
        raise UnreadableArchiveError(f"{printable(name)} cannot be unpacked: {error}") from None


def read_zip(content, max_size):
    """Read the files of a zip; `unpack` adds its name to the errors."""
    kind = archive_kind(content)
    if kind not in ("zip", None):  # some programs put other bytes before a zip
        raise UnreadableArchiveError(f"it is a {kind} archive, and lossedu reads only zip: unpack it")
    try:
        archive = zipfile.ZipFile(_Reader(content))
    except UnsafeArchiveError:
        raise
    except Exception as error:
        raise UnreadableArchiveError(describe(error) if kind else "it is not a zip archive") from None
    with archive:
        files, left = {}, max_size
        for path, entry in safe_entries(archive, content).items():
            files[path] = read_entry(archive, entry, path, left, max_size)
            left -= len(files[path])
    return files


def safe_entries(archive, content):
    """Return the entries of files by their paths, without folders and litter; refuse unsafe ones."""
    entries = {}
    for entry in archive.infolist():
        path = safe_path(entry.orig_filename)
        if is_litter(path):
            continue
        if has_control_characters(path):
            raise UnsafeArchiveError(f"the name {quote(path)} has control characters")
        if is_folder(entry, path):
            continue
        if entry.flag_bits & ENCRYPTED:
            raise UnsafeArchiveError(f"{quote(path)} is encrypted")
        if path in entries:
            raise UnsafeArchiveError(f"{quote(path)} occurs twice in the archive")
        entries[path] = entry
        if len(entries) > MAX_ENTRIES:
            raise UnsafeArchiveError(f"it holds more than {MAX_ENTRIES:,} files")
    for parts, following in itertools.pairwise(sorted(path.split("/") for path in entries)):
        if parts == following[: len(parts)]:
            raise UnsafeArchiveError(f"{quote('/'.join(parts))} is both a file and a folder in the archive")
    refuse_overlaps(entries, archive, content)
    return entries


def safe_path(name):
    """Return the path for the name of an entry, with `/` between its parts and at the end of a folder's path."""
    *folders, last = name.replace("\\", "/").split("/")
    if folders[:1] == [""] or re.match("[a-z]:", name, re.IGNORECASE):
        raise UnsafeArchiveError(f"{quote(name)} is an absolute path")
    if ".." in (*folders, last):
        raise UnsafeArchiveError(f"{quote(name)} leads out of the archive")
    return "/".join([*(part for part in folders if part not in ("", ".")), "" if last == "." else last])


def has_control_characters(path):
    """Tell whether a path has characters that change how the rest of a line is shown."""
    return any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") or each in REORDERING for each in path)


def is_folder(entry, path):
    """Tell whether an entry is a folder, and refuse one that is neither folder nor file."""
    kind = stat.S_IFMT(entry.external_attr >> 16)  # 0 if the packing system records no kind
    folder = path == "" or path.endswith("/") or (stat.S_ISDIR(kind) and entry.file_size == 0)
    if kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG):
        raise UnsafeArchiveError(f"{quote(path)} is {'a link' if stat.S_ISLNK(kind) else 'no ordinary file'}")
    return folder


def refuse_overlaps(entries, archive, content):
    """Refuse entries that share packed bytes.

    Such an archive could unpack to any size, although the ratio of each entry is within `MAX_RATIO`.
    """
    starts = [*sorted(entry.header_offset for entry in archive.infolist()), archive.start_dir]
    # reversed: if several entries start at the same place, this place is also their limit
    limits = dict(reversed([*itertools.pairwise(starts)]))
    for path, entry in entries.items():
        try:
            lengths = LOCAL_HEADER.unpack_from(content, entry.header_offset)
        except struct.error:
            raise UnreadableArchiveError(f"it is incomplete: {quote(path)} is missing") from None
        if entry.header_offset + LOCAL_HEADER.size + sum(lengths) + entry.compress_size > limits[entry.header_offset]:
            raise UnsafeArchiveError(f"{quote(path)} overlaps with another entry")


def read_entry(archive, entry, path, left, max_size):
    """Unpack one file; refuse more than `left` bytes, and more than `MAX_RATIO` times its packed size."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # with other methods, zipfile may unpack a few bytes to gigabytes in one step
        names = zipfile.compressor_names  # pyright: ignore[reportAttributeAccessIssue]  not in the stubs
        method = names.get(entry.compress_type, entry.compress_type)
        raise UnreadableArchiveError(f"{quote(path)} is packed with the unsupported method {method}: unpack it")
    unpacked = io.BytesIO()
    try:
        with archive.open(entry) as file:
            while chunk := file.read(CHUNK):
                size = unpacked.tell() + len(chunk)
                if size > left:
                    raise UnsafeArchiveError(f"its files have more than {max_size:,} bytes together")
                if size > max(2**20, MAX_RATIO * entry.compress_size):
                    raise UnsafeArchiveError(f"{quote(path)} unpacks to more than {MAX_RATIO} times its packed size")
                unpacked.write(chunk)
    except UnsafeArchiveError:
        raise
    except Exception as error:
        raise UnreadableArchiveError(f"{describe(error)} at {quote(path)}") from None
    if unpacked.tell() != entry.file_size:
        raise UnreadableArchiveError(
            f"it is broken: {quote(path)} has {unpacked.tell():,} bytes instead of {entry.file_size:,}"
        )
    return unpacked.getvalue()


def describe(error):
    """Describe an error of `zipfile`, which raises many kinds for broken archives, some without a message."""
    return f"it is broken or incomplete ({printable(str(error) or type(error).__name__)})"


def quote(path):
    """Quote a path for a message."""
    return f'"{printable(path)}"'


def printable(text, length=80):
    """Shorten a text, and replace each character that cannot be printed with a question mark."""
    shortened = text if len(text) <= length else f"{text[:length]}..."
    return "".join(character if character.isprintable() else "?" for character in shortened)
