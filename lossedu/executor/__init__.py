"""Run the cells of a notebook in a process of its own, and ask that process questions.

There are two runners with the same methods. `forked.ForkedRunner` asks a server, which has made all imports, to fork a
process with IPython's shell (`server.KernelServer`). It exchanges frames with this process on a socket. If nothing can
be forked, `jupyter.JupyterRunner` uses a kernel that Jupyter starts. Both runners pass the messages of the Jupyter
protocol to nbclient, which turns them into outputs.

Other packages import these modules one by one:

- `forked` and `jupyter` hold the runners, `server` forks kernels, and `provisioner` offers them to Jupyter;
- `client` talks to a kernel over one socket, in messages called `frames`; `errors` holds the exceptions;
- `sandbox` limits what a submission sees and uses, `hiding` hides functions, and `code` sends code into a kernel;
- `pictures` keeps figures, so that they are not drawn again;
- `nbclient` and `ipykernel` import all that lossedu uses of these libraries, and check first that it is there.

This file imports nothing, since the process that forks kernels must import only a part of the package.
"""
