"""In the process of a submission: run cells in the namespace of the module that they come from.

lossedu sends this code there, as that of `_audit_hook`.
"""

import os
import sys
import types

MODULE = "lossedu_module"  # an attribute of IPython's shell: the module, once cells have run in it
NOTEBOOK = "lossedu_notebook"  # likewise: the module and the namespace of the notebook, while others are in use


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
    shell.init_user_ns()  # what IPython itself keeps there


def leave_module(answers):
    """Run the next cells in the namespace of the notebook again, and give it answers of the module, by their names."""
    from IPython import get_ipython

    shell = get_ipython()
    found = shell.user_ns
    shell.user_module, shell.user_ns = getattr(shell, NOTEBOOK)
    shell.user_ns.update({name: found[name] for name in answers if name in found})
