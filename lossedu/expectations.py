"""Check that a library has the parts that lossedu replaces or overrides, and the private names that it uses.

Another version of such a library may have other parts. Then lossedu says so and stops before it grades anything.
Otherwise the effects would look like mistakes of the students.
"""

import importlib
import importlib.metadata
import inspect
import re
from dataclasses import dataclass

EXPECTATION = re.compile(r"(?P<module>[\w.]+):(?P<path>[\w.]+)(?:\((?P<parameters>.*)\))?(?: is (?P<same>[\w.:]+))?")


class UnsupportedError(SystemExit):
    """A library lacks what lossedu expects of it.

    As a `SystemExit` it also ends a program that is reading its configuration: nbgrader logs any `Exception` in
    `nbgrader_config.py`, and would go on to grade without it.

    Attributes:
        problem: what the library lacks.
        advice: what to do about it.
    """

    def __init__(self, problem, advice):
        """Keep the problem and the advice."""
        super().__init__(f"{problem}. {advice}")
        self.problem, self.advice = problem, advice

    def __reduce__(self):
        return type(self), (self.problem, self.advice)


@dataclass(frozen=True)
class Library:
    """A library, and what lossedu expects of it.

    Args:
        name: name of the distribution.
        versions: those that lossedu was made for, as in `pyproject.toml`.
        expectations: what it must have, each as `module:name`, `module:Class.method(its, parameters)`, or
            `module:name is module:name` where two modules must have the same thing.
    """

    name: str
    versions: str
    expectations: tuple[str, ...] = ()

    def check(self):
        """Raise UnsupportedError if the library lacks something; ModuleNotFoundError if it is not installed."""
        importlib.import_module(self.expectations[0].partition(".")[0].partition(":")[0])
        for expectation in self.expectations:
            if problem := problem_with(expectation):
                raise self.unsupported(problem)

    def unsupported(self, problem):
        """Return the error for a problem with this library."""
        version = importlib.metadata.version(self.name)
        return UnsupportedError(
            f"{self.name} {version} is not supported: {problem}",
            f"Install one that is: pip install --force-reinstall --no-deps '{self.name}{self.versions}'",
        )


def problem_with(expectation):
    """Describe how a library fails an expectation; return None if it meets it.

    >>> problem_with("json:JSONDecoder.decode(self, s)")
    'json.JSONDecoder.decode takes (self, s, _w) instead of (self, s)'
    """
    parts = EXPECTATION.fullmatch(expectation)
    assert parts  # noqa: S101  expectations are lossedu's own
    module, path, parameters, same = parts.group("module", "path", "parameters", "same")
    try:
        found = look_up(module, path)
        other = look_up(*same.split(":")) if same else found
    except LookupError as error:
        return str(error)
    if found is not other:
        return f"{module}.{path} is not {same.replace(':', '.')}"
    if parameters is not None:
        wanted, has = [each for each in parameters.split(", ") if each], parameters_of(found)
        if has != wanted:
            return f"{module}.{path} takes ({', '.join(has)}) instead of ({parameters})"
    return None


def look_up(module, path):
    """Return what a module has at a dotted path; LookupError if there is no such thing."""
    try:
        owner = importlib.import_module(module)
    except ImportError as error:
        raise LookupError(f"{module} cannot be imported ({error})") from error
    place = module
    for name in path.split("."):
        try:
            owner, place = getattr(owner, name), f"{place}.{name}"
        except AttributeError:
            raise LookupError(f"{place} has no {name}") from None
    return owner


def parameters_of(function):
    """Return the names of the parameters of a function or of the getter of a property."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [f"{stars.get(each.kind, '')}{each.name}" for each in inspect.signature(function).parameters.values()]
