"""Write files completely or not at all, and quote their paths for a shell."""

import shlex
import subprocess
import sys
from contextlib import suppress

__all__ = ["for_shell", "write_whole"]


def write_whole(path, content):
    """Write a file completely, or leave it as it was; make its folder if needed.

    Args:
        path: a `Path`.
        content: bytes.

    Raises:
        OSError: the file cannot be written.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "new", "file.txt"), b"text")
    ...     Path(folder, "new", "file.txt").read_text()
    'text'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        if isinstance(error, OSError):  # a full disk does not say for which file
            error.filename = str(path)
        raise


def for_shell(path):
    """Quote a path so that it can be typed in a command.

    >>> print(for_shell("my course"))
    'my course'
    """
    return subprocess.list2cmdline([str(path)]) if sys.platform == "win32" else shlex.quote(str(path))
