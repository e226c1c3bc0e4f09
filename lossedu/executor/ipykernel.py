"""What lossedu expects of ipykernel.

`_inside` and `_server_process` change its kernel and its application, in the process that forks kernels: one part of
their start is done before the fork, the other part after it.
"""

from lossedu.expectations import Library

IPYKERNEL = Library(
    "ipykernel",
    ">=6.29,<8",
    (
        # overridden
        "ipykernel.iostream:IOPubThread.schedule(self, f)",
        "ipykernel.iostream:OutStream._flush(self)",
        "ipykernel.ipkernel:IPythonKernel._abort_queues",
        "ipykernel.ipkernel:IPythonKernel.execute_request(self, stream, ident, parent)",
        "ipykernel.ipkernel:IPythonKernel._execute_sleep",
        "IPython.core.inputtransformer2:TransformerManager.transform_cell(self, cell)",
        # called, although they are internal to ipykernel
        "ipykernel.iostream:OutStream._is_master_process(self)",
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
        "ipykernel.kernelapp:IPKernelApp.outstream_class",
        "ipykernel.zmqshell:ZMQInteractiveShell",
        "ipykernel.compiler:XCachingCompiler.get_code_name(self, raw_code, code, number)",
        "ipykernel.compiler:get_tmp_directory()",
        "ipykernel.compiler:get_tmp_hash_seed()",
    ),
)
IPYKERNEL.check()

from ipykernel.compiler import XCachingCompiler, get_tmp_directory, get_tmp_hash_seed
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
