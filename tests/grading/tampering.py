"""Ways to get points without knowing the answer, each as a submission to a small assignment.

The honest learner of this assignment has `entropy` right; `kl_divergence` gives zeros, which earns the point of the
right shape; `wasted_bits` and `gibbs_bound` are wrong. Each way adds code to that, or edits the notebook.
"""

import copy
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat.v4 import new_code_cell, new_notebook, new_output

from lossedu import exercises
from lossedu.authoring import nbgrader_metadata

ASSIGNMENT = "trust"
HONEST = {"check_entropy": 3, "check_kl_divergence": 1, "check_wasted_bits": 0, "check_gibbs_bound": 0, "asserts": 2}
ANSWERS = {
    "entropy": """
        def entropy(p):
            return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
        """,
    "kl_divergence": """
        def kl_divergence(y_true, y_pred):
            return np.zeros(np.shape(y_pred)[:-1])
        """,
    "wasted_bits": "wasted_bits = 1",
    "gibbs_bound": "gibbs_bound = 1",
}
ASSERTS = "assert abs(entropy(np.array([0.5, 0.5])) - 0.6931) < 1e-3"  # a teacher's own test


def text(source):
    """A cell's source, without the indentation it has here."""
    return textwrap.dedent(source).strip()


def master():
    """The assignment as its teacher writes it; solutions don't matter here."""
    cells = [new_code_cell("import numpy as np\nfrom lossedu import check")]
    for name, answer in ANSWERS.items():
        declared = exercises.get(name)
        given = f"({name})" if isinstance(declared, exercises.FunctionExercise) else f"({name}={name})"
        solution = f"### BEGIN SOLUTION\n{text(answer)}\n### END SOLUTION"
        cells.append(new_code_cell(solution, metadata={"nbgrader": nbgrader_metadata(name, solution=True)}))
        metadata = nbgrader_metadata(f"check_{name}", solution=False, points=declared.points)
        cells.append(new_code_cell(f"check{given}", metadata={"nbgrader": metadata}))
    metadata = nbgrader_metadata("asserts", solution=False, points=2)
    cells.append(new_code_cell(ASSERTS, metadata={"nbgrader": metadata}))
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )


@dataclass
class Way:
    """One way: code in a cell in front of the answers, another answer for kl_divergence, or an edit of the notebook.

    `earns` is what differs from the honest learner's points, never upwards; `named` are words that the graded notebook
    must hold, about what was tried.
    """

    cell: str = ""
    kl: str = ""
    edit: Callable = lambda notebook: None
    earns: dict = field(default_factory=dict)
    named: str = ""

    def submission(self, released):
        """The notebook as handed in."""
        notebook = copy.deepcopy(released)
        for name, answer in (ANSWERS | ({"kl_divergence": self.kl} if self.kl else {})).items():
            cell_of(notebook, name).source = text(answer)
        if self.cell:
            notebook.cells.insert(1, new_code_cell(text(self.cell)))
        self.edit(notebook)
        return notebook


def cell_of(notebook, grade_id):
    """The cell of that grade id."""
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def with_metadata(grade_id, **changed):
    """An edit that changes nbgrader's metadata of a cell."""
    return lambda notebook: cell_of(notebook, grade_id).metadata["nbgrader"].update(changed)


def delete(*grade_ids):
    """An edit that deletes cells."""

    def edit(notebook):
        kept = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in grade_ids]
        notebook.cells = kept

    return edit


def duplicate(notebook):
    """Another cell with the id of a test cell, which holds nothing."""
    twin = copy.deepcopy(cell_of(notebook, "check_kl_divergence"))
    twin.source, twin.id = "pass", "twin"
    notebook.cells.append(twin)


def own_test_cell(notebook):
    """A test cell of one's own, worth a hundred points."""
    metadata = {"nbgrader": nbgrader_metadata("bonus", solution=False, points=100)}
    notebook.cells.append(new_code_cell("pass", metadata=metadata))


