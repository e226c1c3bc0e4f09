"""Code of ours that an expression brings into the process of a submission, which does not have it before.

It is an expression, since nothing that a submission does to IPython's input changes how expressions are evaluated.
"""

import base64
import inspect
import marshal
import zlib


class Code:
    """The code of modules, to be run together in a scope of their own.

    Args:
        name: the `__name__` that the code sees.
        modules: the modules, in the order in which they run.
    """

    def __init__(self, name, *modules):
        """Compile the code, which takes much longer than to run it; its docstrings are left out."""
        self.name, self.text = name, "\n".join(map(inspect.getsource, modules))
        compiled = marshal.dumps(compile(self.text, "<string>", "exec", optimize=2))
        self.compiled = base64.b64encode(zlib.compress(compiled)).decode("ascii")

    def expression(self, call, *, same_python):
        """Return an expression that runs the code, and whose value is that of `call`.

        Args:
            call: the text of an expression that finds the names of the code in the dictionary `scope`.
            same_python: whether the process has the version of Python that this one has. Another one gets the text.
        """
        code = repr(self.text)
        if same_python:
            code = f"__import__('zlib').decompress(__import__('binascii').a2b_base64({self.compiled!r}))"
            code = f"__import__('marshal').loads({code})"
        return f"(lambda scope: (exec({code}, scope), {call})[1])({{'__name__': {self.name!r}}})"
