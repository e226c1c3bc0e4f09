"""Does the checker understand answers that nobody foresaw? Right and wrong ones, written from the notebooks alone.

    python -m benchmarks.unforeseen [--list] [--set second|third|...|eighteenth] [FILE ...]

Each file in `benchmarks/answers/` holds the answers to one chapter. The checker was first measured on the second set,
in `second/`, without any look at it; later changes were made with it in sight. Each file of the third set, in
`third/`, holds answers of one kind that got false explanations in the second. The later sets were each written and
first measured after the changes before them; the sixth holds wrong functions only, the seventh and eighth wrong answers
only, the thirteenth right functions only. Every answer states whether it is right, and in one sentence what is wrong or
unusual; both were written before any verdict was seen. The table counts wrong answers that passed, right answers that
were refused, and wrong answers with a true diagnosis, a false one, one that nobody has read yet, or none. A diagnosis
is true if it names the stated cause: a person decides that once, in `read.json` beside the answers. `--list` prints
what such a person needs.
"""

import argparse
import contextlib
import itertools
import json
import linecache
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lossedu import exercises
from lossedu.checking import verdict
from lossedu.exercises import FunctionExercise

ANSWERS = Path(__file__).with_name("answers")
LATER = (
    *("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
    *("thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
)
SETS = {"first": ANSWERS} | {name: ANSWERS / name for name in LATER}
SEED = 15  # of the hidden inputs, as grading draws them
KINDS = ("functions", "values")
ENDS = ("passed", "true", "false", "unread", "none")  # what became of a wrong answer
CELLS = itertools.count()


@dataclass(frozen=True)
class Given:
    """One answer of a file, and the verdict on it."""

    exercise: str
    right: bool
    cause: str
    code: str
    verdict: object

    @property
    def kind(self):
        """Whether it is a function or a value."""
        return KINDS[not isinstance(exercises.get(self.exercise), FunctionExercise)]

    @property
    def key(self):
        """What a reader's decision about its diagnosis hangs on."""
        return json.dumps([self.exercise, self.cause, explanation(self.verdict.message)], ensure_ascii=False)

    def end(self, read):
        """Return what became of this answer: "right", "refused", or one of `ENDS`."""
        if self.right:
            return "right" if self.verdict.passed else "refused"
        if self.verdict.passed:
            return "passed"
        decided = read.get(self.key)
        if decided is not None:
            return decided
        return "unread" if self.verdict.diagnosis else "none"


def explanation(message):
    """Return the part of a message that explains: without the inputs and outputs, which stand indented."""
    return "\n".join(line for line in message.splitlines() if line[:1].strip() and "The smallest:" not in line)


def answers_of(file):
    """Judge all answers of a file."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    for answer in content["answer"]:
        source = content.get("setup", "import numpy as np, sympy\n") + answer["code"]
        yield Given(
            answer["exercise"],
            answer["right"],
            answer["cause"],
            answer["code"],
            judged(answer["exercise"], source),
        )


def judged(name, source):
    """Run a learner's cell, its source at hand for messages, and judge what it calls by the name of the exercise."""
    cell = f"<answer {next(CELLS)}>"
    linecache.cache[cell] = len(source), None, source.splitlines(keepends=True), cell
    names = {}
    with contextlib.redirect_stdout(None), contextlib.redirect_stderr(None):
        exec(compile(source, cell, "exec"), names)  # noqa: S102  the answers of this benchmark
    return verdict(name, names[name], own_functions=names, seed=SEED)


def load_decisions(folder=ANSWERS):
    """Return what readers have decided about diagnoses: (exercise, cause, message) -> "true", "false" or "none"."""
    file = folder / "read.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def show_answers(given, read):
    """Print every answer whose verdict is not what it should be, or still has to be read."""
    for each in given:
        end = each.end(read)
        if end in ("right", "true"):
            continue
        print(f"=== {each.exercise}: {end.upper()}: {each.cause}\n{each.code.strip()}")
        print(f"--- verdict\n{each.verdict.message}\n")


def main(chapters, listing, folder=ANSWERS):
    """Print the table; return how many wrong answers passed, right ones were refused, and diagnoses are false."""
    read = load_decisions(folder)
    files = [file for file in sorted(folder.glob("*.toml")) if not chapters or file.stem in chapters]
    given = [answer for file in files for answer in answers_of(file)]
    if listing:
        show_answers(given, read)
    table = Table("answers", "right", "refused", "wrong", *ENDS, title="answers that nobody foresaw")
    faults = 0
    for kind in KINDS:
        of_kind = [answer for answer in given if answer.kind == kind]
        wrong = [answer for answer in of_kind if not answer.right]
        ends = Counter(answer.end(read) for answer in wrong)
        refused = [answer for answer in of_kind if answer.right and not answer.verdict.passed]
        shares = [f"{ends[end]} ({ends[end] / max(1, len(wrong)):.0%})" for end in ENDS]
        table.add_row(kind, str(len(of_kind) - len(wrong)), str(len(refused)), str(len(wrong)), *shares)
        faults += len(refused) + ends["passed"] + ends["false"]
    Console(width=110).print(table)
    return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="such as 07_kl_divergence; all if none is named")
    parser.add_argument("--list", action="store_true", help="print the answers whose verdict needs a reader")
    parser.add_argument("--set", choices=SETS, default="first", help="which answers (default: first)")
    arguments = parser.parse_args()
    sys.exit(main(arguments.chapters, arguments.list, SETS[arguments.set]) > 0)
