"""Python for users who cannot reach it where it lies, and systems without Landlock, for tests that root runs."""

import shlex
import subprocess
import sys
from pathlib import Path

WITHOUT_LANDLOCK = """
import os, sys
from lossedu.executor import _seccomp
_seccomp.REFUSED = {"landlock_create_ruleset": (444, 444)}
_seccomp.load(_seccomp.program())
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def bubblewrap_that_shows_python():
    """Return the start of a command line that runs a program where all users can read Python.

    Python may lie in the home folder of root, which others cannot enter.
    """
    home, python = Path.home(), Path(sys.base_prefix)
    show = ["--perms", "0755", "--tmpfs", str(home)] if python.is_relative_to(home) else []
    for parent in reversed(python.parents):
        show += ["--perms", "0755", "--dir", str(parent)] if parent.is_relative_to(home) and parent != home else []
    show += ["--ro-bind", str(python), str(python)] if show else []
    return ["bwrap", "--cap-add", "ALL", "--dev-bind", "/", "/", *show, "--"]


def python_for_all(landlock=True, options=()):
    """Return the start of a command line that runs Python as root where all users can read it, and why it fails.

    `options` are further options of bubblewrap.
    """
    command = [*bubblewrap_that_shows_python()[:-1], *options, "--", sys.executable]
    if not landlock:
        command += ["-c", WITHOUT_LANDLOCK]
    try:
        done = subprocess.run([*command, "-c", "import lossedu"], capture_output=True, text=True, cwd="/")
    except FileNotFoundError as error:
        return command, str(error)
    return command, done.stderr.strip() if done.returncode else None


def write_program(path, command):
    """Write a program that runs a command with further arguments."""
    path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    path.chmod(0o755)
    return str(path)
