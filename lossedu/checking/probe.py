"""Try an answer on copies of the arguments, without output, and describe what goes wrong as plain data.

A learner's notebook calls this code directly. lossedu sends it compiled into the kernel of a submission, so it needs
only NumPy. It knows what to call and with which arguments, but never the expected result.
"""

import ast
import base64
import builtins
import collections
import contextlib
import copy
import io
import itertools
import json
import linecache
import os
import re
import signal
import sys
import threading
import time
import traceback
import types
import warnings
from difflib import get_close_matches
from dis import get_instructions
from gc import get_referents as gc_referents

import numpy as np

FOREIGN = ("keras", "tensorflow", "torch", "jax", "sklearn")  # frameworks that have the losses ready
SECONDS_FOR_VARIANTS = 0.3
LONGEST_WITH_HELPERS = 3_000  # characters of an answer and the functions that it calls
MOST_PARTS = 10  # of an answer, since an iterator may have no end
MOST_OPERATIONS = 200  # in an expression that SymPy is asked to work out
MOST_TERMS = 1000  # in a sum or product that SymPy is asked to work out
SLOPE, PER_SAMPLE, RESTORED = "slope", "one loss per sample", "after get_config and from_config"  # asked of tensors
RESULT = "result"  # the method whose value counts; what `update_state` and others return is free, as in Keras
OWN = tuple(
    f"lossedu.{part}"
    for part in ("arrays", "checking", "exercises", "losses", "metrics", "optimizers", "stable", "training")
)

# for the look through an answer: where code of others comes from, and how things hold other things
LIBRARY = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
OURS = os.path.dirname(getattr(sys.modules.get("lossedu"), "__file__", LIBRARY)) + os.sep  # noqa: PTH120
PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\]")
CELL = re.compile(r"[/\\]ipykernel_|ipython-input-")  # in the name of the file that a cell is compiled as
PLAIN = (int, float, complex, str, bytes, types.NoneType, types.CodeType, np.ndarray, np.generic)
LOOKED_THROUGH = {}  # by the identity of code, what it asks for
MADE_IN_PYTHON = 1 << 9  # the flag Py_TPFLAGS_HEAPTYPE of a class
WRAPPED = ("__func__", "__self__", "__wrapped__", "func", "args", "keywords", "fget", "fset", "pyfunc")
KEYWORDS = ("axis", "keepdims", "dtype", "initial", "ddof", "decimals", "weights")  # that NumPy's functions have
GLOBAL_LOOKUPS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
BY_TEXT = {"getattr", "attrgetter", "import_module", "__import__", "modules", "__dict__", "vars"}


# --- One try --------------------------------------------------------------------------------------------------------


class Problem:
    """Why an answer has no values, as data: `_problems` has the sentence for each code, and the fields fill it in."""

    def __init__(self, code, **fields):
        """Keep the code and the fields: texts and whole numbers."""
        self.code, self.fields = code, fields

    def __eq__(self, other):
        """Whether both have the same code and fields."""
        return isinstance(other, Problem) and (self.code, self.fields) == (other.code, other.fields)

    def __repr__(self):
        """Show the code and the fields, for developers."""
        return f"Problem({self.code!r}, **{self.fields!r})"


class Outcome:
    """What came of one try: `values`, arrays of numbers, or the `Problem` why there are none, and `clues` to its cause.

    The clues to an error are texts and whole numbers by name: the "line" of the cell that was running, its "code",
    and a name "near" the unknown one.
    """

    def __init__(self, *values, problem=None, clues=None):
        """Keep the values, or the problem."""
        self.values, self.problem, self.clues = values, problem, clues or {}

    def equals(self, other, rtol, atol):
        """Whether both outcomes hold the same numbers in the same shapes, or failed for the same reason."""
        if self.problem is not None or other.problem is not None:
            return self.problem == other.problem
        return self.shapes == other.shapes and all(
            close(mine, theirs, rtol, atol) for mine, theirs in zip(self.values, other.values, strict=True)
        )

    @property
    def shapes(self):
        """The shapes of the values; None if there are none."""
        return None if self.problem is not None else [value.shape for value in self.values]


