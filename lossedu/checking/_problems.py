"""What becomes of an answer that cannot be tried, in the language of the reader."""

import functools
import re

from lossedu.language import say

UNDEFINED = "is not there: no cell has defined {name}"

# messages of `probe` and its callers, with fields for the parts that change
PROBLEMS = (
    "not written yet",
    "stops with {error}",
    "in line {line} of your cell: {code}",
    "changes its argument {name} in place; work on a copy",
    "changes its answer from call to call",
    "returns None; is the `return` missing?",
    "returns {what}; expected (w, state)",
    "returns {what}; expected a tuple of {parts}",
    "returns {what}; expected a NumPy array or a number",
    "returns an array of dtype {dtype}; expected real numbers",
    UNDEFINED,
    "is {length} characters long; simplify it",
    "holds {name}",
    "cannot be read",
    "could not be tried: the kernel is out of order",
    "could not be tried: the reply of the kernel cannot be read",
    "could not be tried: the reply of the kernel is not complete",
    "returns too much: more than {size} MB on all inputs together",
    "gives no answer within {seconds} seconds; does a loop never end?",
    "ends the kernel",
    "the kernel is gone",
    "a {type}",
    "an {type}",
)


def in_words(problem):
    """A problem that comes as a finished English sentence, in the language of the reader.

    It may come out of the kernel of a submission, which can make it anything: so it is held against the sentences that
    are known, and never filled in itself.
    """
    for template in PROBLEMS:
        found = pattern(template).fullmatch(problem)
        if found:
            fields = found.groupdict()
            if "what" in fields:
                fields["what"] = in_words(fields["what"])
            return say(template, **fields)
    return problem


@functools.cache
def pattern(template):
    """The sentences that a template makes."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*?)", re.escape(template)), re.DOTALL)
