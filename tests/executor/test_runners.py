"""Both runners make the same notebook of any cells."""

import ast
import contextlib
import copy
import os
import re
import socket
import textwrap

import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from lossedu.executor.code import Code
from lossedu.executor.errors import LostError, NoAnswerError
from lossedu.executor.forked import ForkedRunner
from lossedu.executor.frames import FrameError
from lossedu.executor.jupyter import JupyterRunner
from lossedu.executor.server import KernelServer
from tests.sampling import others_slow

LONGEST = 10**8
SECONDS = 60
LIMITS = {"cpu": 60, "memory": 2**31, "file_size": 2**28}


@pytest.fixture(scope="module")
def kernel_server():
    kernel_server = KernelServer(dict(os.environ), sandboxed=False)
    yield kernel_server
    kernel_server.close()


def client_of(*sources):
    """Return nbclient's client for a notebook."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    options = {"allow_errors": True, "interrupt_on_timeout": True, "kernel_manager_class": AsyncKernelManager}
    return NotebookClient(notebook, **options)


@pytest.fixture
def fork(kernel_server, tmp_path):
    """Start a `ForkedRunner` for a notebook."""
    started = []

    def fork(*sources, longest=LONGEST):
        asked = {"environment": dict(os.environ), "limits": LIMITS}
        runner = ForkedRunner(client_of(*sources), lambda opened: kernel_server.fork(asked, tmp_path, opened), longest)
        runner.start(SECONDS)
        started.append(runner)
        return runner

    yield fork
    for runner in started:
        runner.stop()


@pytest.fixture(params=["forked", "jupyter"])
def start(request, fork, tmp_path):
    """Start a runner of either kind for a notebook."""
    started = []

    def start(*sources):
        if request.param == "forked":
            return fork(*sources)
        runner = JupyterRunner(client_of(*sources), LONGEST, env=dict(os.environ), cwd=str(tmp_path))
        runner.start(SECONDS)
        started.append(runner)
        return runner

    yield start
    for runner in started:
        runner.stop()


def run_all(runner):
    """Run all cells, and return them without what differs from run to run."""
    cells = runner.client.nb.cells
    for index, cell in enumerate(cells):
        runner.run(cell, index, SECONDS)
    return [tidied(cell) for cell in cells]


def tidied(cell):
    """Return what a cell shows, without addresses, times and the names of processes."""
    cell = copy.deepcopy(cell)
    merged = []
    for output in cell.outputs:  # how text is cut into pieces depends on the moment
        if output.output_type == "stream" and merged and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    text = repr([cell.execution_count, sorted(cell.metadata.get("execution", ())), merged])
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
    return re.sub(r"ipykernel_\d+/\d+|[0-9a-f]{32}", "name", text)


NOTEBOOKS = {
    "nothing": [""],
    "a blank": ["  \n"],
    "a comment": ["# only a comment"],
    "a value": ["1 + 1", "None", "'text'", "_"],
    "text": ["print('a')\nprint('b', end='')", "import sys\nprint('warning', file=sys.stderr)\nprint('out')"],
    "text without an end of line": ["print('é ∑ 😀', end='')\nprint('\\r50 %', end='')"],
    "text from C": ["import os\nprint('before')\nos.system('echo from C')\nos.write(1, b'raw')"],
    "much text": ["for i in range(20_000): print(i)"],
    "an error": ["1 / 0", "x", "def f(n):\n    return f(n - 1) if n else 1 / 0\nf(3)"],
    "an error with odd words": ["raise ValueError('\\x1b[31mred\\n<b>')", "class E(Exception): pass\nraise E"],
    "an error group": ["raise ExceptionGroup('two', [ValueError(1), TypeError(2)])"],
    "a syntax error": ["def f(:\n    pass", "if True:\nprint(1)", "x = 'open"],
    "a system exit": ["raise SystemExit(3)", "1"],
    "a keyboard interrupt": ["raise KeyboardInterrupt", "1"],
    "warnings": ["import warnings\nwarnings.warn('twice')\nwarnings.warn('once', DeprecationWarning)"],
    "displays": ["display('a')\ndisplay({'text/html': '<b>b</b>', 'text/plain': 'b'}, raw=True)\n'c'"],
    "an own transformer": [
        "seen = []\ndef note(lines):\n    seen.append(len(lines))\n    return lines",
        "get_ipython().input_transformers_cleanup.append(note)",
        "1\n2",
        "1\n2",
        "seen",
    ],
    "a display with an id": [
        "from IPython.display import *\nh = display('a', display_id='it')",
        "h.update('b')\ndisplay('c')",
        "update_display('d', display_id='it')",
    ],
    "cleared outputs": ["from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)"],
    "cleared later": ["print(1)\nclear_output(wait=True)\nprint(2)\nclear_output(wait=True)"],
    "a picture": [
        "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.title('$x^2$')",
        "plt.figure()\nplt.show()",
    ],
    "a formula": ["import sympy\nsympy.symbols('x')**2 / 3"],
    "a table": ["import numpy as np\nnp.eye(3)", "import pandas as pd\npd.DataFrame({'a': [1, 2]})"],
    "input": ["input('name? ')", "import getpass\ngetpass.getpass()"],
    "await": ["import asyncio\nawait asyncio.sleep(0.01)\n'after'", "async def f(): return 3\nawait f()"],
    "a task that goes on": [
        "import asyncio\ndone = []\nasync def later():\n    await asyncio.sleep(0.05)\n    done.append(1)\n"
        "task = asyncio.ensure_future(later())",
        "await asyncio.sleep(0.3)\ndone",
    ],
    "a loop of its own": ["asyncio.run(asyncio.sleep(0))", "import asyncio\nasyncio.new_event_loop().close()"],
    "threads": ["import threading\nt = threading.Thread(target=print, args=['from a thread'])\nt.start()\nt.join()"],
    "a process": ["import subprocess\nsubprocess.run(['echo', 'from a process'])", "!echo from the shell"],
    "a fork": ["import os, sys\nif os.fork() == 0:\n    os._exit(0)\nos.wait()[1]"],
    "magics": ["%matplotlib inline", "%%capture it\nprint(1)", "it.stdout", "%who_ls", "%%bash\necho bash"],
    "a magic that is not there": ["%nonsense", "%%nonsense\n1"],
    "help": ["len?", "%pinfo len"],
    "history": ["1", "2", "In[1:3], Out"],
    "names": ["__name__", "get_ipython().__class__.__name__", "sorted(k for k in dir() if k[0] != '_')"],
    "the kernel": ["get_ipython().kernel.implementation", "get_ipython().kernel.shell is get_ipython()"],
    "the last error": ["1 / 0", "import sys\nsys.last_value", "%tb"],
    "a widget": ["import ipywidgets\ns = ipywidgets.IntSlider()\ns", "s.value = 3\ns.value"],
    "a widget of outputs": [
        "import ipywidgets\nout = ipywidgets.Output()\nout",
        "with out:\n    print('inside')\n    display(1)\nprint('outside')",
    ],
    "interact": ["import ipywidgets\nipywidgets.interact(lambda x: print(x), x=(0, 3));"],
    "a display hook": [
        "import sys\nsys.displayhook(3)\nsys.stdout.write('x')",
        "sys.stdout.isatty(), sys.stdout.encoding",
    ],
    "replaced streams": [
        "import sys, io\nold, sys.stdout = sys.stdout, io.StringIO()\nprint(1)\nsys.stdout = old\nprint(2)"
    ],
    "signals": ["import signal\nsignal.getsignal(signal.SIGINT)", "signal.getsignal(signal.SIGTERM)"],
    "an alarm": [
        "import signal\nsignal.signal(signal.SIGALRM, lambda *_: print('alarm'))\nsignal.alarm(1)\nsignal.pause()"
    ],
    "printing at exit": ["import atexit\natexit.register(print, 'bye')"],
    "sets the next input": ["get_ipython().set_next_input('x = 1')", "%load_ext autoreload"],
    "a custom formatter": [
        "class A:\n    def _repr_html_(self): return '<i>a</i>'\n    def _repr_latex_(self): 1 / 0\nA()"
    ],
}


@pytest.fixture(scope="module")
def seen():
    return {}


@pytest.mark.parametrize("name", others_slow(NOTEBOOKS, 6, start=2))
def test_both_make_the_same_notebook(start, seen, name):
    runner = start(*NOTEBOOKS[name])
    found = run_all(runner), len(runner.client.widget_state)
    assert found == seen.setdefault(name, found)


# --- Cells and questions that end otherwise ---------------------------------------------------------------------------


def run_one(runner, index=0, seconds=SECONDS):
    cell = runner.client.nb.cells[index]
    runner.run(cell, index, seconds)
    return cell.outputs


def shown(outputs):
    """Return the last output, in short."""
    return outputs and (outputs[-1].get("ename") or outputs[-1].get("text") or outputs[-1].data["text/plain"])


ENDLESS = "while True: pass"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(1)"


def test_a_cell_without_end_is_interrupted(start):
    runner = start(ENDLESS, "2 + 3")
    assert shown(run_one(runner, seconds=1)) == "KeyboardInterrupt"
    assert shown(run_one(runner, 1)) == "5"


def test_what_a_cell_awaits_is_interrupted(fork):
    runner = fork("import asyncio\nawait asyncio.sleep(60)", "2 + 3")
    assert shown(run_one(runner, seconds=1)) == "CancelledError"  # Jupyter's kernel goes on sleeping
    assert shown(run_one(runner, 1)) == "5"


def test_a_cell_that_cannot_be_interrupted_loses_the_process(start):
    runner = start(STUBBORN, "2 + 3")
    with pytest.raises(LostError, match="no end within 1 seconds, even after an interrupt"):
        run_one(runner, seconds=1)
    runner.restart(SECONDS)
    assert shown(run_one(runner, 1)) == "5"


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_cell_that_ends_the_process_loses_it(start, end):
    runner = start(f"print('before', flush=True)\n{end}", "2 + 3")
    with pytest.raises(LostError, match="the kernel died in this cell"):
        run_one(runner)
    runner.restart(SECONDS)
    assert shown(run_one(runner, 1)) == "5"


def test_the_process_ends_after_exit(fork):
    runner = fork("exit()", "2 + 3")
    run_one(runner)
    with pytest.raises(LostError):
        run_one(runner, 1)


def asked(runner, expression, seconds=SECONDS):
    return runner.ask(expression, seconds)["content"]["user_expressions"]["reply"]


def test_a_question_is_answered(start):
    runner = start("x = 3")
    run_one(runner)
    assert asked(runner, "x + 1")["data"]["text/plain"] == "4"
    assert asked(runner, "print('told to nobody') or x")["data"]["text/plain"] == "3"
    assert asked(runner, "1 / 0")["ename"] == "ZeroDivisionError"
    assert shown(run_one(runner)) == []


@pytest.mark.parametrize("same_python", [True, False])
def test_code_is_brought_by_an_expression_compiled_or_as_text(start, same_python):
    code = Code("ours", textwrap)
    expression = code.expression("scope['indent'](scope['__name__'], '> ')", same_python=same_python)
    assert ("def indent" in expression) is not same_python
    runner = start("1")
    assert asked(runner, expression)["data"]["text/plain"] == "'> ours'"
    assert asked(runner, "'indent' in globals()")["data"]["text/plain"] == "False"


def test_a_runner_knows_whether_its_process_runs_compiled_code_of_this_one(start):
    assert start("1").same_python


def test_a_kernel_of_another_python_is_recognised(tmp_path, monkeypatch):
    monkeypatch.setattr("lossedu.executor.jupyter.MAGIC_NUMBER", b"other")  # stands in for a second installation
    runner = JupyterRunner(client_of("1"), LONGEST, env=dict(os.environ), cwd=str(tmp_path))
    runner.start(SECONDS)
    assert not runner.same_python
    runner.stop()


def test_a_question_without_end_is_interrupted(start):
    runner = start(f"def f():\n    {ENDLESS}")
    run_one(runner)
    with pytest.raises(NoAnswerError, match="no end, seconds: 1") as caught:
        asked(runner, "f()", 1)
    assert not caught.value.is_lost
    assert asked(runner, "1 + 1")["data"]["text/plain"] == "2"


@pytest.mark.parametrize(
    ("expression", "words"),
    [("__import__('os')._exit(3)", "ended kernel"), (f"exec({STUBBORN!r})", "no end, seconds: 1")],
)
def test_a_question_can_lose_the_process(start, expression, words):
    runner = start("2 + 3")
    with pytest.raises(NoAnswerError, match=words) as caught:
        asked(runner, expression, 1)
    assert caught.value.is_lost
    runner.restart(SECONDS)
    assert shown(run_one(runner)) == "5"


def test_a_message_that_is_too_long_loses_the_process(fork):
    runner = fork("print('x' * 10**6)\n'after'", "2 + 3", longest=10**5)
    with pytest.raises(FrameError):
        run_one(runner, seconds=3)
    runner.restart(SECONDS)
    assert shown(run_one(runner, 1)) == "5"


# --- Frames -----------------------------------------------------------------------------------------------------------

CHANNEL = "session = get_ipython().kernel.session\nchannel = session.channel\n"
FORGED = {
    "no JSON": "channel.sendall((3).to_bytes(4, 'big') + b'abc')",
    "no message": "channel.sendall((2).to_bytes(4, 'big') + b'[]')",
    "no header": "channel.sendall((2).to_bytes(4, 'big') + b'{}')",
    "nested deeply": "channel.sendall((10**5).to_bytes(4, 'big') + b'[' * 10**5)",
    "a length beyond the limit": "channel.sendall(b'\\xff' * 4)",
    "no end": "channel.sendall((9).to_bytes(4, 'big'))",
    "no bytes": "channel.sendall((0).to_bytes(4, 'big'))",
    "random bytes": "channel.sendall(bytes(range(256)) * 100)",
    "a closed channel": "channel.close()",
    "a shut channel": "channel.shutdown(2)",
    "odd text": "session.send(None, 'stream', {'name': 5}, parent=get_ipython().get_parent())",
    "odd data": "session.send(None, 'display_data', {'data': 5}, parent=get_ipython().get_parent())",
    "no content": "session.send(None, 'status', {}, parent=get_ipython().get_parent())",
}


@pytest.mark.parametrize("harm", FORGED.values(), ids=FORGED)
def test_whatever_a_process_sends_costs_only_itself(fork, harm):
    runner = fork(CHANNEL + harm, "2 + 3")
    with contextlib.suppress(Exception):  # `Session` takes any for a lost process
        run_one(runner, seconds=2)
    runner.restart(SECONDS)
    assert shown(run_one(runner, 1)) == "5"
    assert len(runner.used) == 1


def test_halves_of_characters_are_replaced(fork):
    send = """