def close(mine, theirs, rtol, atol):
    """Whether arrays of the same shape are close: a faster `np.allclose` with `equal_nan`."""
    with np.errstate(all="ignore"):
        mine, theirs = np.asarray(mine, float), np.asarray(theirs, float)
        equal = (mine == theirs) | ((mine != mine) & (theirs != theirs))
        if equal.all():
            return True
        return bool((equal | ((np.abs(mine - theirs) <= atol + rtol * np.abs(theirs)) & np.isfinite(theirs))).all())


class UnusableError(Exception):
    """An answer returned something that is no answer; holds the `Problem`, and the name of what was returned."""

    def __init__(self, code, returned=None, **fields):
        """Keep the problem."""
        super().__init__(code)
        self.problem = Problem(code, **fields)
        name = getattr(returned, "__name__", None)
        self.clues = {"returned": name} if isinstance(name, str) and name.isidentifier() else {}


def attempt(answer, positional, options, protocol="call", parts=1):
    """Try `answer` by one of the `PROTOCOLS` on copies of the arguments, and make an `Outcome` of what happens."""
    given = {name: copied(argument) for name, argument in positional.items()}
    chosen = {name: copied(option) for name, option in options.items()}
    try:
        with quiet():
            outcome = Outcome(*as_arrays(PROTOCOLS[protocol](answer, list(given.values()), chosen), parts))
    except NotImplementedError as error:
        return Outcome(problem=unwritten(error, answer))
    except UnusableError as error:
        return Outcome(problem=error.problem, clues=error.clues)
    except KeyboardInterrupt:  # somebody interrupts the check
        raise
    except BaseException as error:
        return Outcome(problem=Problem("stops", error=words_of(error)), clues=clues_to(error, answer))
    for name, argument in {**positional, **options}.items():
        if not alike({**given, **chosen}[name], argument):
            return Outcome(problem=Problem("changes an argument", name=name))
    return outcome


