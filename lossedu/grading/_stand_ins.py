"""Stand-ins for what a submission must not import, or what is not installed. lossedu sends this code, as `_audit_hook`.

A refused import must not cost the answers that don't need it. The cell prints a line about it and goes on.
"""

import ast
import builtins
import importlib
import itertools
import sys
import types

CAN_IMPORT = "__can_import__"  # the name of `ImportTransformer.can_import` in `builtins`, for rewritten cells
ADVICE = ": answer in NumPy"
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")  # the fields that hold nested statements, the body first
TRIES = (ast.Try, ast.TryStar)


def bind_stand_ins(refused):
    """Let a cell go on after an import of a `refused` or missing module: bind its names to stand-ins."""
    from IPython import get_ipython

    shell = get_ipython()
    transformer, transform_ast = ImportTransformer(shell, refused), shell.transform_ast
    setattr(builtins, CAN_IMPORT, transformer.can_import)
    # not among `shell.ast_transformers`: IPython would look through all of a cell once more if there are any
    shell.transform_ast = lambda node: transform_ast(transformer.visit(node))


class ImportTransformer:
    """Rewrites `import x` in a cell to `if __can_import__("x", None, None): import x`.

    The body of a `try` stays as it is, since its author wants to know whether an import fails. Functions and classes
    stay too: an import in a function does nothing until it is called.
    """

    def __init__(self, shell, refused):
        self.shell, self.refused = shell, tuple(refused)
        self.told = set()  # the modules for which this cell has printed a line

    def visit(self, cell):
        """Rewrite a cell, given as `ast.Module`, and return it."""
        self.told.clear()
        self.rewrite_in(cell)
        return cell

    def rewrite_in(self, node):
        """Rewrite the statements in a statement, except in functions, classes and the body of a `try`."""
        if isinstance(node, SCOPES):
            return
        for name in BLOCKS[isinstance(node, TRIES) :]:
            block = getattr(node, name, None)
            if isinstance(block, list):
                block[:] = [rewritten for statement in block for rewritten in self.rewritten(statement)]

    def rewritten(self, statement):
        """Return what takes the place of a statement: for an import, one `if` statement for each name.

        Relative imports, and those from `__future__`, stay.
        """
        match statement:
            case ast.Import():
                module = None
            case ast.ImportFrom(level=0, module=module) if module != "__future__":
                pass
            case _:
                self.rewrite_in(statement)
                return [statement]
        tests = []
        for alias in statement.names:
            arguments = (module or alias.name, module and alias.name, alias.asname)
            single = ast.ImportFrom(module, [alias], 0) if module else ast.Import([alias])
            call = ast.Call(ast.Name(CAN_IMPORT, ast.Load()), [ast.Constant(text) for text in arguments], [])
            test = ast.copy_location(ast.If(call, [single], []), statement)
            tests.append(ast.fix_missing_locations(test))
        return tests

    def can_import(self, module, name, alias):
        """Return whether an import statement can run. If it cannot, bind a stand-in to the name that it would bind.

        Args:
            module: the dotted name of the module.
            name: what is imported from it, `*` included; None in `import module`.
            alias: the name after `as`; None if there is none.
        """
        dotted = f"{module}.{name}" if name else module
        missing, error = self.first_missing(module)
        if not missing and name != "*" and (self.is_refused(dotted) or is_namespace(sys.modules.get(module))):
            missing, error = self.first_missing(dotted)
        if not missing:
            return True
        if missing not in self.told:
            self.told.add(missing)
            print(f"{error.removesuffix(ADVICE)}; an answer that uses it earns nothing.")
        names = self.shell.user_ns
        parent, _, last = missing.rpartition(".")
        if parent and last not in vars(sys.modules[parent]):
            setattr(sys.modules[parent], last, stand_in(missing, missing, error))
        if name is None and alias is None:
            top = module.partition(".")[0]
            names[top] = sys.modules[top] if parent else stand_in(missing, missing, error)
        elif name != "*":
            names[alias or name] = stand_in(dotted, missing, error)
        return False

    def first_missing(self, module) -> tuple:
        """Import a dotted module. Return the first part that cannot be imported, and why; None twice if all can."""
        for part in itertools.accumulate(module.split("."), "{}.{}".format):
            if error := self.why_not(part):
                return part, error
        return None, None

    def is_refused(self, module):
        """Return whether the audit hook refuses to import a module."""
        return any(module == refused or module.startswith(f"{refused}.") for refused in self.refused)

    def why_not(self, module):
        """Import a module, and return why it cannot be imported; None if it can, or fails otherwise."""
        if self.is_refused(module):
            return f"{module} is out of reach while submissions are graded{ADVICE}"
        try:
            imported = importlib.import_module(module)
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) and error.name == module:
                return f"{module} is not installed where submissions are graded"
            return f"{module} cannot be imported here ({error})"
        except Exception:  # the statement will raise it
            return None
        for refused in self.refused:  # some packages import their parts on first use
            parent, _, part = refused.rpartition(".")
            if parent == module and part not in vars(imported):
                setattr(imported, part, stand_in(refused, refused, self.why_not(refused)))
        return None


