"""What a teacher says to an error of Python or NumPy: one sentence or two, beside Python's own words.

Each `Advice` is recognised by the error, "TypeError: ...", and where that is not enough by the line of code or another
clue. The first that fits is given. Names that stand in both the error and the sentence fill it in.
"""

import inspect
import re
from dataclasses import dataclass

from lossedu.language import say

SYMPY = "Symbol|Dummy|Add|Mul|Pow|Integer|Float|Rational|Half|log|exp|Abs|Piecewise|Max|Min|Heaviside"
UNCALLED = r"(?:\w+\.)*(?:builtin_function_or_method|method|method_descriptor|function|_ArrayFunctionDispatcher|ufunc)"
LAZY = "generator|map|zip|filter|range"
PAIR = r"unsupported operand type\(s\) for [^:]+: "
SHAPE = r"\((?P<{}>[\d,]*)\)"
BUILT_IN_MAX = r"(?<![\w.])(?P<builtin>max|min)\("
UNCLEAR = "^ValueError: The truth value of an array"
BOTH_TYPES = r"'{0}' and '[^']*'|'[^']*' and '{0}'"
NO_SHAPE_CONVERSION = "only (?:length-1|0-dimensional|size-1) arrays can be converted"
CARET = "In Python ^ is not a power: write x ** 2."
AXIS_SECOND = (
    "The second argument of np.{function} is an axis. np.maximum and np.minimum compare two arrays entry by entry, and "
    "+ adds them."
)


@dataclass(frozen=True)
class Advice:
    """A sentence, and how the error is recognised that it belongs to.

    Attributes:
        error: a pattern that is searched in the error as Python prints it.
        sentence: what a teacher says; its fields are named groups of the patterns, clues, and the `call` of the check.
        code: a pattern that is searched in the line that was running.
        needs: clues that must be there.
        at_the_door: the call itself failed, before any line of the answer ran.
        of_inputs: the sentence speaks of inputs, so it is for functions that the check tries, not for other cells.
    """

    error: str
    sentence: str
    code: str = ""
    needs: tuple[str, ...] = ()
    at_the_door: bool = False
    of_inputs: bool = False

    def fields(self, error, clues, is_tried):
        """Return the fields of the sentence if this advice fits; else None."""
        if self.of_inputs and not is_tried:
            return None
        found = re.search(self.error, error)
        if not found or any(name not in clues for name in self.needs) or (self.at_the_door and "line" in clues):
            return None
        in_code = re.search(self.code, clues.get("code", ""))
        if not in_code:
            return None
        return {**clues, **found.groupdict(), **in_code.groupdict()}