import json
parent = json.dumps(get_ipython().get_parent()["header"], default=str)
content = '"content": {"name": "stdout", "text": "\\\\uD800"}'
frame = '{"header": {"msg_type": "stream"}, ' + content + ', "parent_header": ' + parent + '}'
session.channel.sendall(len(frame).to_bytes(4, "big") + frame.encode())
"""
    runner = fork("print('\\ud800')", "'\\udfff'", CHANNEL + send)
    assert [shown(run_one(runner, index)) for index in (0, 1, 2)] == ["?\n", "'\\udfff'", "?"]


def test_a_text_that_is_sent_slowly_keeps_its_place(fork):
    """A thread sends text some time after it was printed; on a busy machine, sending may take long."""
    slow = """
import sys, threading, time
session = sys.stdout.session
send = session.send
def send_slowly(*arguments, **options):
    if threading.current_thread() is not threading.main_thread():
        time.sleep(1)
    return send(*arguments, **options)
session.send = send_slowly
print("first")
time.sleep(0.5)
print("second")
"""
    runner = fork(slow, "'third'")
    assert "".join(output.text for output in run_one(runner)) == "first\nsecond\n"
    assert shown(run_one(runner, 1)) == "'third'"


def test_a_child_of_the_process_sends_nothing(fork):
    runner = fork("import os\nif os.fork() == 0:\n    print('child', flush=True)\n    os._exit(0)\nos.wait()[1]")
    assert shown(run_one(runner)) == "0"


def test_a_socket_that_a_process_keeps_is_its_only_further_file(kernel_server, tmp_path):
    numbers = []
    for names in ([], ["OTHER_END"]):
        ends = {name: socket.socketpair()[1] for name in names}
        request = {"environment": dict(os.environ), "limits": LIMITS}
        runner = ForkedRunner(
            client_of(),
            lambda opened, request=request, ends=ends: kernel_server.fork(request, tmp_path, opened, ends),
            LONGEST,
        )
        runner.start(SECONDS)
        found = "[*map(int, __import__('os').listdir('/dev/fd'))]"
        if names:
            found = f"{found}, int(__import__('os').environ['OTHER_END'])"
        numbers.append(ast.literal_eval(asked(runner, found)["data"]["text/plain"]))
        runner.stop()
    (with_it, kept), without = numbers[1], numbers[0]
    assert kept in with_it
    assert len(with_it) - len(without) == 1
