"""Imports and shell lines that no answer needs cost nothing. An answer that needs one earns nothing and hears why."""

import re
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade
from traitlets.config import Config

from lossedu.authoring import nbgrader_metadata
from lossedu.checking import verdict
from lossedu.grading.single import grade_file
from lossedu.grading.steps import TrustedExecute
from tests.checking import run_cell
from tests.grading.tampering import ANSWERS, HONEST, cell_of, master, text
from tests.samples.demo import REPOSITORY
from tests.sampling import others_slow

POINTS = {name.removeprefix("check_"): points for name, points in HONEST.items()}
GUIDE = (REPOSITORY / "docs" / "learners.md").read_text(encoding="utf-8")
COLAB = re.search(r"^%pip install .*", GUIDE, re.MULTILINE).group()
REFUSED = "{} is out of reach while submissions are graded; an answer that uses it earns nothing."
MISSING = "{} is not installed where submissions are graded; an answer that uses it earns nothing."
NOT_RUN = "{} is not run while submissions are graded."
SKIPPED = "{} is skipped while submissions are graded: "
TENSORFLOW, JAX, NO_SUCH = REFUSED.format("tensorflow"), REFUSED.format("jax"), MISSING.format("no_such_package")

# what a cell may start with, and the line that is printed then
IMPORTS = {
    "import tensorflow as tf": TENSORFLOW,
    "from tensorflow import keras": TENSORFLOW,
    "import tensorflow.keras.backend as K\nassert K.__name__ == 'tensorflow.keras.backend'": TENSORFLOW,
    "import tensorflow.keras\ntensorflow.random.set_seed(0)": TENSORFLOW,
    "x = 1; import torch.nn.functional as F; x": REFUSED.format("torch"),
    "from tensorflow.keras.losses import *": TENSORFLOW,
    "from lossedu.losses import *": REFUSED.format("lossedu.losses"),
    "from lossedu.losses import huber as h": REFUSED.format("lossedu.losses"),
    "from lossedu import losses": REFUSED.format("lossedu.losses"),
    "from lossedu import *\nassert check and repr(losses) == '<stand-in for lossedu.losses>'": "",
    "import lossedu\nlossedu.losses.huber": "",
    "from sklearn import datasets, metrics\nassert datasets.load_iris": REFUSED.format("sklearn.metrics"),
    "import no_such_package as nsp\nnsp.set_theme()": NO_SUCH,
    "import google.colab\ngoogle.colab.drive.mount('/content')": MISSING.format("google.colab"),
    "import sys, google.colab as gc\nassert 'google.colab' not in sys.modules": MISSING.format("google.colab"),
    "import lossedu.nonsense\nassert lossedu.check": MISSING.format("lossedu.nonsense"),
    "import numpy.pi, numpy as np\nassert np.pi > 3": MISSING.format("numpy.pi"),
    "import numpy as np, no_such_package, helper\nassert helper.value == np.int64(3)": NO_SUCH,
    "import uses_tensorflow": "uses_tensorflow cannot be imported here (tensorflow is out of reach",
    "if True:\n    import jax\nelse:\n    import torch": JAX,
    "with open('helper.py'):\n    import jax": JAX,
    "for _ in range(3):\n    from jax import grad": JAX,
    "from __future__ import annotations\nimport jax\nx: Undefined = 1": JAX,
    "import asyncio, jax\nawait asyncio.sleep(0)": JAX,
    "try:\n    import google.colab\n    there = 1\nexcept ImportError:\n    there = 0\nassert not there": "",
    "try:\n    import no_such_package\nexcept ImportError:\n    import keras": REFUSED.format("keras"),
    "def f():\n    import tensorflow\nclass C:\n    def method(self): import tensorflow": "",
    "%time import jax": JAX,
}

# lines that set a framework up, in a cell that has imported tf, torch and a package that is missing as sns
SET_UPS = [
    "tf.get_logger().setLevel('ERROR'); tf.config.threading.limit = 1",
    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "for gpu in tf.config.list_physical_devices('GPU') or []: tf.config.grow(gpu, True)",
    "print(tf.__version__, f'{sns.__version__}')",
    "with tf.device('cpu'), torch.no_grad() as context: pass",
    "@tf.function\ndef f(x): return x",
    "class Own(tf.keras.losses.Loss, torch.nn.Module):\n    def __init__(self): super().__init__(name='my')\nOwn()",
    "from IPython.display import display\ndisplay(tf)",
]