ERRORS = [
    # shapes
    Advice(
        r"broadcast together with shapes " + SHAPE.format("left") + " " + SHAPE.format("right"),
        "{reduction} removed an axis, so shapes ({left}) and ({right}) do not fit. With keepdims=True the axis stays, "
        "with length 1.",
        code=r"[-+*/]\s*(?:\w+\.)*(?P<reduction>max|min|sum|mean|std|var|norm)\((?!.*keepdims)",
    ),
    Advice(
        r"broadcast together with shapes " + SHAPE.format("left") + " " + SHAPE.format("right"),
        "These shapes differ by one axis, and NumPy compares shapes from the last axis. If max, sum or mean removed "
        "it, write keepdims=True there: the axis then stays, with length 1.",
        code=r"^(?!.*\barg(?:max|min|sort)\()",
    ),
    Advice(
        "could not be broadcast",
        "NumPy compares two shapes from the last axis: both lengths must be equal, or one of them 1.",
    ),
    Advice(
        "non-broadcastable output",
        "The result has more axes than the array on the left of the assignment. Write x = x + y, not x += y.",
    ),
    Advice(
        r"mismatch in its core dimension|not aligned",
        "@ and dot multiply matrices, which need equal inner lengths. The elementwise product is *.",
    ),
    Advice(
        "inhomogeneous shape",
        "An array needs rows of one length, and these parts have different shapes.",
    ),
    Advice(
        "setting an array element with a sequence",
        "One entry of an array holds one number, and here it gets a whole array: check how many axes the loop covers.",
    ),
    Advice(
        "is out of bounds for array of dimension",
        AXIS_SECOND,
        code=r"np\.(?P<function>max|min|amax|amin)\(.*, ?0\b",
    ),
    Advice(
        r"axis (?P<axis>\d+) is out of bounds for array of dimension (?P<axes>\d+)",
        "The array is {axes}-dimensional here, and axes are counted from 0, so there is no axis {axis}. Count from the "
        "end: axis=-1 is the last axis of any array.",
    ),
    Advice(
        r"axis (?P<axis>-\d+) is out of bounds for array of dimension (?P<axes>\d+)",
        "The array is {axes}-dimensional here, so there is no axis {axis}. Was it reduced before, or is the input a "
        "single sample?",
        of_inputs=True,
    ),
    Advice(
        r"too many indices for array: array is (?P<axes>\d+)-dimensional, but (?P<indices>\d+)",
        "The array is {axes}-dimensional here, but the code needs {indices} axes. Formulas on whole arrays with "
        "axis=-1 fit any number of axes, unlike x[i, j].",
    ),
    Advice(
        "tuple index out of range|values to unpack|cannot unpack non-iterable",
        "The code expects a fixed number of axes, but inputs may have fewer or more. Formulas on whole arrays with "
        "axis=-1 fit all of them; shape[-1] is the length of the last axis.",
        code="shape",
        of_inputs=True,
    ),
    Advice(
        r"cannot reshape array of size (?P<size>\d+)",
        "A new shape must have as many entries as the array, here {size}. Are sizes fixed that differ from input to "
        "input?",
        of_inputs=True,
    ),
    Advice(
        "zero-size array to reduction|truth value of an empty array|arg(?:max|min) of an empty",
        "This array has no entries: does a condition select nothing?",
    ),
    Advice(
        r"index (?P<index>\d+) is out of bounds for axis \d+ with size (?P<size>\d+)",
        "This axis has length {size}, and indices are counted from 0, so there is no index {index}. Is it the right "
        "axis, and can a label lie outside the classes?",
    ),
    Advice(
        r"index (?P<index>-\d+) is out of bounds for axis \d+ with size (?P<size>\d+)",
        "This axis has length {size}, so there is no index {index}. Can there be fewer entries than the code needs?",
    ),
    Advice("^IndexError: list index out of range", "The list is shorter than that. Its indices are counted from 0."),
    Advice("boolean index did not match", "A mask must have the shape of the array that it selects from."),
    Advice("must have (?:the )?same (?:shape|number of dimensions)", "NumPy joins arrays only if their shapes fit."),
    # truth values
    Advice(
        UNCLEAR,
        "Python's {builtin} compares whole arrays. np.{builtin}imum compares entry by entry; np.{builtin}(x, axis=-1) "
        "is the extreme of an axis.",
        code=BUILT_IN_MAX,
    ),
    Advice(
        UNCLEAR,
        "An array has no single truth value. If this asks whether {option} was given, write `{option} is not None`.",
        code=r"\bif (?:not )?(?P<option>\w+)\s*(?::|else\b|$)",
    ),
    Advice(
        UNCLEAR,
        "`and`, `or`, `not` and chains such as 0 < x < 1 need one truth value. For arrays write (0 < x) & (x < 1), | "
        "for or, ~ for not.",
        code=r"\b(?:and|or|not)\b|[<>]=?[^<>=&|()]+[<>]",
    ),
    Advice(
        UNCLEAR,
        "A condition on an array has one answer per entry, and Python needs a single one here. To choose entry by "
        "entry, write np.where(condition, value_if_true, value_if_false).",
    ),
    Advice(
        "cannot determine truth value of Relational",
        "This condition depends on the value of the symbol. In SymPy write sympy.Max, sympy.Min or sympy.Piecewise.",
    ),
    # operators
    Advice(
        r"for \^=?: |'bitwise_xor'",
        CARET,
    ),
    Advice("^ZeroDivisionError: ", CARET, code=r"\w\s*\^\s*\d"),  # whole numbers take a ^
    Advice(
        "'bitwise_(?:and|or)'",
        "Python evaluates & and | before comparisons. Put each comparison in brackets: (a > 0) & (b > 0).",
    ),
    Advice("'invert'", "~ is for True and False. For labels 0 and 1 write 1 - y."),
    Advice(
        "numpy boolean (?:subtract|negative)",
        "True and False cannot be subtracted. Make numbers of them first: (x > 0).astype(float).",
    ),
    Advice(
        rf"{PAIR}(?:{BOTH_TYPES.format(UNCALLED)})|'{UNCALLED}' and '|and '{UNCALLED}'$"
        rf"|'{UNCALLED}' object is not subscriptable",
        "Here is a function that is not called. Round brackets call it, as in x.mean() or np.sum(x).",
    ),
    Advice(
        rf"{PAIR}(?:{BOTH_TYPES.format('NoneType')})|'NoneType' (?:and|object)|and 'NoneType'|type NoneType",
        "A value here is None: a function without `return` gives None, and so does an option that was left out.",
    ),
    Advice(
        rf"{PAIR}(?:{BOTH_TYPES.format(f'(?:{LAZY})')})|'(?:{LAZY})' object is not sub|of type (?:{LAZY}) ",
        "This is not a list of numbers yet: np.array([... for x in values]) makes an array of it.",
    ),
    Advice(
        rf"{PAIR}(?:{BOTH_TYPES.format('(?:list|tuple)')})|can't multiply sequence|can only concatenate (?:list|tuple)"
        "|unary [-+~]: '(?:list|tuple)'|'(?:list|tuple)' and|and '(?:list|tuple)'$",
        "Lists and tuples have no arithmetic: make an array of them first, with np.array(...).",
    ),
    Advice(
        "(?:list|tuple) indices must be integers or slices, not tuple",
        "A list takes one index: make an array of it first, with np.array(...), which takes one per axis.",
    ),
    Advice(
        rf"{PAIR}(?:{BOTH_TYPES.format('dict')})|'dict' object has no",
        "A dict has no arithmetic: take one value out of it, as in state['m'].",
    ),
    Advice(
        rf"{PAIR}(?:{BOTH_TYPES.format('str')})|can only concatenate str|'str' and|and 'str'$",
        "A string is used where a number is needed. Are there quotes around the number?",
    ),
    # SymPy
    Advice(
        rf"argument 0 of type (?:{SYMPY}) which has no callable (?P<function>\w+)",
        "NumPy computes with numbers and does not know symbols. In a derivation write sympy.{function}.",
    ),
    Advice(
        "Cannot convert expression to float",
        "The module math computes with numbers and does not know symbols. In a derivation write sympy.{function}.",
        code=r"\bmath\.(?P<function>exp|log|sqrt|sin|cos|tan|tanh|cosh|sinh)\(",
    ),
    Advice(
        "Cannot convert expression to float",
        "math and NumPy compute with numbers and do not know symbols. Use SymPy's own function, such as sympy.log.",
    ),
    Advice(
        "which has no callable",
        "This array holds other things than numbers (dtype object). Were its parts of different shapes?",
    ),
    # one number for an array, an array for one number
    Advice(
        NO_SHAPE_CONVERSION,
        "The module math takes one number at a time. NumPy's function of the same kind, np.{function}, takes a whole "
        "array.",
        code=r"\bmath\.(?P<function>exp|log|log2|log10|log1p|expm1|sqrt|sin|cos|tan|tanh|floor|ceil|isnan|isinf)\(",
    ),
    Advice(
        NO_SHAPE_CONVERSION,
        "float(), int() and the functions of math take one number. For a whole array use NumPy's functions, and "
        "x.astype(int) or x.astype(float).",
    ),
    *(
        Advice(
            "only integer scalar arrays can be converted|'float' object cannot be interpreted",
            AXIS_SECOND,
            code=rf"np\.(?P<function>{functions})\(.*,",
        )
        for functions in ("max|min|amax|amin", "sum|mean|prod")  # the likelier ones first
    ),
    Advice(
        "only integer scalar arrays can be converted",
        "This needs one whole number and gets an array. An array is no index of a list: use np.array(...)[index].",
    ),
    Advice(
        r"'(?:numpy\.)?(?:float|int|float64|float32|int64|bool)' object is not iterable|iteration over a 0-d array"
        r"|has no len\(\)|invalid index to scalar|is not subscriptable|does not support item assignment",
        "This value is a single number and has no entries. An input may be a single sample; formulas on whole arrays "
        "with axis=-1 work for both.",
        of_inputs=True,
    ),
    Advice(
        "object cannot be interpreted as an integer|expected a sequence of integers|integer argument expected"
        "|slice indices must be integers|list indices must be integers or slices, not float",
        "A count, an axis or an index must be a whole number: use // for division, or int(...).",
    ),
    Advice(
        r"only integers, slices|arrays used as indices must be of integer",
        "Indices must be integers or truth values, and these are floats: labels.astype(int) gives integers, "
        "mask == 1 truth values.",
    ),
    # calls
    Advice(
        r"unexpected keyword argument|missing \d+ required|takes (?:from )?\d+ .*positional|takes no arguments",
        "The check calls {call}. Keep the arguments of the stub, with their names and defaults.",
        needs=("call",),
        at_the_door=True,
    ),
    Advice(
        r"unexpected keyword argument '(?P<unknown>\w+)'|'(?P<invalid>\w+)' is an invalid keyword",
        "Python's own {builtin} has no such argument: write np.{builtin}(x, axis=-1).",
        code=r"(?<![\w.])(?P<builtin>sum|max|min)\(",
    ),
    Advice("unexpected keyword|invalid keyword", "Did you mean {near}?", needs=("near",)),
    Advice(
        r"missing \d+ required|takes (?:from )?\d+ .*positional",
        "This function is called with too few or too many arguments: compare the call with its definition.",
        needs=("line",),
    ),
    Advice(
        r"^TypeError: .*unexpected keyword argument '(?:axis|keepdims)'",
        "This function works entry by entry and has no axis. Functions that reduce an axis are sum, mean, max and min.",
    ),
    Advice(
        "return arrays must be of ArrayType",
        "The logarithm has no argument for its base: use np.log2 or np.log10, or divide by np.log(base).",
        code=r"np\.log\w*\((?!.*\bout\b)",
    ),
    Advice(
        "return arrays must be of ArrayType",
        "The call has too many arguments: NumPy takes the last one for the array that gets the result.",
    ),
    Advice(
        "Cannot interpret '.*' as a data type",
        "Several numbers for a shape or for axes go into one tuple: np.zeros((3, 4)), x.sum(axis=(1, 2)).",
    ),
    Advice(
        "either both or neither of x and y",
        "np.where takes three arguments: the condition, the value where it holds, and the value where it does not.",
    ),
    Advice(r"'numpy\.ndarray' object is not callable", "Round brackets call a function. An index takes square ones."),
    Advice(
        r"'(?:numpy\.)?(?:float|int|float64|float32|int64|tuple|list)' object is not callable",
        "Only functions are called. Is a * missing in front of the bracket, or does a variable have a function's name?",
    ),
    Advice("'module' object is not callable", "A module is not a function: call a function in it, as in math.exp(x)."),
    # names
    Advice("^NameError: name 'np' is not", "Run the cell at the top of the chapter, which imports NumPy as np."),
    Advice(
        "^NameError: (?!.*(?:local|free) variable)",
        "Did you mean {near}?",
        needs=("near",),
    ),
    Advice(
        "^NameError: (?:name|free)",
        "No cell that has run gives this name a value: check its spelling, or run the cell that defines it.",
    ),
    Advice(
        r"^UnboundLocalError: .*local variable '(?P<name>\w+)'",
        "{name} gets its value in a line of this function that did not run before. Give it a first value at the top.",
    ),
    Advice(
        r"^AttributeError: 'numpy\.(?:ndarray|float64|float32)' object has no attribute '(?P<name>\w+)'",
        "An array has no method {name}. The function {near} takes the array as its argument.",
        needs=("near", "from_numpy"),
    ),
    Advice(
        r"^AttributeError: '(?:list|tuple|float|int|numpy\.float64)' object has no attribute",
        "Only arrays have this. The function {near} also takes numbers and lists.",
        needs=("near", "from_numpy"),
    ),
    Advice(
        "^AttributeError: '(?:list|tuple|float|int)' object has no attribute",
        "Only arrays have this: np.array(...) makes one of a number, a list or a tuple.",
    ),
    Advice(
        "module 'numpy' has no attribute '(?P<name>bool|complex|float|int|long|math|object|str)'",
        "NumPy has no {name} of its own: use Python's.",
    ),
    Advice("^AttributeError: ", "Did you mean {near}?", needs=("near",)),
    Advice(
        r"^AttributeError: .* has no attribute '(?P<name>\w+)'",
        "self.{name} has no value yet: give it a first one in __init__.",
        code=r"\bself\.",
    ),
    Advice(
        "^(?:ModuleNotFoundError|ImportError): ",
        "NumPy is all that an answer needs. Other packages may be missing where it is graded.",
    ),
    # numbers
    Advice(
        "^ZeroDivisionError: ",
        "Python stops at a division by 0. When is the denominator 0, and what should the result be then?",
    ),
    Advice(
        "math domain error|expected a (?:positive|nonnegative) (?:input|number)",
        "The logarithm of 0 and the root of a negative number are not real. When do they occur, and what should the "
        "result be then?",
    ),
    Advice(
        "cannot convert float (?:infinity|NaN)",
        "Infinity and NaN are no whole numbers. Which division or logarithm gives them?",
    ),
    Advice(
        "math range error|Numerical result out of range",
        "The number becomes too large to be stored. Is there an equal form that only takes exp of numbers below 0?",
    ),
    Advice(
        r"Cannot cast ufunc '\w+' output from dtype\('(?P<source>\w+)'\) to dtype\('(?P<target>\w+)'\)",
        "+= and /= cannot store numbers of {source} in an array of {target}. Write x = x + y, or convert with "
        "x.astype(float) first.",
    ),
    Advice(
        "Integers to negative integer powers",
        "NumPy does not raise whole numbers to negative powers. Divide instead, or convert with x.astype(float).",
    ),
    Advice("Cannot cast array data", "Whole numbers are needed here: x.astype(int) converts them."),
    # others
    Advice(
        "^KeyError: ",
        "The state is empty before the first step. state.get(name, 0.0) gives 0 where there is nothing yet.",
        code=r"\bstate\[",
    ),
    Advice("assignment destination is read-only", "This array cannot be changed. Change a copy of it, x.copy()."),
    Advice("^RecursionError: ", "The function calls itself without end: does it use its own name for another one?"),
    Advice("^MemoryError: |Unable to allocate", "The array would not fit in memory. Which two axes were combined?"),
    Advice("unhashable type", "An array cannot be in a set or be a key of a dict: use np.unique or np.isin."),
    Advice("doesn't define __round__", "Use np.round for arrays. An answer must not be rounded at all."),
]

