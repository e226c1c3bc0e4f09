"""Run cells in the namespace of the module that they come from, in the process of a submission.

lossedu sends this code to that process, like the code of `_audit_hook`.
"""

import os
import sys
import types

MODULE = "lossedu_module"  # the attribute of IPython's shell for the module, set when its first cell runs
NOTEBOOK = "lossedu_notebook"  # the attribute for the notebook's own module and namespace, while the others are in use


def enter_module(name):
    """Run the next cells in the namespace of a module. Other cells can import it by its name."""
    from IPython import get_ipython

    shell = get_ipython()
    module = vars(shell).get(MODULE)
    if module is None:
        module = types.ModuleType(name)
        module.__file__ = os.path.abspath(f"{name}.py")  # noqa: PTH100
        sys.modules.setdefault(name, module)
        setattr(shell, MODULE, module)
    setattr(shell, NOTEBOOK, (shell.user_module, shell.user_ns))
    shell.user_module, shell.user_ns = module, vars(module)
    shell.init_user_ns()  # adds the names that IPython itself defines


def leave_module(answers):
    """Run the next cells in the notebook's namespace again, and copy the module's `answers`, a list of names, to it."""
    from IPython import get_ipython

    shell = get_ipython()
    found = shell.user_ns
    shell.user_module, shell.user_ns = getattr(shell, NOTEBOOK)
    shell.user_ns.update({name: found[name] for name in answers if name in found})
