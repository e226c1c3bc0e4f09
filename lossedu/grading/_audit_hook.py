"""Audit hook and import block for a submission's process. lossedu sends their source there before the submission runs.

The verdict does not depend on it: that is formed elsewhere. It keeps what would do the exercises' work out of reach,
and notes what was tried. An audit hook cannot be removed; a process of its own, without the files, is stronger still.
Single functions of allowed packages are hidden by `hiding`.

What stays possible: the source of a function that SciPy has in Python can be pasted into an answer. A file can be
opened by a name relative to the descriptor of a folder, of which the audit event says nothing. And who finds a way to
the memory of the process that raises no audit event can do anything in it.

A refused import or shell line must not cost the answers that don't need it. The cell prints a line about it and goes
on.
"""

import ast
import builtins
import ctypes  # noqa: F401  loaded before its use is refused; NumPy asks for it
import importlib.util
import itertools
import json
import math
import os
import socket
import subprocess
import sys
import types

import numpy as np

from lossedu import edition

PATH_EVENTS = (
    "open",
    "os.listdir",
    "os.scandir",
    "os.remove",
    "os.rename",
    "os.link",
    "os.truncate",
    "sqlite3.connect",
)
REFUSED_EVENTS = {
    **dict.fromkeys(("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"), "other programs"),
    **dict.fromkeys(("subprocess.Popen", "pty.spawn"), "other programs"),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "signals to processes"),
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"), "the network"),
    **dict.fromkeys(("ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata", "ctypes.call_function"), "the memory of Python"),
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers"), "the objects of Python"),
    "os.symlink": "links to files",
    "cpython.PyInterpreterState_New": "other interpreters",  # hooks and stand-ins are not in force there
}
STARTER = "_posixsubprocess.fork_exec"
EARLIER_ANSWERS = "LOSSEDU_EARLIER_ANSWERS"  # the environment variable with the number of a descriptor


def places_of(modules):
    """The folders and files that the `modules` are read from, without importing them."""
    places = []
    for module in modules:
        package, *parts = module.split(".")
        spec = importlib.util.find_spec(package)  # of the part it would be found by importing the package
        for folder in (spec and spec.submodule_search_locations) or ():
            place = "/".join([folder, *parts])
            places += [place, f"{place}.py"] if parts else [place]
    return places


def install(modules, paths, home, earlier, functions, hide):
    """Refuse from now on what would do the exercises' work.

    A cell that imports one of the modules, or runs a program in a shell line, goes on without it.

    Args:
        modules: the modules that must not be imported.
        paths: the files and folders that must not be opened, except under `home`.
        home: the folder of the notebook.
        earlier: the exercises whose answers `lossedu.mine` still offers.
        functions: the exercise that each ready-made function does the work of.
        hide: puts stand-ins in the place of functions, and returns the files that they come from.
    """
    folders = tuple(folder.rstrip("/") + "/" for folder in [*paths, *places_of(modules)])
    home = home.rstrip("/") + "/"
    work = os.getcwd().rstrip("/") + "/"  # noqa: PTH109
    refused = tuple(REFUSED_EVENTS.items())

    from IPython import get_ipython

    replace_own_calls(earlier)
    if (shell := get_ipython()) is not None:
        bind_stand_ins(shell, modules)
        pass_over_shell_lines(shell)
        pass_over_exit(shell)
    closed = hide({name: ready_made(name, exercise) for name, exercise in functions.items()} | {STARTER: start_program})

    # All that the hook needs is bound in its defaults: who gets hold of its frame, from the traceback of a refusal,
    # finds nothing there that a later call uses.
    def hook(
        event,
        arguments,
        /,
        modules=tuple(modules),
        closed=frozenset(closed),
        folders=folders,
        home=home,
        work=work,
        path_events=frozenset(PATH_EVENTS),
        refused=refused,
        attempts=[],  # noqa: B006  kept from call to call on purpose
        used=[],  # noqa: B006
        getcwd=os.getcwd,
        text=str,
        raw=bytes,
        not_found=ImportError,
        denied=PermissionError,
    ):
        path = None
        if event == "import":
            name, path = arguments[:2]  # the path of a compiled module
            for module in modules:
                if name == module or name.startswith(module + "."):
                    attempts.append(f"importing {name}")
                    raise not_found(f"{name} is out of reach while submissions are graded: answer in NumPy")
        elif event in path_events:
            path = arguments[0]
        elif event == "lossedu.attempts":
            arguments[0].extend(attempts)
        elif event == "lossedu.uses":  # an answer calls a ready-made function
            if arguments[0] not in used:
                used.append(arguments[0])
        elif event == "lossedu.used":  # by the answer that was tried
            arguments[0].extend(used)
            used.clear()
        else:
            for name, what in refused:
                if event == name:
                    attempts.append(f"reaching for {what} ({event})")
                    raise denied(f"{what} are out of reach while submissions are graded")
        if path.__class__ is raw:
            path = path.decode("utf-8", "replace")
        if path.__class__ is not text:
            return
        if not path.startswith("/"):
            path = getcwd() + "/" + path
        # in a sandbox, the folder of the notebook is a copy in another place: what would it be in its own?
        for there in (path, home + path[len(work) :]) if path.startswith(work) else (path,):
            parts = []
            for part in there.split("/"):
                if part == "..":
                    parts = parts[:-1]
                elif part not in ("", "."):
                    parts.append(part)
            place = "/" + "/".join(parts)
            if place in closed:  # no attempt: an error message reads the files of the functions that it is about
                raise denied(f"{path} is out of reach while submissions are graded")
            detour = parts[:1] == ["proc"] and parts[-1] == "mem"  # the memory of the process
            for link in ("root", "cwd", "fd"):  # folders in which each file has another name
                detour |= parts[:1] == ["proc"] and link in parts[:-1]
            if detour or ((place + "/").startswith(folders) and not (place + "/").startswith(home)):
                attempts.append(f"opening {place}")
                raise denied(f"{path} is out of reach while submissions are graded")

    sys.addaudithook(hook)