SHELL_LINES = {
    "!pip install x": NOT_RUN.format("!pip install x"),
    "!lossedu restart entropy": NOT_RUN.format("!lossedu restart entropy"),
    "files = !ls\nassert files == [] and files.n == ''": NOT_RUN.format("!ls"),
    "%pip install x": NOT_RUN.format("%pip install x"),
    "%conda install x": NOT_RUN.format("%conda install x"),
    COLAB: NOT_RUN.format(COLAB),
    "!!ls": NOT_RUN.format("!ls"),
    "%sx ls": NOT_RUN.format("!ls"),
    "x = %system ls": NOT_RUN.format("!ls"),
    "%ls": "!ls",
    "if True:\n    !ls {x}": NOT_RUN.format("!ls {x}"),
    "get_ipython().system('ls')": NOT_RUN.format("!ls"),
    "get_ipython().run_line_magic('pip', 'install x')": NOT_RUN.format("%pip install x"),
    "%matplotlib nonsense\nimport matplotlib.pyplot as plt\nplt.plot([1]).pop().figure.savefig('made.png')": (
        SKIPPED.format("%matplotlib nonsense")
    ),
    "%matplotlib widget\nplt.plot([1])\nplt.show()": SKIPPED.format("%matplotlib widget"),
    "%load_ext no_such_package": SKIPPED.format("%load_ext no_such_package") + "No module named",
    "%tensorflow_version 2.x": SKIPPED.format("%tensorflow_version 2.x"),
    "%cd /no/such/folder": "No such file or directory",
    "def f():\n    inside = 5\n    %time assert inside\nf()": "",
}
WHOLE_CELLS = {"%%bash\nls": "%%bash", "%%script perl -w\nprint": "%%script perl -w", "%%system\nls": "!ls"}

STILL_ERRORS = {
    "from numpy import nonsense": "ImportError",
    "from helper import value, nonsense": "ImportError",
    "import broken": "ZeroDivisionError",
    "from . import helper": "ImportError",
    "import tensorflow\nx = = 1": "SyntaxError",
    "%time 1 / 0": "ZeroDivisionError",
    "%run no_such_file.py": "Exception",
    "%%time\nimport tensorflow\n1 / 0": "ZeroDivisionError",
    "%%nonsense\n1": "UsageError",
}

VALUES = [
    *("float(tf.x)", "int(tf.x)", "range(tf.x)", "len(tf.x)", "list(tf.x)", "tf.x[0]", "a, b = tf.load()", "1 in tf.x"),
    *(
        "np.array(tf.x)",
        "np.log(tf.x)",
        "np.ones(2) * tf.x",
        "tf.x + 1",
        "1 - tf.x",
        "-tf.x",
        "tf.x > 0",
        "2 ** tf.x()",
    ),
    *("np.asarray([tf.x, 1.0])", "np.testing.assert_allclose(tf.x, 1)", "isinstance(1, tf.Tensor)", "sympy.log(tf.x)"),
    *("plt.plot(tf.x)", "plt.imshow(tf.x)", "plt.hist(tf.x)", "plt.bar(tf.x, tf.x)", "plt.scatter([1], tf.x)"),
]


def folder_in(path):
    """The folder of a submission, with modules beside the notebook."""
    (path / "work").mkdir()
    for name, code in {"helper": "value = 3", "broken": "1 / 0", "uses_tensorflow": "import tensorflow"}.items():
        (path / "work" / f"{name}.py").write_text(code)
    return path / "work"


def execute(path, cells, isolation="none"):
    """Run cells in one kernel, as grading does, and return them."""
    (path / "seed.txt").write_text("7")
    config = Config(WarmProvisioner={"isolation": isolation})
    executing = TrustedExecute(config=config, secret_seed_file=str(path / "seed.txt"), timeout=20)
    graded, _ = executing.preprocess(new_notebook(cells=cells), {"metadata": {"path": str(folder_in(path))}})
    return graded.cells