def source_of(answer):
    """Return the source of a function or class that a cell defines; None if it has none, or builds on a closure.

    The functions of the cell that it calls follow, if they are not long.
    """
    methods = (
        [each for each in vars(answer).values() if isinstance(each, types.FunctionType)]
        if isinstance(answer, type)
        else [answer]
    )
    if not methods or not isinstance(methods[0], types.FunctionType) or methods[0].__closure__:
        return None
    code = methods[0].__code__
    lines = linecache.getlines(code.co_filename) if is_own_file(code.co_filename) else []
    try:
        body = ast.parse("".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    kinds = ast.FunctionDef, ast.ClassDef
    around = [
        each
        for each in body
        if isinstance(each, kinds) and each.lineno <= code.co_firstlineno <= (each.end_lineno or 0)
    ]
    defined = next((each for each in around if each.name == answer.__name__), None)
    if defined is None:
        return None
    helpers = helpers_of(defined, {each.name: each for each in body if isinstance(each, ast.FunctionDef)})
    texts = ["".join(lines[each.lineno - 1 : each.end_lineno]) for each in (defined, *helpers)]
    source, *others = (text if text.endswith("\n") else f"{text}\n" for text in texts)
    for other in others:
        source += other if len(source) + len(other) <= LONGEST_WITH_HELPERS else ""
    return source


def helpers_of(definition, functions):
    """Return those of some functions, given by name, that a definition and its helpers read, in the order of reading.

    Decorated ones are left out: a copy of their source would not be what runs.
    """
    found, waiting = [], [definition]
    while waiting:
        names = [each.id for each in ast.walk(waiting.pop(0)) if isinstance(each, ast.Name)]
        for name in dict.fromkeys(names):
            helper = functions.get(name)
            if helper not in (None, definition, *found) and not helper.decorator_list:
                found.append(helper)
                waiting.append(helper)
    return found


def attempt_variants(answer, sources, calls, protocol, parts):
    """Try what each source defines, in the place of `answer`, on each call; return a list of outcomes for each."""
    members = vars(answer).values() if isinstance(answer, type) else [answer]
    functions = [each for each in members if isinstance(each, types.FunctionType)]
    not_tried = [Outcome(problem=Problem("unreadable"))] * len(calls)
    outcomes, end = [], time.process_time() + SECONDS_FOR_VARIANTS
    with contextlib.suppress(TimeoutError), interrupted_after(SECONDS_FOR_VARIANTS):
        for source in sources:
            if time.process_time() > end:
                break
            namespace = apart(functions)
            try:
                exec(compile(source, "<variant>", "exec"), namespace)  # noqa: S102  the learner's code, with one change
            except Exception:
                outcomes.append(not_tried)
                continue
            variant = namespace[answer.__name__]
            outcomes.append([attempt(variant, *call, protocol=protocol, parts=parts) for call in calls])
    return outcomes + [not_tried] * (len(sources) - len(outcomes))


def apart(functions):
    """Return the globals of functions of one cell, with copies of the containers that their code names.

    So a changed function does not write to the learner's own lists. Helpers of the same cell get these globals too.
    """
    shared = functions[0].__globals__
    namespace, waiting, memo = dict(shared), [function.__code__ for function in functions], {}
    while waiting:
        named = {name for code in codes(waiting.pop()) for name in code.co_names}
        for name in (name for name in named & shared.keys() if namespace[name] is shared[name]):
            thing = shared[name]
            if isinstance(thing, list | dict | set | bytearray | np.ndarray | collections.deque):
                with contextlib.suppress(Exception):  # an object that cannot be copied is shared
                    namespace[name] = copy.deepcopy(thing, memo)
            elif isinstance(thing, types.FunctionType) and thing.__globals__ is shared:
                namespace[name] = with_globals(thing, namespace)
                waiting.append(thing.__code__)
    return namespace


def with_globals(function, namespace):
    """Return a copy of a function that uses other globals."""
    made = types.FunctionType(
        function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


@contextlib.contextmanager
def interrupted_after(seconds):
    """Raise TimeoutError in the block after so much processor time: a change may turn a loop into an endless one.

    Only the main thread can be interrupted, and not on Windows.
    """

    def stop(number, frame):
        raise TimeoutError

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier or signal.SIG_DFL)


def words_of(error):
    """Describe an error as Python does, such as `ValueError: ...`, without its module and its line."""
    lines = traceback.format_exception_only(error)  # also works if __str__ is broken
    said = next((line for line in lines if not line.startswith(" ")), lines[0])  # a SyntaxError begins with its line
    said = re.sub(r"\. Did you mean: '[^']*'\?$", "", said.strip())  # Python 3.12 guesses; `near_name` does it for all
    return said.removeprefix(f"{type(error).__module__}.")


def called(function, positional, options):
    """A single call."""
    return function(*positional, **options)


def stepped(step, positional, options):
    """An optimizer's step for each gradient; all positions that it goes through. A tuple has an option of each step."""
    w, gradients = positional
    state, path = {}, []
    for number, g in enumerate(gradients):
        of_step = {name: option[number] if isinstance(option, tuple) else option for name, option in options.items()}
        returned = step(w, g, state, **of_step)
        if returned is None:
            raise UnusableError("returns nothing")
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise UnusableError("returns no state", returned, kind=kind_of(returned))
        w, state = returned
        (position,) = as_arrays(w, 1)
        path.append(position)
    return np.array(path)


def used(cls, positional, options):
    """An object, made without arguments, and the calls on its methods; the numbers that `result` returns.

    A call such as "another.update_state" is one on a second object, which is made for it.
    """
    (calls,) = positional
    objects, results = {"": cls(**options)}, []
    for call, *arguments in calls:
        owner, _, method = call.rpartition(".")
        if owner not in objects:
            objects[owner] = cls(**options)
        returned = getattr(objects[owner], method)(*arguments)
        results += [returned] if method == RESULT else []
    return np.array([as_arrays(value, 1)[0] for value in results], float)


def on_tensors(function, positional, options):
    """A call with tensors of the stand-in for Keras; of a last argument "slope", the slope in the one before it."""
    from lossedu.keras_or_stand_in import slope, tensor  # here, because few exercises need it

    wanted = positional.pop() if isinstance(positional[-1], str) else None
    tensors = [tensor(argument, is_symbolic=True) for argument in positional]
    returned = function(*tensors, **options)
    as_arrays(without_tape(returned), 1)
    return slope(returned, tensors[-1]) if wanted == SLOPE else without_tape(returned)


def as_loss(cls, positional, options):
    """What an object of a subclass of Keras's `Loss`, made with these settings, gives for tensors of the stand-in."""
    from lossedu.keras_or_stand_in import slope, tensor

    y_true, y_pred, sample_weight, settings, wanted = positional
    made = cls(**settings)
    if wanted == RESTORED:
        before, made = made, cls.from_config(json.loads(json.dumps(made.get_config())))
        name, restored = (getattr(each, "name", None) for each in (before, made))
        if restored != name:
            raise UnusableError("returns another name", made=str(name), restored=str(restored))
    y_true, y_pred = tensor(y_true, is_symbolic=True), tensor(y_pred, is_symbolic=True)
    if wanted == PER_SAMPLE:
        return without_tape(made.call(y_true, y_pred))
    returned = made(y_true, y_pred, sample_weight=sample_weight)
    as_arrays(without_tape(returned), 1)
    return slope(returned, y_pred) if wanted == SLOPE else without_tape(returned)


def without_tape(returned):
    """The array in a tensor, of the stand-in or of TensorFlow; anything else as it is."""
    from lossedu.keras_or_stand_in import Tensor, array_of

    if isinstance(returned, Tensor):
        return array_of(returned)
    return returned.numpy() if type(returned).__name__ == "EagerTensor" else returned


PROTOCOLS = {"call": called, "steps": stepped, "methods": used, "tensors": on_tensors, "loss class": as_loss}


def as_arrays(returned, parts):
    """What was returned as arrays of numbers, `parts` of them; True and False count as 1 and 0."""
    if returned is None:
        raise UnusableError("returns nothing")
    if parts > 1:
        if isinstance(returned, np.ndarray) and returned.shape == (parts,):  # numbers, which unpack like a tuple
            returned = tuple(returned)
        if not isinstance(returned, tuple) or len(returned) != parts:
            raise UnusableError("returns no tuple", returned, kind=kind_of(returned), parts=parts)
        return [as_arrays(part, 1)[0] for part in returned]
    if not isinstance(returned, int | float | np.ndarray | np.generic):
        raise UnusableError("returns no number", returned, kind=kind_of(returned))
    array = np.array(returned)  # a copy: the next call may write to the same memory
    if array.dtype.kind == "b":
        return [array.astype(float)]
    if array.dtype.kind not in "iuf":
        raise UnusableError("returns no real numbers", dtype=str(array.dtype))
    return [array]


def kind_of(thing):
    """`list`, `EagerTensor`: what kind of thing it is."""
    return str(type(thing).__name__)


def copied(argument):
    """Copies all through lists; an array without axes becomes a number, which cannot be changed in place."""
    if isinstance(argument, list | tuple):
        return type(argument)(copied(part) for part in argument)
    return np.array(argument)[()] if isinstance(argument, np.ndarray) else argument


def alike(before, after):
    """Whether an argument is still what it was."""
    if isinstance(before, list | tuple):
        return all(map(alike, before, after))
    return np.array_equal(before, after, equal_nan=True) if isinstance(before, np.ndarray) else True


@contextlib.contextmanager
def quiet():
    """No output, no warnings: while an answer is tried many times over, they would drown the verdict."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def own_frames(error, answer):
    """The frames of the learner's own code that were running, with their lines; the innermost comes last."""
    methods = vars(answer).values() if isinstance(answer, type) else [answer]
    own_files = {code.co_filename for method in methods if (code := getattr(method, "__code__", None))}
    return [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename in own_files or CELL.search(frame.f_code.co_filename)
    ]


def unwritten(error, answer):
    """The problem of a stub, or of an answer that calls another stub."""
    codes_of_answer = [getattr(answer, "__code__", None)]
    if isinstance(answer, type):
        codes_of_answer = [getattr(method, "__code__", None) for method in vars(answer).values()]
    frames = own_frames(error, answer)
    if frames and (stub := frames[-1][0].f_code) not in codes_of_answer:
        return Problem("calls a stub", name=stub.co_name)
    return Problem("unwritten")


def clues_to(error, answer):
    """The last line of the learner's own code that was running, and the name that may have been meant."""
    frames = own_frames(error, answer)
    if not frames:
        return {}
    frame, line = frames[-1]
    clues = {"line": line, "code": linecache.getline(frame.f_code.co_filename, line).strip()}
    with contextlib.suppress(Exception):  # the objects of a submission may raise anything
        near = near_name(error, frame)
        clues |= {"near": near} if near else {}
    return clues


def near_name(error, frame):
    """The name that was probably meant where one is unknown, such as `np.exp` for `exp`; None if there is none."""
    name = getattr(error, "name", None)
    keyword = re.search(r"keyword argument '(\w+)'|'(\w+)' is an invalid keyword", str(error))
    if isinstance(error, NameError) and isinstance(name, str):
        scope = {**vars(builtins), **frame.f_globals, **frame.f_locals}
        if hasattr(np, name):
            return f"np.{name}"
        return closest(name, [each for each in scope if not each.startswith("_")])
    if isinstance(error, AttributeError) and isinstance(name, str):
        if isinstance(error.obj, np.ndarray | np.generic | list | tuple | int | float) and hasattr(np, name):
            return f"np.{name}"
        near = closest(name, [each for each in dir(error.obj) if not each.startswith("_")])
        return f"np.{near}" if near and error.obj is np else near
    return closest(keyword[1] or keyword[2], KEYWORDS) if keyword else None


def closest(name, names):
    """The name among `names` that is spelled most like `name`, in upper or lower case; None if none is near."""
    by_lower = {each.lower(): each for each in names if each != name}
    found = get_close_matches(name.lower(), by_lower, 1, 0.7)
    return by_lower[found[0]] if found else None


# --- Answers that are not functions ---------------------------------------------------------------------------------


def describe(answer):
    """Read a value in all the ways an exercise may ask for, as plain data; a reading that fails is None."""
    described = {"missing": answer is None or answer is Ellipsis, "kind": kind_of(answer)}
    for reading, read in READINGS.items():
        try:
            with quiet():
                described[reading] = read(answer)
        except KeyboardInterrupt:
            raise
        except BaseException:  # an unknown object may raise anything when it is read
            described[reading] = None
    return described


def as_number(answer):
    """A number of any type, also as an array of one; neither a text nor a truth value is one.

    An integer stays one, so that messages show it as it was typed.
    """
    if is_truth_value(answer):
        raise TypeError
    if isinstance(answer, np.ndarray) and answer.size == 1:
        answer = answer.item()
    number = float(answer + 0)  # a text such as "0.25" is not a number: adding 0 to it fails
    return int(answer) if isinstance(answer, int | np.integer) and int(number) == answer else number


def is_truth_value(answer):
    """Whether an answer is True or False, of Python, NumPy or SymPy."""
    if isinstance(answer, np.ndarray | np.generic):
        return answer.dtype.kind == "b"
    return isinstance(answer, bool) or getattr(answer, "is_Boolean", False) is True


def as_expression(answer):
    """A SymPy expression, or a number, as SymPy's own unambiguous text."""
    if is_truth_value(answer):
        raise TypeError
    if isinstance(answer, int | float | np.generic):
        return repr(float(answer))
    if isinstance(answer, list | tuple | set | dict) or getattr(answer, "ndim", 0):  # SymPy would convert every entry
        raise TypeError
    sympy = sys.modules["sympy"]  # without it there are no expressions
    return sympy.srepr(worked_out(sympy.sympify(answer, strict=True), sympy))


def worked_out(expression, sympy):
    """An expression whose derivatives, integrals, sums and limits are worked out, if SymPy can do it in little time."""
    pending = expression.atoms(sympy.Derivative, sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit, sympy.Subs)
    if not pending or expression.count_ops() > MOST_OPERATIONS:
        return expression
    sums = [each for each in pending if isinstance(each, sympy.Sum | sympy.Product)]
    steps = [high - low for each in sums for _, low, high in each.limits]
    if any(step.is_number and step.is_finite and step > MOST_TERMS for step in steps):
        return expression
    real = {
        symbol: sympy.Symbol(symbol.name, real=True) for symbol in expression.free_symbols if symbol.is_real is None
    }
    return expression.subs(real).doit()  # of a complex x, SymPy leaves the derivative of abs(x) as it is


def as_array(answer):
    """An array of numbers; NumPy by itself would also read texts such as "0.5"."""
    read = np.asarray(answer)
    if read.dtype.kind in "USO" and any(isinstance(entry, str | bytes) for entry in read.ravel()):
        raise TypeError
    return np.asarray(answer, float)


def as_separate_arrays(answer):
    """Arrays, one for each part of a tuple or list, for an answer that consists of several."""
    return [as_array(part) for part in itertools.islice(answer, MOST_PARTS)]


READINGS = {
    "text": lambda answer: f"{answer!r:.60}",
    "number": as_number,
    "expression": as_expression,
    "array": as_array,
    "arrays": as_separate_arrays,
}


# --- Work handed to others ------------------------------------------------------------------------------------------


def delegates(answer, ready_made=()):
    """The ready-made functions and frameworks that an answer reaches: in its code, its helpers and what it is made of.

    What is only named while it runs, as in `eval` and in names put together from parts, cannot be found here.
    """
    ready = {id(thing): name for name in ready_made if (thing := loaded(name)) is not None}
    found, seen, waiting = set(), {}, [answer]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, PLAIN):
            continue
        seen[id(thing)] = thing  # kept, so that nothing new gets its identity
        name = ready.get(id(thing)) or foreign_name(thing, ready_made)
        if name:
            found.add(name)
        else:
            waiting += parts_of(thing)
    return sorted(found)


