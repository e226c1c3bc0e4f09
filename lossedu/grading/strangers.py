"""Make text from strangers harmless, such as names, file names and error messages: one function per medium.

HTML needs no function here: the templates escape all text.
"""

import re
import unicodedata

LONGEST = 300  # characters of one message
SIGNS = r"=+\-@＝＋－＠"  # a spreadsheet takes text that begins with one for a formula; also in East Asian width
FORMULA = re.compile(rf"^(?=[{SIGNS}])|(?<=[;|,])(?=\s*[{SIGNS}])")  # at the start, or after a separator of cells


def for_terminal(words):
    """Replace characters that control a terminal, such as escape codes and marks that reverse the text direction.

    >>> for_terminal("red\\x1b[31m")
    'red�[31m'
    """
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)


def in_a_line(words):
    """Return the first line of a text, shortened and safe for a terminal.

    >>> in_a_line("first\\nsecond")
    'first'
    """
    first, *_ = words.splitlines() or [""]
    plain = for_terminal(first[:LONGEST])
    return plain if len(first) <= LONGEST else f"{plain} ..."


def for_spreadsheet(text):
    """Return a text as one line that no spreadsheet takes for a formula (OWASP: "CSV injection").

    Invisible characters are removed, since one could hide the start of a formula.

    >>> for_spreadsheet("=1+1"), for_spreadsheet("a\\tb"), for_spreadsheet("Bob;=1+1"), for_spreadsheet(None)
    ("'=1+1", 'a b', "Bob;'=1+1", '')
    """
    visible = "".join(each for each in text or "" if unicodedata.category(each) != "Cf")
    line = " ".join(visible.split())
    return FORMULA.sub("'", for_terminal(line))