def run(path, sources, isolation="none"):
    """Run cells in one kernel, and return what each prints and its errors."""
    return [
        (
            "".join(output.text for output in cell.outputs if output.get("name") == "stdout"),
            [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"],
        )
        for cell in execute(path, [new_code_cell(source) for source in sources], isolation)
    ]


ATTEMPTS = "import sys\nfound = []\nsys.audit('lossedu.attempts', found)\nprint(found)"
GOING_ON = {source: printed for kind in (IMPORTS, SHELL_LINES) for source, printed in kind.items()}


@pytest.fixture(scope="module", params=others_slow(["warm", "in a sandbox", "plain"], 3, start=1))
def outcomes(request, tmp_path_factory):
    """The result of each construct, in a kernel of each kind; `ATTEMPTS` comes last."""
    if request.param == "in a sandbox":
        request.getfixturevalue("sandbox")
    set_ups = [f"import tensorflow as tf, torch, no_such_package as sns\n{source}" for source in SET_UPS]
    sources = [f"{source}\nprint('went on')" for source in [*GOING_ON, *set_ups]]
    sources += [*WHOLE_CELLS, *STILL_ERRORS, ATTEMPTS]
    keys = [*GOING_ON, *SET_UPS, *WHOLE_CELLS, *STILL_ERRORS, ATTEMPTS]
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "plain":
            patch.setattr("lossedu.grading.steps.running.server_for", lambda *ignored: None)
        isolation = "bubblewrap" if request.param == "in a sandbox" else "none"
        ran = run(tmp_path_factory.mktemp("stand_ins"), sources, isolation)
    return dict(zip(keys, ran, strict=True))


@pytest.mark.parametrize("source", GOING_ON)
def test_a_cell_goes_on_and_says_what_it_did_without(outcomes, source):
    printed, errors = outcomes[source]
    assert (errors, printed.splitlines()[-1]) == ([], "went on")
    assert GOING_ON[source] in printed
    assert printed.count("earns nothing") + printed.count("not run") + printed.count("skipped") <= 1


@pytest.mark.parametrize("source", SET_UPS)
def test_lines_that_set_a_framework_up_stop_nothing(outcomes, source):
    printed, errors = outcomes[source]
    assert (errors, printed.splitlines()[-1]) == ([], "went on")


@pytest.mark.parametrize("source", WHOLE_CELLS)
def test_a_cell_for_another_program_is_not_run(outcomes, source):
    assert outcomes[source] == (f"{NOT_RUN.format(WHOLE_CELLS[source])}\n", [])


@pytest.mark.parametrize("source", STILL_ERRORS)
def test_other_errors_stay(outcomes, source):
    _, (error,) = outcomes[source]
    assert error.startswith(f"{STILL_ERRORS[source]}: ")


def test_only_what_a_module_of_the_learners_own_does_is_an_attempt(outcomes):
    assert outcomes[ATTEMPTS] == ("['importing tensorflow']\n", [])  # by uses_tensorflow.py


@pytest.fixture(scope="module")
def needing_values(tmp_path_factory):
    """The result of code that needs the value of a stand-in."""
    first = "import numpy as np, matplotlib.pyplot as plt, sympy, tensorflow as tf, no_such_package as nsp"
    started = time.monotonic()
    outcomes = run(tmp_path_factory.mktemp("values"), [first, *VALUES, "float(nsp.x)"])
    assert time.monotonic() - started < 60
    return dict(zip([first, *VALUES, "float(nsp.x)"], outcomes, strict=True))


@pytest.mark.parametrize("source", VALUES)
def test_code_that_needs_a_value_stops_with_a_clear_error(needing_values, source):
    words = "ImportError: tensorflow is out of reach while submissions are graded: answer in NumPy"
    assert needing_values[source][1] == [words]


def test_a_missing_package_is_told_apart_from_a_refused_one(needing_values):
    words = "ImportError: no_such_package is not installed where submissions are graded"
    assert needing_values["float(nsp.x)"][1] == [words]


# what a submission may do to the stand-ins, and what the guard still refuses then
TAMPERING = {
    "import builtins\nbuiltins.__can_import__ = lambda *_: True\nimport keras": "ImportError: keras is out of reach",
    "get_ipython().ast_transformers.clear()": "",
    "import torch": "ImportError: torch is out of reach",
    "del get_ipython().system": "",
    "!ls": "PermissionError: other programs are out of reach",
    "import os\nos.system('ls')": "PermissionError: other programs are out of reach",
    "try:\n    import jax\nexcept ImportError as e:\n    raise ValueError(e)": "ValueError: jax is out of reach",
}


def test_without_the_stand_ins_the_guard_still_refuses(tmp_path):
    *outcomes, (attempts, _) = run(tmp_path, [*TAMPERING, ATTEMPTS])
    for said, (_, errors) in zip(TAMPERING.values(), outcomes, strict=True):
        assert [error[: len(said)] for error in errors] == ([said] if said else [])
    assert "'importing keras', 'importing torch', 'reaching for other programs" in attempts


# --- Points ---------------------------------------------------------------------------------------------------------


def graded(folder, answers, first_lines=()):
    """The results by exercise of a file with these answers, and lines at the top of its import cell."""
    nbformat.write(master(), folder / "master.ipynb")
    notebook = master()
    for name, answer in answers.items():
        cell_of(notebook, name).source = text(answer)
    notebook.cells[0].source = "\n".join([*first_lines, notebook.cells[0].source])
    nbformat.write(notebook, folder / "trust.ipynb")
    return grade_file(folder / "trust.ipynb", master=folder / "master.ipynb").result.exercises


FIRST_LINES = [
    *("import tensorflow as tf  # for later", "from lossedu.losses import *", "import no_such_package as nsp"),
    *("%matplotlib widget", "!lossedu restart entropy", COLAB, "nsp.set_theme()", "from google.colab import drive"),
]


def test_unused_imports_cost_no_points_and_are_no_reason_for_a_review(tmp_path):
    answers = ANSWERS | {"entropy": f"!lossedu restart entropy\nimport keras\n{text(ANSWERS['entropy'])}"}
    found = graded(tmp_path, answers, FIRST_LINES)
    assert {each.exercise: each.points for each in found} == POINTS
    assert [each.review for each in found if each.review] == []


# an answer, and what is said of it
USES = {
    "def entropy(p):\n    return -tf.reduce_sum(p * tf.math.log(p))": "hands the work to tensorflow:",
    "entropy = keras.losses.entropy": "hands the work to tensorflow.keras.losses.entropy:",
    "from lossedu.losses import entropy": "hands the work to lossedu.losses.entropy:",
    "def entropy(p):\n    return lossedu.losses.entropy(p)": "hands the work to lossedu.losses:",
    "class Own(keras.Loss): pass\nown = Own()\nentropy = lambda p: own(p)": "hands the work to tensorflow.keras.Loss:",
    "def entropy(p):\n    return nsp.entropy(p)": "returns a stand-in for no_such_package; expected",
    "@nsp.compiled\ndef entropy(p): return p": "returns a stand-in for no_such_package; expected",
    "def entropy(p):\n    return float(nsp.f(p))": "ImportError: no_such_package is not installed where",
    "from lossedu.losses import *\ndef entropy(p): return huber(p, p)": "NameError: name 'huber' is not defined",
    "class StreamingMean(keras.metrics.Mean): pass": "hands the work to tensorflow.keras.metrics.Mean:",
    "wasted_bits = keras.losses.kl_divergence([0.5], [0.5])": "got a stand-in for tensorflow",
    "wasted_bits = nsp": "got a stand-in for no_such_package",
    "gibbs_bound = nsp.sum('p')": "expected a SymPy expression, got a stand-in for no_such_package",
}


def checking(number, answer):
    """A test cell for an answer."""
    name = re.search("entropy|StreamingMean|wasted_bits|gibbs_bound", answer).group()
    called = name if name in ("entropy", "StreamingMean") else f"{name}={name}"
    metadata = nbgrader_metadata(f"check_{number}", solution=False, points=2)
    return new_code_cell(f"check({called})", metadata={"nbgrader": metadata})


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The test cell of each answer, graded."""
    cells = [new_code_cell("import lossedu, no_such_package as nsp, tensorflow as tf\nfrom tensorflow import keras")]
    for number, answer in enumerate(USES):
        cells += [new_code_cell(answer), checking(number, answer)]
    return dict(zip(USES, execute(tmp_path_factory.mktemp("uses"), cells)[2::2], strict=True))


@pytest.mark.parametrize("answer", USES)
def test_an_answer_that_uses_a_stand_in_earns_nothing_and_the_verdict_says_why(judged, answer):
    assert determine_grade(judged[answer]) == (0, 2)
    said = [output.data["text/plain"] for output in judged[answer].outputs if "data" in output]
    assert len(said) == 1  # the verdict, and no refusal before it
    assert USES[answer] in said[0]


def test_a_class_that_inherits_its_answer_is_named_in_a_learners_notebook_too():
    cell = run_cell("from lossedu.metrics import Mean\nclass StreamingMean(Mean): pass")
    assert (
        "hands the work to lossedu.metrics.streaming.Mean:" in verdict("StreamingMean", cell["StreamingMean"]).message
    )
