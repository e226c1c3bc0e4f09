"""Identify the code of lossedu. All processes that grade a class must have the same code."""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path

from lossedu import __version__

__all__ = ["command", "describe", "digest"]

PACKAGE = Path(__file__).parent
DECISIVE = (".py", ".json")  # suffixes of the files that can change verdicts
SHOWN = 8  # digits of a hash


def command(module, *arguments):
    """Return the command line that calls `main` of a module with this package, whatever the current folder holds.

    >>> command("lossedu.example", "1")[-1]
    '1'
    """
    start = f"""import sys; sys.path[0] = {str(PACKAGE.parent)!r}
from lossedu._imports import without_garbage_collection
with without_garbage_collection(): from {module} import main
main()"""
    return [sys.executable, "-c", start, *arguments]


@cache
def digest():
    """Return a hash of the package's files: the same for the same code, wherever it is installed.

    >>> len(digest())
    64
    """
    found = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*")):
        inside = file.relative_to(PACKAGE)
        if file.suffix in DECISIVE and inside.parts[0] != "course":  # only an installed package has this folder
            found.update(f"{inside.as_posix()}\n".encode())
            found.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()


@cache
def describe():
    """Return the version; in a clone of the repository also the commit, and whether files have changed since.

    >>> describe().startswith(__version__)
    True
    """
    root = PACKAGE.parent
    commit = (root / ".git").exists() and ask_git("rev-parse", f"--short={SHOWN}", "HEAD")
    if not commit:
        return __version__
    changed = ask_git("status", "--porcelain", "--", PACKAGE.name)
    return f"{__version__}, commit {commit}{f', changed to {digest()[:SHOWN]}' if changed else ''}"


def ask_git(*arguments):
    """Return what git says about the clone; an empty text if it fails, for example because git is not installed."""
    command = ["git", "-C", str(PACKAGE.parent), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