def look_through(answer, ready_made):
    """What `delegates` finds, and None; nothing and the reason in words if that fails."""
    try:
        return delegates(answer, ready_made), None
    except Exception as error:  # the objects of a submission may raise anything
        return [], words_of(error)


def loaded(dotted):
    """The object of that dotted name, if its module has been imported."""
    module, _, name = dotted.rpartition(".")
    return vars(sys.modules[module]).get(name) if module in sys.modules else None  # getattr would import lazy ones


def foreign_name(thing, ready_made=()):
    """The dotted name of something ready-made, or that belongs to a framework or lossedu's own reference; else None."""
    is_module = isinstance(thing, types.ModuleType)
    name = thing.__name__ if is_module else getattr(thing, "__module__", None)
    if is_module and name in ready_made:  # a stand-in
        return name
    if not isinstance(name, str) or not (name.split(".")[0] in FOREIGN or name.startswith(OWN)):
        return None
    return name if is_module else f"{name}.{getattr(thing, '__name__', type(thing).__name__)}"


def parts_of(thing):
    """What a thing is made of, and what its code reaches if it is the learner's own."""
    if isinstance(thing, types.ModuleType):
        return []  # of a module, only what some code asks it for
    if isinstance(thing, dict):
        return list(dict.values(thing))
    for kind in (list, tuple, set, frozenset):
        if isinstance(thing, kind):
            return list(kind.__iter__(thing))  # pyright: ignore[reportArgumentType]  `thing` is of this kind
    if isinstance(thing, types.FunctionType) and thing.__code__.co_filename.startswith(OURS):
        return []  # such as those of `lossedu.mine`, which exercises build on
    if isinstance(thing, types.FunctionType):
        kept = [*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values(), *vars(thing).values()]
        reached = reached_by(thing) if is_own_file(thing.__code__.co_filename) else ()
        return [*kept, *cells_of(thing), *reached]
    if isinstance(thing, type):
        bases = vars(thing).get("__orig_bases__", thing.__bases__)
        return [*vars(thing).values(), *bases] if is_own_class(thing) else []
    if isinstance(thing, np.ufunc):
        return gc_referents(thing)  # the Python function in it, if there is one
    if is_own_class(type(thing)):
        return [type(thing), *attributes_of(thing), *slots_of(thing)]
    held = [getattr(thing, name, None) for name in WRAPPED]
    return held + attributes_of(thing) if callable(thing) or any(each is not None for each in held) else []


