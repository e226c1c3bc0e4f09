"""Hide functions in a grading kernel. Its source is sent there, and runs before anything of a submission does.

Each function is replaced in all that refers to it, in SciPy's private modules, tables and closures too. Afterwards
nothing in the process leads to it: so it does not matter how an answer looks for it.
"""

import gc
import importlib
import operator
import sys
import types
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import cache_from_source

FIXED = (types.MethodType, tuple)  # which cannot be changed, only be replaced themselves

KNOWN = []  # what refers to functions that may be hidden, and what refers to that, as `find_places` returns it


def prepare(names):
    """Find what refers to functions, once for all kernels that will be forked from this process."""
    found = [getattr(*located(dotted), None) for dotted in names]
    KNOWN.extend(find_places([original for original in found if original is not None]))


def hide(stand_ins):
    """Replace functions in all that refers to them.

    Args:
        stand_ins: what takes the place of a function, by the function's dotted name. Names that are not there are
            passed over: other versions of SciPy have others.

    Returns:
        The files that the functions could be loaded from once more.
    """
    originals, replacements = [], {}  # by the identity of the original
    for dotted, stand_in in stand_ins.items():
        holder, name = located(dotted)
        original = getattr(holder, name, None)
        if original is None:
            continue
        if id(original) not in replacements:
            originals.append(original)
            replacements[id(original)] = stand_in
        setattr(holder, name, replacements[id(original)])  # a class must know about it: its dict alone is not enough
    files = {file for original in originals for file in python_files(original)}
    server = sys.modules.get("lossedu.executor.hiding")  # in a forked kernel; this code runs outside of any module
    known = server.KNOWN if server else []
    for referrer, keys, holders in known or find_places(originals):
        if isinstance(referrer, FIXED):
            if substitute := changed(referrer, replacements):
                for holder, keys_there in holders:
                    replace_in(holder, keys_there, {id(referrer): substitute})
        elif replace_in(referrer, keys, replacements):
            files |= compiled_file(referrer)
    known.clear()  # or it would lead to the functions
    return sorted(files)


def find_places(originals):
    """Return all objects that refer to the originals, each with its keys for them and the objects that refer to it.

    The last ones are returned only for objects that cannot be changed. With the keys, a forked process need not search
    whole dictionaries, which would copy the memory of everything in them.
    """
    gc.unfreeze()  # `get_referrers` passes over frozen objects
    found = [each for each in gc.get_referrers(*originals) if each is not originals]
    holders = [gc.get_referrers(each) if isinstance(each, FIXED) else [] for each in found]
    return [
        (each, keys_for(originals, each), [(holder, keys_for([each], holder)) for holder in of_each])
        for each, of_each in zip(found, holders, strict=True)
    ]


def keys_for(things, referrer):
    """Return the keys of a dictionary that are one of the things or have one as value; nothing for other objects."""
    if not isinstance(referrer, dict):
        return []
    numbers = set(map(id, things))
    return [key for key, value in referrer.items() if id(key) in numbers or id(value) in numbers]


def located(dotted):
    """Return the module or class that holds an object, and its name there; None and the name if there is none."""
    *parts, name = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            holder = importlib.import_module(".".join(parts[:length]))
        except Exception:  # not there; or it cannot be used, and need not be hidden
            holder = None
        if holder is not None:
            for part in parts[length:]:
                holder = getattr(holder, part, None)
            return holder, name
    return None, name


def changed(referrer, replacements):
    """Return what takes the place of a method or tuple that refers to originals; None if it refers to none."""
    if isinstance(referrer, types.MethodType):
        return replacements.get(id(referrer.__func__))
    parts = tuple(replacements.get(id(each), each) for each in referrer)
    return None if all(map(operator.is_, parts, referrer)) else parts


def replace_in(referrer, keys, replacements):
    """Replace the originals that an object refers to, by their identity; tell whether there were any.

    For a dictionary, `keys` are the keys that are originals or have one as value.
    """
    replaced = False
    if isinstance(referrer, dict):
        for key in [key for key in keys if id(key) in replacements]:  # SciPy notes what they support
            referrer[replacements[id(key)]] = referrer.pop(key)
            replaced = True
        keys = [replacements.get(id(key), key) for key in keys]
        for key in [key for key in keys if id(referrer.get(key)) in replacements]:
            referrer[key] = replacements[id(referrer[key])]
            drop_c_functions(referrer.get("__pyx_capi__"), key)
            replaced = True
    elif isinstance(referrer, list):
        replaced = any(id(each) in replacements for each in referrer)
        referrer[:] = [replacements.get(id(each), each) for each in referrer]
    elif isinstance(referrer, types.CellType):
        replaced = id(referrer.cell_contents) in replacements
        referrer.cell_contents = replacements.get(id(referrer.cell_contents), referrer.cell_contents)
    elif hasattr(referrer, "__dict__") and not isinstance(referrer, type | types.ModuleType):
        for name, value in list(vars(referrer).items()):
            if id(value) in replacements:
                object.__setattr__(referrer, name, replacements[id(value)])  # it may be frozen
                replaced = True
    return replaced


def drop_c_functions(functions, name):
    """Remove what C programs call by that name, with its variants for other numbers, from a table of C functions."""
    for variant in [key for key in functions or () if key.endswith(name)]:
        del functions[variant]


def python_files(function):
    """Return the file that a function in Python comes from, and its compiled copy."""
    code = getattr(function, "__code__", None)
    return [code.co_filename, cache_from_source(code.co_filename)] if code else []


def compiled_file(referrer):
    """Return the file of a compiled module, if that is whose names refer to an original."""
    file = referrer.get("__file__") if isinstance(referrer, dict) else None
    return {file} if isinstance(file, str) and file.endswith(tuple(EXTENSION_SUFFIXES)) else set()