RETURNED = {
    "generator": "Brackets around `... for ...` make a generator, which has not computed anything yet. Write "
    "np.array([... for x in values]), or add up its parts.",
    "list": "Write np.array([...]) to make an array of the list.",
    "tuple": "A comma makes a tuple. Is there one too many after `return`?",
    "dict": "Return the numbers themselves, without names.",
    "set": "Curly brackets make a set, which has no order. An array is made by np.array([...]).",
    "str": "This is a string: return the number without formatting it.",
}
FOR_RETURNED = [
    (
        {"map", "zip", "filter", "range", "list_iterator"},
        "Nothing is computed yet: np.array(list(...)) computes the values.",
    ),
    (
        {"method", "builtin_function_or_method", "_ArrayFunctionDispatcher", "ufunc", "function", "type"},
        "This is the function itself. Brackets call it: {returned}().",
    ),
    ({"function", "method"}, "This is the function itself, without a call."),
    ({"EagerTensor", "Tensor", "KerasTensor", "Variable"}, "Write the formula in NumPy, which returns arrays."),
    (set(SYMPY.split("|")), "SymPy derives formulas. To compute numbers, write the formula with NumPy's functions."),
]
ALL_RESULTS = "Return all results, in this order: {names}."
WEIGHTS_AND_STATE = "A step ends with `return w, state`: the new weights, and what the next step needs to know."
SOMETIMES_NOTHING = "One way through the function ends without `return`: which case has no branch?"
UNSTEADY = (
    "The result must depend on the arguments alone. Does your function keep a value between calls, or draw at random?"
)
FOR_DTYPES = {
    "b": "These are True and False: (...).astype(float) makes numbers of them.",
    "c": "Complex numbers come from roots or logarithms of negative ones.",
    "o": "It holds other things than numbers: parts of different shapes, or None.",
    "<": "It holds strings, not numbers.",
}