def attributes_of(thing):
    """What an object has in its `__dict__`, without asking the object."""
    try:
        return list(object.__getattribute__(thing, "__dict__").values())
    except AttributeError:
        return []


def cells_of(function):
    """What the closure of a function holds."""
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # not filled yet
            yield cell.cell_contents


def slots_of(thing):
    """What an object keeps in slots."""
    for kind in type(thing).__mro__:
        for slot in vars(kind).values():
            if isinstance(slot, types.MemberDescriptorType):
                with contextlib.suppress(AttributeError):  # nothing yet
                    yield slot.__get__(thing)


def is_own_file(file):
    """Whether code from this file is the learner's: it comes from a cell, from text, or from a file of theirs."""
    return not (file.startswith((LIBRARY, OURS, "<frozen ")) or PACKAGES.search(file))


def is_own_class(cls):
    """Whether a class is the learner's."""
    if not cls.__flags__ & MADE_IN_PYTHON:
        return False
    module = sys.modules.get(cls.__module__) if cls.__module__ not in ("__main__", "builtins") else None
    return is_own_file(getattr(module, "__file__", None) or "")


def reached_by(function):
    """What the code of a function can reach: by global name, attribute or import."""
    for code in codes(function.__code__):
        names, (of_globals, imported_names) = set(code.co_names), asked_for(code)
        if names & BY_TEXT:  # that are names in quotes
            texts = [text for text in code.co_consts if isinstance(text, str)]
            in_quotes = set(texts).union(*(text.split(".") for text in texts))
            names, of_globals = names | in_quotes, of_globals | in_quotes
        imported = [sys.modules.get(name) or loaded(name) or types.ModuleType(name) for name in imported_names]
        if names & BY_TEXT:
            imported += [sys.modules[name] for name in names & set(sys.modules)]
        things = imported + [function.__globals__[name] for name in of_globals if name in function.__globals__]
        yield from things
        modules = [thing for thing in things if isinstance(thing, types.ModuleType)]
        for module in modules:  # grows: submodules are looked into as well
            attributes = [vars(module)[name] for name in names if name in vars(module)]
            yield from attributes
            modules += [a for a in attributes if isinstance(a, types.ModuleType) and a not in modules]