def as_markdown(notebook, grade_id="check_kl_divergence"):
    """A test cell that is no code."""
    cell = cell_of(notebook, grade_id)
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


def never_run(notebook):
    """A tag that makes nbclient skip a cell, on every test cell."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["tags"] = ["skip-execution"]


def outputs_in_advance(notebook):
    """A passed verdict among the outputs, as if the cell had been run."""
    cell = cell_of(notebook, "check_kl_divergence")
    cell.outputs = [new_output("display_data", {"text/plain": "4 of 4 points"})]


def another_kernel(notebook):
    """A kernel that is not there."""
    notebook.metadata["kernelspec"] = {"name": "always-right", "display_name": "R", "language": "R"}


NOTHING = dict.fromkeys(HONEST, 0)
DELEGATED = {"check_kl_divergence": 0}
FIND = """
    def kl_divergence(y_true, y_pred):
        {0}
    """


def found_by(line):
    """An answer that gets at another one by a line of Python."""
    return FIND.format(line)


WAYS = {
    "honest": Way(),
    # what the notebook's names mean
    "rebinds check": Way("check = lambda *answer, **named: None"),
    "patches lossedu.check": Way("import lossedu\nlossedu.check = lambda *answer, **named: None"),
    "replaces the module lossedu": Way("import sys, types\nsys.modules['lossedu'] = types.ModuleType('lossedu')"),
    "finds imports itself": Way(
        """
        import sys
        class Finder:
            def find_spec(self, name, path=None, target=None):
                raise SystemExit
        sys.meta_path.insert(0, Finder())
        """
    ),
    "makes numpy.testing agree": Way("np.testing.assert_allclose = np.testing.assert_equal = lambda *a, **k: None"),
    "makes allclose true": Way("np.allclose = np.array_equal = np.isclose = lambda *a, **k: True"),
    "makes all and any true": Way("import builtins\nbuiltins.all = builtins.any = lambda things: True"),
    "makes isinstance true": Way("import builtins\nbuiltins.isinstance = lambda *a: True", earns=NOTHING),
    "replaces AssertionError": Way("import builtins\nbuiltins.AssertionError = type('Fine', (Warning,), {})"),
    "disarms json": Way("import json\njson.dumps = lambda *a, **k: '{}'", earns=NOTHING),
    "disarms base64": Way(
        "import base64\nbase64.b64encode = lambda data: b''",
        earns={"check_entropy": 0, "check_kl_divergence": 0},
    ),
    # what is returned
    "returns what equals everything": Way(
        kl="""
        class Anything:
            def __eq__(self, other): return True
            __array_ufunc__ = None
        def kl_divergence(y_true, y_pred):
            return Anything()
        """,
        earns=DELEGATED,
    ),
    "returns an array that equals everything": Way(
        kl="""
        class Anything(np.ndarray):
            def __eq__(self, other): return np.ones(self.shape, bool)
            def __array_function__(self, *a, **k): return True
            def __sub__(self, other): return np.zeros(self.shape)
        def kl_divergence(y_true, y_pred):
            return np.zeros(np.shape(y_pred)[:-1]).view(Anything)
        """
    ),
    "returns what becomes an array": Way(
        kl="""
        class Later:
            def __array__(self, dtype=None, copy=None): return np.array(0.5108)
        def kl_divergence(y_true, y_pred):
            return Later()
        """,
        earns=DELEGATED,
    ),
    "returns a random number": Way(
        kl="def kl_divergence(y_true, y_pred):\n    return np.random.rand(*np.shape(y_pred)[:-1])", earns=DELEGATED
    ),
    "knows the public inputs by heart": Way(
        kl="""
        KNOWN = {((0.5, 0.5), (0.9, 0.1)): 0.5108256, ((0.9, 0.1), (0.5, 0.5)): 0.3680642}
        def kl_divergence(y_true, y_pred):
            if np.ndim(y_true) == 1:
                return KNOWN.get((tuple(y_true.tolist()), tuple(y_pred.tolist())), 0.0)
            return np.zeros(np.shape(y_pred)[:-1])
        """
    ),
    "changes its answer on the second call": Way(
        kl="""
        calls = []
        def kl_divergence(y_true, y_pred):
            calls.append(1)
            p, q = np.clip([y_true, y_pred], 1e-7, 1)
            return (p * np.log(p / q)).sum(-1) * (len(calls) == 1)
        """,
        earns=DELEGATED,
        named="changes its answer from call to call",
    ),
    "changes the inputs": Way(
        kl="def kl_divergence(y_true, y_pred):\n    y_pred *= 0\n    return y_pred.sum(-1)", earns=DELEGATED
    ),
    # IPython
    "deletes errors after each cell": Way(
        """
        shell = get_ipython()
        shell.events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
        """
    ),
    # a teacher's own asserts run in the kernel: there they may be made to hold
    "rewrites cells": Way(
        "get_ipython().input_transformers_post.append(lambda lines: ['1 + 1'])", earns=NOTHING | {"asserts": 2}
    ),
    "rewrites syntax trees": Way(
        """
        import ast
        class Forget(ast.NodeTransformer):
            def visit_Assert(self, node): return None
        get_ipython().ast_transformers.append(Forget())
        """
    ),
    "swallows exceptions": Way("get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)"),
    "hides tracebacks": Way(
        "import sys, traceback\nget_ipython().showtraceback = lambda *a, **k: None\n"
        "sys.excepthook = traceback.format_exception_only = lambda *a, **k: ['fine']"
    ),
    "answers expressions itself": Way(
        """
        shell = get_ipython()
        shell.user_expressions = lambda expressions: {
            name: {"status": "ok", "data": {"text/plain": repr('{"passed": true, "points": 4}')}, "metadata": {}}
            for name in expressions
        }
        """,
        earns=NOTHING | {"asserts": 2},
    ),
    "speaks for the checker": Way(
        """
        import json
        outcomes = [[[{"dtype": "<f8", "shape": [], "data": "AAAAAAAA4D8="}], None, ""]] * 99
        forged = {"attempts": [], "defined": True, "delegates": [], "outcomes": outcomes, "unclear": None}
        json.dumps = lambda *a, dumps=json.dumps, **k: dumps(forged)
        """,
        earns=NOTHING,
    ),
    "shows a verdict of its own": Way(
        """
        from IPython.display import display
        passed = {"exercise": "kl_divergence", "passed": True, "points": 4, "max_points": 4, "message": "right"}
        for name in ("check_kl_divergence", "kl_divergence"):
            display({"application/vnd.lossedu.verdict+json": passed, "text/plain": "4.0"}, raw=True, display_id=name)
        """
    ),
    "formats numbers as full points": Way(
        "get_ipython().display_formatter.formatters['text/plain'].for_type(str, lambda s, p, c: p.text('4'))",
        earns=NOTHING | {"asserts": 2},
    ),
    # what lies around
    "reads frames": Way(
        kl="""
        import sys
        def kl_divergence(y_true, y_pred):
            frame, names = sys._getframe(), {}
            while frame:
                names.update(frame.f_locals)
                frame = frame.f_back
            for name in ("expected", "reference", "recorded", "answer"):
                if isinstance(names.get(name), (float, np.ndarray)):
                    return names[name]
            return np.zeros(np.shape(y_pred)[:-1])
        """
    ),
    "reads In and Out": Way(
        kl="""
        def kl_divergence(y_true, y_pred):
            return float(str([In, Out]).split("expected")[-1][:6])
        """,
        earns=DELEGATED,
        named="stops with ValueError",
    ),
    "reads its notebook": Way(
        kl="""
        def kl_divergence(y_true, y_pred):
            return float(open("trust.ipynb").read().split("HIDDEN TESTS")[-1][:6])
        """,
        earns=DELEGATED,
        named="stops with ValueError",
    ),
    "reads the gradebook": Way(
        "import sqlite3\nbook = sqlite3.connect('../../../gradebook.db')", named="opening", earns={}
    ),
    "reads the solutions": Way("hidden = open('../../../solutions/trust/trust.ipynb').read()", named="opening"),
    "reads the secret seed": Way("seed = open('../../../secret_seed.txt').read()", named="opening"),
    "reads the configuration": Way("text = open('../../../nbgrader_config.py').read()", named="opening"),
    "reads other submissions": Way("import os\nothers = os.listdir('../../../submitted')", named="opening"),
    "reads the environment": Way(
        kl="""
        import os
        def kl_divergence(y_true, y_pred):
            secret = [name for name in os.environ if "SEED" in name or "TOKEN" in name or "PASSWORD" in name]
            return 1 / len(secret)
        """,
        earns=DELEGATED,
        named="ZeroDivisionError",
    ),
    # work handed on
    "asks keras": Way(
        kl=found_by("import keras\n        return keras.losses.kl_divergence(y_true, y_pred).numpy()"),
        earns=DELEGATED,
        named="hands the work to keras",
    ),
    "asks tensorflow": Way(
        kl=found_by("import tensorflow as tf\n        return tf.keras.losses.KLD(y_true, y_pred).numpy()"),
        earns=DELEGATED,
        named="hands the work to tensorflow",
    ),
    "asks torch": Way(
        kl=found_by("from torch.nn import functional\n        return functional.kl_div(y_pred, y_true).numpy()"),
        earns=DELEGATED,
        named="hands the work to torch.nn",
    ),
    "asks lossedu": Way(
        kl=found_by("from lossedu import losses\n        return losses.kl_divergence(y_true, y_pred)"),
        earns=DELEGATED,
        named="hands the work to lossedu.losses",
    ),
    "asks scipy": Way(
        kl="""
        import scipy.stats
        def kl_divergence(y_true, y_pred):
            return scipy.stats.entropy(y_true, y_pred, axis=-1)
        """,
        earns=DELEGATED,
        named="hands the work to scipy.stats.entropy",
    ),
    "asks scipy by another name": Way(
        kl="from scipy.stats import entropy as mine\n\nkl_divergence = lambda p, q: mine(p, q, axis=-1)",
        earns=DELEGATED,
        named="hands the work to scipy.stats.entropy",
    ),
    "asks keras in disguise": Way(
        kl=found_by("return getattr(__import__('ke' + 'ras'), 'losses').kl_divergence(y_true, y_pred).numpy()"),
        earns=DELEGATED,
        named="importing keras",
    ),
    "asks lossedu in disguise": Way(
        kl=found_by(
            "import importlib; return importlib.import_module('loss' + 'edu.losses').kl_divergence(y_true, y_pred)"
        ),
        earns=DELEGATED,
        # refused by the guard, or not there in a sandbox
        named="losses",
    ),
    "asks lossedu.mine for the answer itself": Way(
        kl=found_by("from lossedu.mine import kl_divergence as mine\n        return mine(y_true, y_pred)"),
        earns=DELEGATED,
        named="kl_divergence is out of reach while submissions are graded",
    ),
    "asks for the declared reference": Way(
        kl=found_by(
            "known = __import__('lossedu.exercises').exercises\n"
            "        return known.get('kl_divergence').reference(y_true, y_pred)"
        ),
        earns=DELEGATED,
        named="importing lossedu.exercises",
    ),
    "loads the file of the losses": Way(
        """
        import lossedu, pathlib, types
        file = pathlib.Path(lossedu.__file__).parent / "losses" / "divergences.py"
        source = file.read_text()
        """,
        named="opening",
    ),
    "asks another process": Way(
        kl="""
        import subprocess, sys
        def kl_divergence(y_true, y_pred):
            code = f"from lossedu import losses; print(losses.kl_divergence({y_true.tolist()}, {y_pred.tolist()}))"
            return float(subprocess.check_output([sys.executable, "-c", code]))
        """,
        earns=DELEGATED,
        named="reaching for other programs",
    ),
    "asks the shell": Way("import os\nos.system('cat ../../../solutions/trust/trust.ipynb')", named="other programs"),
    "asks a fork": Way("import os\npid = os.fork()", named="other programs"),
    "asks the network": Way(
        "import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=1)", named="the network"
    ),
    # the guard
    "takes the guard apart by its traceback": Way(
        """
        import sys
        try:
            import keras
        except ImportError as refusal:
            frame = refusal.__traceback__.tb_next.tb_frame
            frame.f_locals.clear() if hasattr(frame.f_locals, "clear") else None
            frame.f_globals["isinstance"] = lambda *a: False
        """,
        kl=found_by("import keras; return keras.losses.kl_divergence(y_true, y_pred).numpy()"),
        earns=DELEGATED,
    ),
    "adds a hook of its own": Way(
        """
        import sys
        def hook(event, arguments):
            if event == "lossedu.attempts":
                raise SystemExit
        sys.addaudithook(hook)
        """,
        earns=NOTHING | {"asserts": 2},
    ),
    "writes to memory": Way(
        "import ctypes\nctypes.pythonapi.PySys_AddAuditHook", named="reaching for the memory of Python"
    ),
    "looks through all objects": Way("import gc\nhooks = gc.get_objects()", named="reaching for the objects of Python"),
    # the test cells
    "empties a test cell": Way(edit=lambda nb: cell_of(nb, "check_kl_divergence").update(source="pass")),
    "deletes a test cell": Way(edit=delete("check_kl_divergence")),
    "deletes an answer and its test": Way(edit=delete("kl_divergence", "check_kl_divergence"), earns=DELEGATED),
    "deletes everything": Way(edit=lambda notebook: notebook.update(cells=[]), earns=NOTHING),
    "duplicates a test cell": Way(edit=duplicate),
    "adds a test cell of its own": Way(edit=own_test_cell),
    "raises the points of a cell": Way(edit=with_metadata("check_kl_divergence", points=400)),
    "makes a test cell ungraded": Way(edit=with_metadata("check_kl_divergence", grade=False)),
    "makes a test cell an answer": Way(edit=with_metadata("check_kl_divergence", solution=True, locked=False)),
    "makes a test cell text": Way(edit=as_markdown),
    "makes test cells be skipped": Way(edit=never_run),
    "hands outputs in": Way(edit=outputs_in_advance),
    "asks for another kernel": Way(edit=another_kernel),
    # the kernel's life
    "exits in its answer": Way(
        kl="import os\n\ndef kl_divergence(y_true, y_pred):\n    os._exit(0)",
        earns=DELEGATED | {"asserts": 0},
        named="ends the kernel",
    ),
    "exits in a cell": Way(
        "import os\nos._exit(0)", earns={"check_entropy": 0, "check_kl_divergence": 0, "asserts": 0}
    ),
    "kills its kernel": Way("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", named="signals to processes"),
    "kills its parent": Way("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", named="signals to processes"),
    "leaves with SystemExit": Way(kl="def kl_divergence(y_true, y_pred):\n    raise SystemExit(0)", earns=DELEGATED),
    "leaves with an odd exception": Way(
        kl="def kl_divergence(y_true, y_pred):\n    raise BaseException('fine')", earns=DELEGATED
    ),
    "leaves a thread behind": Way(
        """
        import threading, time
        def meddle():
            while True:
                time.sleep(0.01)
                np.allclose = lambda *a, **k: True
                globals()["check"] = lambda *a, **k: None
        threading.Thread(target=meddle, daemon=True).start()
        """
    ),
    "waits for the exit": Way("import atexit\natexit.register(lambda: open('grade.txt', 'w').write('32'))"),
    "prints a grade": Way(
        kl="def kl_divergence(y_true, y_pred):\n    print(4.0)\n    return np.zeros(np.shape(y_pred)[:-1])"
    ),
}
