"""Starts `lossedu grade` again and again, each time in a process of its own that has all imports made.

    python -m tests.grading.launcher

For each line on the standard input, a folder, a file for the output and arguments as JSON, it prints two: the number of
the process, and in the end its exit code.
"""

import json
import os
import sys

from lossedu.cli import cli
from lossedu.grading import batch, progress  # noqa: F401


def main():
    """Fork until there are no more lines; a child returns what it is to be given."""
    for line in sys.stdin:
        folder, output, arguments = json.loads(line)
        process = os.fork()
        if process == 0:
            os.setsid()
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
            return arguments
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
    return None


if __name__ == "__main__":
    arguments = main()
    if arguments:
        cli.main(arguments, "lossedu")