def codes(code):
    """A code object and all that are nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def asked_for(code):
    """The names that code looks up as such, like `get` in `get(x)` but not in `state.get(x)`, and what it imports.

    What is found is kept, because one answer is looked through several times.
    """
    if id(code) not in LOOKED_THROUGH:
        instructions = list(get_instructions(code))
        names = {each.argval for each in instructions if each.opname in GLOBAL_LOOKUPS}
        LOOKED_THROUGH[id(code)] = code, names, list(imports(instructions))  # with the code, which keeps its identity
    return LOOKED_THROUGH[id(code)][1:]


def imports(instructions):
    """The modules that code imports when it runs, also spelled `from module import name`."""
    module = None
    for instruction in instructions:
        if instruction.opname == "IMPORT_NAME":
            module = instruction.argval
            yield module
        elif instruction.opname == "IMPORT_FROM" and module:
            yield f"{module}.{instruction.argval}"


# --- Over the wire --------------------------------------------------------------------------------------------------


TUPLE = "tuple"


def listed(value):
    """Return a list as it is; ValueError for anything else."""
    if not isinstance(value, list):
        raise ValueError(f"expected a list, got {value!r:.20}")
    return value


def encode(value):
    """Convert plain data, arrays and NumPy's numbers to what JSON can hold."""
    if isinstance(value, np.ndarray | np.generic):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        shape = None if isinstance(value, np.generic) else list(value.shape)
        return {"dtype": value.dtype.str, "shape": shape, "data": data}
    if isinstance(value, tuple):
        return {TUPLE: [encode(part) for part in value]}
    if isinstance(value, list):
        return [encode(part) for part in value]
    return {name: encode(part) for name, part in value.items()} if isinstance(value, dict) else value


