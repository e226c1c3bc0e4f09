"""Run the cells of a notebook in a process of its own, and ask that process questions.

There are two runners with the same methods. `forked.ForkedRunner` forks a process that has IPython's shell from one
that has made all imports (`server.KernelServer`), and talks to it by frames on a socket. `jupyter.JupyterRunner` uses
a kernel as Jupyter starts it, where nothing can be forked. Both hand the messages of the Jupyter protocol to nbclient,
which makes outputs of them.

This file imports nothing, since the process that forks kernels must import only a part of the package.
"""