def advise(problem, clues, exercise=None, *, always=True):
    """Return what a teacher says to a problem, or None.

    Args:
        problem: a `Problem`.
        clues: the clues of its `Outcome`.
        exercise: the exercise that is checked, whose stub says how the check calls an answer; None for a cell.
        always: the answer has a problem on all inputs.
    """
    if problem.code == "stops":
        return advise_on_error(problem.fields["error"], clues, exercise)
    if problem.code in ("returns no number", "returns no tuple", "returns no state"):
        return advise_on_returned(problem, clues, exercise)
    if problem.code == "returns nothing" and not always:
        return say(SOMETIMES_NOTHING)
    if problem.code == "unsteady":
        return say(UNSTEADY)
    if problem.code == "returns no real numbers":
        return next((say(words) for start, words in FOR_DTYPES.items() if problem.fields["dtype"][:1] == start), None)
    return None


def advise_on_error(error, clues=None, exercise=None):
    """Return what a teacher says to an error as Python prints it, or None.

    >>> advise_on_error("TypeError: 'module' object is not callable")
    'A module is not a function: call a function in it, as in math.exp(x).'
    """
    known = dict(clues or {})
    if known.get("near", "").startswith("np."):
        known["from_numpy"] = "yes"
    if (call := call_of(exercise)) is not None:
        known["call"] = call
    for advice in ERRORS:
        fields = advice.fields(error, known, is_tried=exercise is not None)
        if fields is not None and fits(fields):
            return say(advice.sentence, **{name: value for name, value in fields.items() if value is not None})
    return None


