"""What lossedu expects of ipykernel, whose kernel and application it divides in what is done before and after a fork.

`_inside` and `_server_process` bend them, in the process from which kernels are forked.
"""

from lossedu.expectations import Library

IPYKERNEL = Library(
    "ipykernel",
    ">=6.29,<8",
    (
        # overridden
        "ipykernel.iostream:IOPubThread.schedule(self, f)",
        "ipykernel.ipkernel:IPythonKernel._abort_queues",
        # called, though ipykernel has them for itself
        "ipykernel.ipkernel:IPythonKernel._publish_status",
        "ipykernel.ipkernel:IPythonKernel.set_parent",
        "ipykernel.ipkernel:IPythonKernel.pre_handler_hook",
        "ipykernel.ipkernel:IPythonKernel.post_handler_hook",
        *(
            f"ipykernel.kernelapp:IPKernelApp.{step}(self)"
            for step in [
                *("init_pdb", "init_sockets", "init_io", "init_signal", "init_kernel", "init_path", "init_shell"),
                *("init_gui_pylab", "init_extensions", "init_code"),
            ]
        ),
        "ipykernel.zmqshell:ZMQInteractiveShell",
        "ipykernel.compiler:XCachingCompiler",
    ),
)
IPYKERNEL.check()

from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
