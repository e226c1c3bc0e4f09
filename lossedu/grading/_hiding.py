"""Hide functions in a grading kernel. Its source is sent there, and runs before anything of a submission does.

Each function is replaced in all that refers to it, in SciPy's private modules, tables and closures too. Afterwards
nothing in the process leads to it: so it does not matter how an answer looks for it.
"""

import gc
import importlib
import types
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import cache_from_source


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
    frozen = gc.get_freeze_count()
    gc.unfreeze()  # what a warm kernel was forked with is frozen, and is not searched then
    files = {file for original in originals for file in python_files(original)}
    for referrer in gc.get_referrers(*originals):
        if isinstance(referrer, types.MethodType | tuple):  # which cannot be changed, only be replaced themselves
            for holder in gc.get_referrers(referrer):
                replace_in(holder, {id(referrer): changed(referrer, replacements)})
        elif referrer is not originals:
            replace_in(referrer, replacements)
            files |= compiled_file(referrer)
    if frozen:
        gc.freeze()
    return sorted(files)


def located(dotted):
    """Return the module or class that holds an object, and its name there; None and the name if there is none."""
    *parts, name = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            holder = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            holder = getattr(holder, part, None)
        return holder, name
    return None, name


def changed(referrer, replacements):
    """Return what takes the place of a method or tuple that refers to originals."""
    if isinstance(referrer, tuple):
        return tuple(replacements.get(id(each), each) for each in referrer)
    return replacements[id(referrer.__func__)]


def replace_in(referrer, replacements):
    """Replace the originals that an object refers to, by their identity."""
    if isinstance(referrer, dict):
        for key, value in list(referrer.items()):
            if id(key) in replacements:  # SciPy notes about functions what they support
                del referrer[key]
                key = replacements[id(key)]
                referrer[key] = value
            if id(value) in replacements:
                referrer[key] = replacements[id(value)]
                drop_c_functions(referrer.get("__pyx_capi__"), key)
    elif isinstance(referrer, list):
        referrer[:] = [replacements.get(id(each), each) for each in referrer]
    elif isinstance(referrer, types.CellType):
        referrer.cell_contents = replacements[id(referrer.cell_contents)]
    elif hasattr(referrer, "__dict__") and not isinstance(referrer, type | types.ModuleType):
        for name, value in list(vars(referrer).items()):
            if id(value) in replacements:
                object.__setattr__(referrer, name, replacements[id(value)])  # it may be frozen


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
