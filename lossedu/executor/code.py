"""Bring lossedu's own code into the process of a submission, inside an expression.

A submission can change how IPython handles its input, but not how expressions are evaluated.
"""

import base64
import inspect
import marshal
import zlib


class Code:
    """The code of modules that run together in one separate scope.

    Args:
        name: the `__name__` that the code sees.
        modules: the modules, in the order in which they run.
    """

    def __init__(self, name, *modules):
        """Compile the code without its docstrings, because compiling takes much longer than running."""
        self.name, self.text = name, "\n".join(map(inspect.getsource, modules))
        compiled = marshal.dumps(compile(self.text, "<string>", "exec", optimize=2))
        packed = base64.b64encode(zlib.compress(compiled)).decode("ascii")
        unpacked = f"__import__('zlib').decompress(__import__('binascii').a2b_base64({packed!r}))"
        self.loading = f"__import__('marshal').loads({unpacked})"

    def expression(self, call, *, same_python):
        """Return an expression that runs the code and has the value of `call`.

        Args:
            call: the text of an expression; it finds the names of the code in the dictionary `scope`.
            same_python: whether the process has this process's version of Python. If not, it gets the source code.
        """
        code = self.loading if same_python else repr(self.text)
        return f"(lambda scope: (exec({code}, scope), {call})[1])({{'__name__': {self.name!r}}})"
