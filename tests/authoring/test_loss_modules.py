"""`make losses` writes modules from the declarations of the losses, also for a loss that is added."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lossedu import losses
from lossedu.authoring import loss_modules
from lossedu.losses.declaration import DECLARATIONS, Call, declare
from tests.conftest import ROOT

HUBER = DECLARATIONS["huber"]
NEW_FAMILY = '''
"""A family that is new."""

from lossedu.arrays import Array, Floats, length
from lossedu.losses._loss import loss
from lossedu.losses.declaration import ERROR, INFINITE, Call, ClassForm, Facts, declare


@loss
def fourth_power(y_true: Array, y_pred: Array, scale: float = 1.0) -> Floats:
    """The mean fourth power of the errors."""
    return (scale * (y_pred - y_true) ** 4).mean(-1)


@fourth_power.gradient_of
def fourth_power_gradient(y_true: Array, y_pred: Array, scale: float = 1.0) -> Floats:
    """Its derivative."""
    return 4 * scale * (y_pred - y_true) ** 3 / length(y_pred, -1)


declare(
    fourth_power,
    title="Fourth power",
    family="regression",
    chapter=None,
    curve=ERROR,
    keras_class=ClassForm("FourthPower"),
    aliases={"Keras 1": ("fourth",)},
    example={"y_true": [0.0], "y_pred": [2.0]},
    elsewhere={"SciPy": Call("scipy.special.fourth_power(y_pred - y_true)")},
    facts=Facts("errors must not be large.", "one is.", "none", "none", 0, INFINITE, True),
)
'''
USE = """
import json, sys
from pathlib import Path
from lossedu import losses
from lossedu.losses.aliases import BY_ERA, ELSEWHERE
loss = losses.FourthPower(scale=2.0)
sys.path.insert(0, "docs")
import book
print(json.dumps([
    float(losses.fourth([0.0], [2.0])), losses.fourth_power.gradient([0.0], [2.0]).tolist(),
    repr(losses.get("fourth_power")), repr(loss), float(loss([[0.0]], [[2.0]])), repr(losses.get("FourthPower")),
    BY_ERA["Keras 1"]["fourth"], ELSEWHERE["SciPy"]["fourth_power"], "FourthPower" in book.loss_page("fourth_power"),
]))
"""


def test_the_written_modules_follow_from_the_declarations():
    for path, text in loss_modules.modules().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: make losses"


@pytest.mark.slow
def test_a_new_loss_needs_only_one_module_with_a_declaration(tmp_path):
    for folder in ("lossedu", "docs", "course", "solutions"):
        copied = subprocess.run(["cp", "-r", ROOT / folder, tmp_path], capture_output=True)
        assert copied.returncode == 0
    Path(tmp_path, "lossedu", "losses", "powers.py").write_text(NEW_FAMILY.lstrip())
    here = {"cwd": tmp_path, "capture_output": True, "text": True, "env": {"PYTHONPATH": str(tmp_path)}}
    written = subprocess.run([sys.executable, "-m", "lossedu.authoring.loss_modules"], **here)
    assert written.returncode == 0, written.stderr
    used = subprocess.run([sys.executable, "-c", USE], **here)
    assert used.returncode == 0, used.stderr
    value, gradient, function, loss, reduced, default, today, elsewhere, has_page = json.loads(used.stdout)
    assert (value, gradient, reduced) == (16.0, [32.0], 32.0)
    assert function.startswith("<function fourth_power")
    assert (loss, default) == ("FourthPower(scale=2.0)", "FourthPower()")
    assert (today, elsewhere, has_page) == ("fourth_power", "scipy.special.fourth_power", True)


def test_each_public_loss_is_declared_and_each_declared_loss_is_public():
    public = {name for name in losses.__all__ if hasattr(getattr(losses, name), "gradient_of")}
    assert public - {"reduce_loss"} == set(DECLARATIONS)  # a function on losses, not a loss


def test_a_declared_chapter_exists_and_asks_for_its_losses():
    from lossedu import exercises

    chapters = {name: declared.chapter for name, declared in DECLARATIONS.items()}
    assert set(chapters.values()) - {None} <= set(exercises.chapters())
    asked = {name: exercises.get(name).chapter for name in exercises.names() if name in chapters}
    assert {name: chapters[name] for name in asked} == asked


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "huber is declared already"),
        ({"family": "robust"}, "family must be one of regression, robust regression, .*, got 'robust'"),
        ({"aliases": {"Keras 0": ("h",)}}, "era must be one of Keras 1, Keras 2, .*, got 'Keras 0'"),
        ({"elsewhere": {"MATLAB": Call("huber")}}, "library must be one of tf.keras, .*, got 'MATLAB'"),
    ],
)
def test_a_wrong_declaration_is_refused(changed, message, monkeypatch):
    if changed:
        monkeypatch.delitem(DECLARATIONS, "huber")
    usual = vars(HUBER) | {"aliases": {}, "elsewhere": {}}
    with pytest.raises(ValueError, match=message):
        declare(losses.huber, **usual | changed)
