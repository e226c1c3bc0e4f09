"""What becomes of an answer that cannot be tried: a `Problem` is data until it becomes a sentence, here.

Problems arise in other processes as well, where a submission can make them anything. `read_problem` accepts only codes
and fields that are known, cuts texts, and never uses them as a format.
"""

import re
from typing import Any

from lossedu.checking.probe import Problem
from lossedu.language import say

LONGEST_TEXT = 500  # characters of a field
LARGEST_NUMBER = 10**9

SENTENCES = {
    "unwritten": "not written yet",
    "calls a stub": "calls {name}, which is not written yet",
    "stops": "stops with {error}",
    "changes an argument": "changes its argument {name} in place; work on a copy",
    "unsteady": "changes its answer from call to call",
    "returns nothing": "returns None; is the `return` missing?",
    "returns no state": "returns {kind}; expected (w, state)",
    "returns no tuple": "returns {kind}; expected a tuple of {parts}",
    "returns no number": "returns {kind}; expected a NumPy array or a number",
    "returns no real numbers": "returns an array of dtype {dtype}; expected real numbers",
    "returns another name": "is named {made}, and after get_config and from_config it is named {restored}",
    "undefined": "is not there: no cell has defined {name}",
    "too long": "is {length} characters long; simplify it",
    "holds": "holds {name}",
    "unreadable": "cannot be read",
    "broken kernel": "could not be tried: the kernel is out of order",
    "unreadable reply": "could not be tried: the reply of the kernel cannot be read",
    "incomplete reply": "could not be tried: the reply of the kernel is not complete",
    "too much": "returns too much: more than {size} MB on all inputs together",
    "no end": "gives no answer within {seconds} seconds; does a loop never end?",
    "ended kernel": "ends the kernel",
    "gone kernel": "the kernel is gone",
}
WHOLE_NUMBERS = {"parts", "length", "size", "seconds"}  # fields; all others are texts
CLUES = {"line": int, "code": str, "near": str, "returned": str}
NAME = re.compile(r"\w+(\.\w+)?")
OTHER_TEXTS = ("a {kind}", "an {kind}")


def describe_problem(problem):
    """Say a problem in the language of the reader, without a full stop.

    >>> describe_problem(Problem("returns no tuple", kind="list", parts=2))
    'returns a list; expected a tuple of 2'
    """
    fields = dict(problem.fields)
    if "kind" in fields:
        fields["kind"] = describe_kind(fields["kind"])
    return say(SENTENCES[problem.code], **fields)


def describe_kind(kind):
    """The name of a type with its article, such as `an ndarray`."""
    return say("an {kind}" if kind.startswith((*"AEIOUaeio", "nd")) else "a {kind}", kind=kind)


def describe_place(clues):
    """The line that was running, such as `in line 3 of your cell: ...`; an empty text if it is not known."""
    if "line" not in clues:
        return ""
    return say("in line {line} of your cell: {code}", line=clues["line"], code=clues.get("code", ""))


def fields_of(code):
    """The names of the fields in the sentence of a code."""
    return set(re.findall(r"{(\w+)}", SENTENCES[code]))


def read_problem(data):
    """A `Problem` from a process that is not to be trusted, `[code, fields]`; TypeError if it is none."""
    code, fields = data
    if not isinstance(code, str) or code not in SENTENCES:
        raise TypeError("an unknown problem")
    if not isinstance(fields, dict) or set(fields) != fields_of(code):
        raise TypeError(f"{code}: expected the fields {fields_of(code)}")
    return Problem(code, **{name: read_field(value, name in WHOLE_NUMBERS) for name, value in fields.items()})


def read_clues(data):
    """Clues from a process that is not to be trusted; TypeError if they are none. Unlikely names are left out."""
    if not isinstance(data, dict) or not set(data) <= set(CLUES):
        raise TypeError("unknown clues")
    clues = {name: read_field(value, CLUES[name] is int) for name, value in data.items()}
    return {name: value for name, value in clues.items() if name not in ("near", "returned") or NAME.fullmatch(value)}


def read_field(value, is_number) -> Any:
    """A text, cut to a length that can be shown, or a whole number; TypeError if it is neither."""
    if is_number:
        if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
            raise TypeError("expected a whole number")
        return value
    if not isinstance(value, str):
        raise TypeError("expected a text")
    return value[:LONGEST_TEXT]