def start_program(*arguments, audit=sys.audit):
    """Take the place of the function that starts programs and raises no audit event."""
    audit("os.posix_spawn")


def replace_own_calls(earlier):
    """Let a submission's calls of `check` do nothing, since its test cells are judged elsewhere.

    `lossedu.mine` offers only the `earlier` answers.
    """
    import lossedu

    def check(*answer, **named):
        """Say that this is no time for checks."""
        print("not checked here while submissions are graded.")

    for name in ("check", "compare_with_keras"):
        setattr(lossedu, name, check)
    lossedu.hint = lossedu.progress = lambda *arguments: None
    lossedu.mine = sys.modules["lossedu.mine"] = earlier_answers(earlier)


# --- Answers to earlier chapters ------------------------------------------------------------------------------------


def earlier_answers(names):
    """Return a module `lossedu.mine` whose functions run in another process, out of reach."""
    module = types.ModuleType("lossedu.mine", "What earlier chapters asked for, while submissions are graded.")
    calls, replies = connect(names) if names else (None, None)
    serials = itertools.count()

    def calling(name):
        def function(*arguments, **options):
            serial = next(serials)
            calls.write(packed([serial, name, arguments, options]))
            calls.flush()
            replied = None
            while replied != serial:  # an interrupt may have left a reply behind
                replied, result, problem = unpacked(replies)
            if problem:
                raise ValueError(f"{name}: {problem}")
            return result

        function.__name__ = function.__qualname__ = name
        function.__module__ = "lossedu.mine"
        return function

    def get(name):
        if name in names:
            print(f"{name} is lossedu's own here: each notebook is graded by itself.")
            return calling(name)
        error = AttributeError if name.startswith("_") else ImportError
        raise error(f"{name} is out of reach while submissions are graded, unlike answers to earlier chapters")

    module.__getattr__ = get
    return module


def connect(names):
    """Return streams to and from a process that runs earlier answers: the one beside this kernel, or a new one."""
    descriptor = os.environ.pop(EARLIER_ANSWERS, None)
    if descriptor is not None:
        connection = socket.socket(fileno=int(descriptor))
        return connection.makefile("wb"), connection.makefile("rb")
    process = subprocess.Popen(  # noqa: S603  our own module and names of exercises
        edition.command("lossedu.grading._earlier_answers", *names),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=sys.prefix,  # not where a submission's files could pass for modules
        start_new_session=True,  # no interrupt of the kernel reaches it
    )
    return process.stdin, process.stdout


