"""Make text harmless that strangers chose, such as names, file names and error messages: one way for each medium.

HTML is not among them: templates escape what they are given.
"""

import re
import unicodedata

LONGEST = 300  # characters that a report says about one thing
SIGNS = r"=+\-@＝＋－＠"  # what makes a spreadsheet take text for a formula, in its East Asian width too
FORMULA = re.compile(rf"^(?=[{SIGNS}])|(?<=[;|,])(?=\s*[{SIGNS}])")  # at the start, or behind what may part two cells


def for_terminal(words):
    """Replace what a terminal might obey, such as escape codes and marks that turn the direction of writing.

    >>> for_terminal("red\\x1b[31m")
    'red�[31m'
    """
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


def in_a_line(words):
    """Make one line of words: their first line, cut short, fit for a terminal.

    >>> in_a_line("first\\nsecond")
    'first'
    """
    first, *_ = words.splitlines() or [""]
    plain = for_terminal(first[:LONGEST])
    return plain if len(first) <= LONGEST else f"{plain} ..."


def for_spreadsheet(text):
    """Make one line of a text that no spreadsheet takes for a formula, as OWASP advises against "CSV injection".

    Invisible characters go, since a formula may hide behind one.

    >>> for_spreadsheet("=1+1"), for_spreadsheet("a\\tb"), for_spreadsheet("Bob;=1+1"), for_spreadsheet(None)
    ("'=1+1", 'a b', "Bob;'=1+1", '')
    """
    visible = "".join(each for each in text or "" if unicodedata.category(each) != "Cf")
    line = " ".join(visible.split())
    return FORMULA.sub("'", for_terminal(line))
