"""Run the cells of a notebook in a process of its own, and ask that process questions.

There are two runners with the same methods. `ForkedRunner` forks a process that has IPython's shell from one that has
made all imports, and talks to it by frames on a socket. `JupyterRunner` uses a kernel as Jupyter starts it, where
nothing can be forked. Both hand the messages of the Jupyter protocol to nbclient, which makes outputs of them.
"""

from lossedu.executor.errors import LostError, NoAnswerError
from lossedu.executor.forked import ForkedRunner
from lossedu.executor.jupyter import JupyterRunner
from lossedu.executor.pictures import Pictures

__all__ = ["ForkedRunner", "JupyterRunner", "LostError", "NoAnswerError", "Pictures"]