def packed(value, keep=None):
    """A line of JSON, then the bytes of the arrays in it, in their order; a tuple becomes a list.

    Of anything that JSON does not know goes what `keep` makes of it.
    """
    arrays = []

    def plain(thing):
        if isinstance(thing, np.ndarray | np.generic) and thing.dtype.kind in "biuf":
            arrays.append(thing.tobytes())
            return {"array": thing.dtype.str, "shape": thing.shape}
        if keep is None:
            raise TypeError(f"expected arrays and numbers, got {type(thing).__name__}")
        return keep(thing)

    line = json.dumps(value, default=plain)
    return b"".join([line.encode(), b"\n", *arrays])


def unpacked(stream, kept=None):
    """What was packed, read from a stream; EOFError at its end. Two results of a function come as a tuple."""

    def revive(found):
        if found.keys() == {"array", "shape"}:
            dtype = np.dtype(found["array"])
            data = stream.read(dtype.itemsize * math.prod(found["shape"]))
            return np.frombuffer(bytearray(data), dtype).reshape(found["shape"])[()]  # it can be written to
        return kept[found["kept"]] if kept is not None and found.keys() == {"kept"} else found

    line = stream.readline()
    if not line:
        raise EOFError("the other side has gone")
    numbers = {"parse_float": np.float64, "parse_constant": np.float64}
    serial, result, *others = json.loads(line, object_hook=revive, **numbers)
    return [serial, tuple(result) if isinstance(result, list) else result, *others]


# --- Imports that no answer uses ------------------------------------------------------------------------------------

CAN_IMPORT = "__can_import__"  # the name of `ImportTransformer.can_import` in `builtins`, for rewritten cells
ADVICE = ": answer in NumPy"
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")  # where statements hold others; a body comes first
TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))  # Python 3.10 has no `except*`


def bind_stand_ins(shell, refused):
    """Let a cell go on after an import of a `refused` or missing module: bind its names to stand-ins."""
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

    def first_missing(self, module):
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
        made.__name__ = cls._dotted
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


# --- Shell lines and magics -----------------------------------------------------------------------------------------

PACKAGE_MAGICS = ("conda", "mamba", "micromamba", "pip", "uv")
SCRIPT_MAGICS = ("bash", "cmd", "perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh")
CODE_MAGICS = ("debug", "prun", "run", "time", "timeit")  # run the learner's own code: show its errors


def pass_over_shell_lines(shell):
    """Let a cell go on after a shell line or a magic that is refused or fails: print a line that says so."""
    from IPython.utils.text import LSString, SList

    run_line_magic, run_cell_magic = shell.run_line_magic, shell.run_cell_magic

    def say_not_run(line):
        first = line.strip().splitlines()[0]
        print(f"{first[:100].strip()} is not run while submissions are graded.")

    def system(command):
        say_not_run(f"!{command}")
        shell.user_ns["_exit_code"] = 1

    def getoutput(command, split=True, depth=0):
        say_not_run(f"!{command}")
        return SList() if split else LSString()

    def line_magic(name, line, _stack_depth=1):
        if name in PACKAGE_MAGICS:
            return say_not_run(f"%{name} {line}")
        depth = _stack_depth + 1  # IPython finds the frame of the cell by this number
        if name in CODE_MAGICS:
            return run_line_magic(name, line, _stack_depth=depth)
        try:
            return run_line_magic(name, line, _stack_depth=depth)
        except Exception as error:  # a magic may raise anything
            why = " ".join(str(error).split())[:200]
            shown = f"%{name} {line}".strip()
            print(f"{shown} is skipped while submissions are graded: {why}")
            if name in ("matplotlib", "pylab"):  # the failed magic has already changed a part of the backend
                run_line_magic("matplotlib", "inline")

    def cell_magic(name, line, cell):
        if name in SCRIPT_MAGICS:
            return say_not_run(f"%%{name} {line}")
        return run_cell_magic(name, line, cell)

    shell.system, shell.getoutput = system, getoutput
    shell.run_line_magic, shell.run_cell_magic = line_magic, cell_magic


def pass_over_exit(shell):
    """Let a notebook go on after `exit()` or `quit()`.

    The kernel would end a moment later, in any of the next cells, so that the points would depend on chance.
    """

    def ask_exit():
        print("exit() and quit() are skipped while submissions are graded.")

    shell.ask_exit = ask_exit