def is_namespace(module):
    """Return whether a module is a folder without code of its own, so that all its names are modules."""
    return hasattr(module, "__path__") and getattr(module, "__file__", None) is None


def stand_in(dotted, missing, error, kind=None):
    """Make a stand-in for the object `dotted` in the module `missing`; `error` says why it cannot be imported."""
    attributes = {"__module__": "lossedu", "_dotted": dotted, "_missing": missing, "_error": error}
    return type(f"stand-in for {missing}", (kind or StandIn,), attributes)()  # messages show the name of its class


def ready_made(dotted, exercise):
    """Make a stand-in for a function that does the work of an exercise."""
    error = f"{dotted} is out of reach while submissions are graded, since it does the work of {exercise}{ADVICE}"
    return stand_in(dotted, dotted, error, ReadyMade)


class StandIn(types.ModuleType):
    """Takes the place of a module that cannot be imported, or of an object in it.

    It can be called, inherited from and used in `with`, so that lines which set up a framework do nothing. If its value
    is needed, it raises an ImportError. It is a module, so that lossedu sees that an answer delegates its work.
    """

    __module__ = "lossedu"  # this file runs by `exec`, where Python finds no module name

    def __new__(cls, *arguments, **options):
        made = super().__new__(cls)
        made.__name__ = cls._dotted  # pyright: ignore[reportAttributeAccessIssue]  `stand_in` sets it
        return made

    def __init__(self, *arguments, **options):
        """Accept the arguments of any class that a learner inherits from."""

    def __getattr__(self, name):
        if name.startswith("_") and name != "__version__":  # libraries use these names to tell what an object is
            raise AttributeError(f"a {type(self).__name__} has no attribute {name!r}")
        return stand_in(f"{self.__name__}.{name}", self._missing, self._error)

    def __call__(self, *arguments, **options):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def __mro_entries__(self, bases):
        return (type(self),)

    def __bool__(self):
        return False  # so that `torch.cuda.is_available()` is false

    def __repr__(self):
        return f"<stand-in for {self.__name__}>"

    def _refuse(self, *arguments, **options):
        """Raise the ImportError."""
        raise ImportError(self._error)


class ReadyMade(StandIn):
    """Takes the place of a function that can be imported, but not used; notes each use."""

    def __call__(self, *arguments, audit=sys.audit, **options):
        audit("lossedu.uses", self._dotted)
        return self


NEED_A_VALUE = """
    array complex float index int round  contains delitem getitem iter len setitem
    ge gt instancecheck le lt subclasscheck  abs invert neg pos
    add and divmod floordiv lshift matmul mod mul or pow rshift sub truediv xor
    radd rand rdivmod rfloordiv rlshift rmatmul rmod rmul ror rpow rrshift rsub rtruediv rxor
"""  # `eq` and `ne` are missing: Python uses them to find things in lists
for operation in NEED_A_VALUE.split():
    setattr(StandIn, f"__{operation}__", StandIn._refuse)