def decode(value):
    """What `encode` was given; ValueError if it makes no sense."""
    if isinstance(value, list):
        return [decode(part) for part in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {TUPLE}:  # several axes: NumPy takes no list for them
        return tuple(decode(part) for part in listed(value[TUPLE]))
    if set(value) != {"dtype", "shape", "data"}:
        return {name: decode(part) for name, part in value.items()}
    if not re.fullmatch(r"[<>|=][biuf]\d+", str(value["dtype"])):
        raise ValueError(f"dtype must be that of real numbers, got {value['dtype']!r:.20}")
    array = np.frombuffer(base64.b64decode(value["data"]), value["dtype"])
    return array.reshape(())[()] if value["shape"] is None else array.reshape(value["shape"])


def as_data(outcome):
    """An `Outcome` as plain data: values, the code and the fields of the problem, and clues."""
    problem = outcome.problem and [outcome.problem.code, outcome.problem.fields]
    return [list(outcome.values), problem, outcome.clues]


def serve(namespace, text):
    """Answer one request, a JSON text, about the names in a kernel, as a JSON text in Base64."""
    request: dict = decode(json.loads(text))  # pyright: ignore[reportAssignmentType]  a request is an object
    answer = namespace.get(request["name"])
    reply = {"defined": request["name"] in namespace, "delegates": [], "attempts": []}
    if "source" in request:
        reply["source"] = source_of(answer)
    elif "variants" in request:
        tried = attempt_variants(answer, request["variants"], request["calls"], request["protocol"], request["parts"])
        reply["variants"] = [[as_data(outcome) for outcome in of_variant] for of_variant in tried]
    elif "calls" not in request:
        reply["described"] = describe(answer)
    else:
        sys.audit("lossedu.used", [])  # nothing that other cells have used
        protocol, parts = request["protocol"], request["parts"]
        outcomes = [attempt(answer, *call, protocol=protocol, parts=parts) for call in request["calls"]]
        reply["outcomes"] = [as_data(outcome) for outcome in outcomes]
        sys.audit("lossedu.used", reply["delegates"])  # the guard adds what the answer has called
        found, reply["unclear"] = look_through(answer, request["ready_made"])
        reply["delegates"] += [name for name in found if name not in reply["delegates"]]
    sys.audit("lossedu.attempts", reply["attempts"])  # the guard of a grading kernel adds what it refused
    return base64.b64encode(json.dumps(encode(reply)).encode("ascii")).decode("ascii")
