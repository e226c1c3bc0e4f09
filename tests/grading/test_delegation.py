"""While submissions are graded, no way leads to a function that is the exercise; building blocks stay usable."""

import json
import re
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade

from lossedu import exercises
from lossedu.authoring import nbgrader_metadata
from lossedu.executor import hiding
from lossedu.exercises._ready_made import READY_MADE
from tests.conftest import ROOT
from tests.grading.delegating import BACK, BREAKING, HONEST, OTHERS, SABOTAGED, WRAPPED
from tests.grading.test_stand_ins import execute
from tests.grading.test_trusted import verdict_in

STOPPING = re.compile(r"delegated|stops with|is not there|returns a stand-in|could not be looked through")


def exercise_of(source):
    """The exercise that a source answers: the last one whose name it binds."""
    bound = re.findall(r"(?:def |import |as |^\s*)(\w+)(?: = |\(|$)", source, re.MULTILINE)
    return [name for name in bound if name in exercises.names()][-1]


def cells_for(number, source):
    """The cells that forget earlier answers, give this one, and check it."""
    name = exercise_of(source)
    points = exercises.get(name).points
    metadata = nbgrader_metadata(f"check_{number}", solution=False, points=points)
    forgetting = f"import numpy as np\nglobals().pop({name!r}, None)"
    return [*map(new_code_cell, (forgetting, source)), new_code_cell(f"check({name})", metadata={"nbgrader": metadata})]


def graded(path, ways, isolation="none"):
    """The points, the most that there are, and the verdict for each of these answers, all graded in one kernel."""
    cells = []
    for number, source in enumerate(ways.values()):
        cells += cells_for(number, source)
    checks = execute(path, cells, isolation)[2::3]
    return {name: (*determine_grade(cell), verdict_in(cell)) for name, cell in zip(ways, checks, strict=True)}


@pytest.fixture(scope="module")
def delegating(tmp_path_factory):
    """What comes of the answers that delegate, by their names."""
    return graded(tmp_path_factory.mktemp("delegating"), WRAPPED | OTHERS)


@pytest.mark.parametrize("way", WRAPPED | OTHERS)
def test_a_ready_made_function_earns_nothing_in_any_wrapping(delegating, way):
    points, most, verdict = delegating[way]
    assert (points, verdict["diagnosis"]) == (0, "delegated"), verdict["message"]
    assert most > 0
    assert re.search("hands the work to (scipy|sklearn)", verdict["message"])


def test_a_sandbox_hides_the_same_functions(sandbox, tmp_path, delegating):
    ways = {way: (WRAPPED | OTHERS)[way] for way in ("imported", "executed text", "huber", "cosine", "jensenshannon")}
    assert graded(tmp_path, ways, "bubblewrap") == {way: delegating[way] for way in ways}


CONTROL = """
import json, sys
import numpy as np
from lossedu.checking import verdict
points = {}
for way, (exercise, source) in json.load(sys.stdin).items():
    names = {"np": np, "__name__": "__main__"}
    exec(source, names)
    points[way] = verdict(exercise, names[exercise], allow_ready_made=True).points
print(json.dumps(points))
"""


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory):
    """The points that the same answers earn where nothing is hidden and nobody looks through them."""
    ways = {way: (exercise_of(source), source) for way, source in (WRAPPED | OTHERS).items()}
    done = subprocess.run(
        [sys.executable, "-c", CONTROL],
        input=json.dumps(ways),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path_factory.mktemp("unguarded"),
        env={"PYTHONPATH": str(ROOT)},
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("way", WRAPPED | OTHERS)
def test_each_way_would_earn_points_if_nothing_were_hidden(unguarded, way):
    assert unguarded[way] > 0


@pytest.fixture(scope="module")
def going_back(tmp_path_factory):
    """What comes of the answers that look for a hidden function."""
    return graded(tmp_path_factory.mktemp("back"), BACK | {"still hidden": WRAPPED["imported"]} | BREAKING)


@pytest.mark.parametrize("way", [*BACK, "still hidden", *BREAKING])
def test_no_way_leads_back_to_a_hidden_function(going_back, way):
    points, _, verdict = going_back[way]
    assert points == 0
    assert STOPPING.search(f"{verdict['diagnosis']} {verdict['message']}"), verdict["message"]


@pytest.mark.parametrize("way", SABOTAGED)
def test_an_answer_that_cannot_be_looked_through_earns_nothing_and_is_told_so(tmp_path, way):
    ((points, _, verdict),) = graded(tmp_path, {way: SABOTAGED[way]}).values()
    assert points == 0
    assert "could not be looked through for work that it hands to others (" in verdict["message"]


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """What comes of honest answers, by their names."""
    return graded(tmp_path_factory.mktemp("honest"), HONEST)


@pytest.mark.parametrize("way", HONEST)
def test_an_honest_answer_loses_nothing(honest, way):
    points, most, verdict = honest[way]
    assert points == most > 0, verdict["message"]


def test_functions_on_the_list_are_tools_in_chapters_that_do_not_ask_for_them(tmp_path):
    cells = [
        new_code_cell("from scipy.special import entr, expit, huber\nprint(expit(0.0), entr(0.0), huber(1, 1))"),
        *cells_for(0, "def squared_error(y_true, y_pred): return (y_pred - y_true) ** 2"),
    ]
    first, *_, check = execute(tmp_path, cells)
    assert first.outputs[0].text == "0.5 0.0 0.5\n"
    assert determine_grade(check)[0] == exercises.get("squared_error").points


def test_no_name_of_the_function_below_subprocess_starts_programs(tmp_path):
    source = "import subprocess\nprint(getattr(subprocess, '_fork_exec', None))"
    (cell,) = execute(tmp_path, [new_code_cell(source)])
    assert cell.outputs[0].text.startswith(("<function start_program", "None"))


def test_the_list_names_exercises_and_what_scipy_has():
    assert set(READY_MADE) <= set(exercises.names())
    functions = {function for functions in READY_MADE.values() for function in functions if "." in function}
    assert [name for name in sorted(functions) if getattr(*hiding.located(name), None) is None] == []


NOTHING_LEFT = """
import gc, sys
import numpy as np
import scipy.stats
from lossedu import exercises
from lossedu.executor import hiding
from lossedu.grading import _audit_hook
names = [name for name in exercises.ready_made_in(exercises.chapters()) if "." in name] + [_audit_hook.STARTER]
originals = np.array([getattr(*hiding.located(name)) for name in names], object)  # the collector passes over it
hiding.hide({name: object() for name in names})
for number, name in enumerate(names):
    if left := gc.get_referrers(originals[number]):
        print(name, left)
"""


def test_nothing_refers_to_a_hidden_function():
    done = subprocess.run([sys.executable, "-c", NOTHING_LEFT], capture_output=True, text=True, check=True)
    assert done.stdout == ""