def fits(fields):
    """Whether two shapes differ by one axis, as after a reduction; True where there are no two shapes."""
    if "left" not in fields:
        return True
    left, right = (re.findall(r"\d+", fields[side]) for side in ("left", "right"))
    shorter, longer = sorted([left, right], key=len)
    return any(longer[:axis] + longer[axis + 1 :] == shorter for axis in range(len(longer)))


def advise_on_returned(problem, clues, exercise=None):
    """Return what a teacher says to a returned value that is no number and no array, or None."""
    kind = problem.fields["kind"]
    if problem.code == "returns no number" and kind in RETURNED:
        return say(RETURNED[kind])
    for kinds, words in FOR_RETURNED:
        if kind in kinds and ("{returned}" not in words or "returned" in clues):
            return say(words, returned=clues.get("returned", ""))
    names = getattr(exercise, "returns", ())
    if problem.code == "returns no tuple" and len(names) > 1:
        return say(ALL_RESULTS, names=", ".join(names))
    return say(WEIGHTS_AND_STATE) if problem.code == "returns no state" else None


def call_of(exercise):
    """How the check calls an answer, such as `huber(y_true, y_pred, delta=1.0)`; None if that is not one call."""
    stub = getattr(exercise, "stub", None)
    return f"{exercise.name}{inspect.signature(stub)}" if inspect.isfunction(stub) else None


def advice_texts():
    """All sentences, for translators."""
    yield from (advice.sentence for advice in ERRORS)
    yield from RETURNED.values()
    yield from (words for _, words in FOR_RETURNED)
    yield from FOR_DTYPES.values()
    yield from (ALL_RESULTS, WEIGHTS_AND_STATE, SOMETIMES_NOTHING, UNSTEADY)
