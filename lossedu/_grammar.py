"""Puts off a grammar that takes more than a second to build, and that no notebook needs.

jsonschema, by which notebooks are validated, has rfc3987_syntax build it as soon as it is imported, to check addresses
that hold letters of all scripts. Where this module was imported before, it is built when the first of them is checked.
"""

import importlib.util
import sys
import types

NAME = "rfc3987_syntax"


def is_valid_syntax(*arguments):
    """What rfc3987_syntax says, which is imported by now."""
    if sys.modules.get(NAME) is stand_in:
        del sys.modules[NAME]
    return importlib.import_module(NAME).is_valid_syntax(*arguments)


stand_in = types.ModuleType(NAME)
vars(stand_in)["is_valid_syntax"] = is_valid_syntax
if NAME not in sys.modules and importlib.util.find_spec(NAME):
    sys.modules[NAME] = stand_in
