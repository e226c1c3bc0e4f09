"""Compare file names that people and programs have changed, and recognise a file by its name and first bytes."""

import keyword
import re
import unicodedata
from functools import lru_cache
from pathlib import PurePosixPath

COPY_MARK = re.compile(r"\(\d+\)|[-_ ]+(copy|kopie|copie|copia)[-_ ]*\d*(?![^\W\d_])")


def looks_like_json(content):
    """Tell whether a file begins like a JSON object, in any encoding."""
    return content[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] == b"{"


def is_script_name(path):
    """Tell whether a file has the name of a Python file, perhaps with another suffix after `.py`."""
    return ".py" in PurePosixPath(path.lower()).suffixes


def stem(path):
    """Return the name of a file without its suffixes: `1.5` for `1.5.ipynb.txt`."""
    return re.sub(r"(\.[a-z]+\d?)+$", "", PurePosixPath(path).name, flags=re.IGNORECASE)


def simplified(name):
    """Remove from a name what people and programs change: case, punctuation and the marks of a copy.

    >>> simplified("00_First Loss - Copy (1)") == simplified("00_first_loss")
    True
    """
    return "".join(words(name))


@lru_cache(maxsize=1024)
def words(name):
    """Return the words and numbers in a name, in lower case.

    >>> words("HW_12 (2)")
    ('hw', '12')
    """
    return tuple(re.findall(r"\d+|[^\W\d_]+", COPY_MARK.sub(" ", normal(name).casefold())))


def normal(name):
    """Return a name with each accented letter as one character; macOS writes two."""
    return unicodedata.normalize("NFC", name)


def module_name(assignment):
    """Return the name of the module in which a chapter may be answered; None if the chapter has none.

    It is the chapter's name without its number. An assignment without a number has no module: a Python file of its name
    stands for its notebook.

    >>> module_name("07_kl_divergence"), module_name("homework")
    ('kl_divergence', None)
    """
    name = re.sub(r"^\d[\d_]*", "", assignment)
    return name if name != assignment and name.isidentifier() and not keyword.iskeyword(name) else None


def is_module(path, assignment):
    """Tell whether a file has the name of an assignment's module, also if people or programs have changed it.

    >>> is_module("kl_divergence (1).py", "07_kl_divergence"), is_module("07_kl_divergence.py", "07_kl_divergence")
    (True, False)
    """
    name = module_name(assignment)
    return name is not None and is_script_name(path) and simplified(stem(path)) == simplified(name)
