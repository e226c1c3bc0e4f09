"""What tf.keras gives on the public cases, recorded, so that a check can say so without importing TensorFlow.

`lossedu record` writes the file anew; a test compares it with the installed tf.keras.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("recorded_keras_outputs.json")


@cache
def load():
    """The recorded file: the versions that made it and, by exercise, the output for each digest of a case."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"version": None, "outputs": {}}


def version():
    """The versions that made the recorded outputs, such as "Keras 3.15.1 (TensorFlow 2.21.0)"."""
    return load()["version"]


def output(exercise, case):
    """What tf.keras gave for this case, or None if it was not recorded; so an outdated file does no harm."""
    recorded = load()["outputs"].get(exercise.name, {}).get(case.digest())
    return None if recorded is None else np.array(recorded)


def save(version, outputs):
    """Write the file: `outputs` maps exercise name -> digest -> array."""
    content = {
        "version": version,
        "outputs": {name: {key: array.tolist() for key, array in by_case.items()} for name, by_case in outputs.items()},
    }
    FILE.write_text(json.dumps(content, separators=(",", ":")).replace('},"', '},\n"') + "\n", encoding="utf-8")
    load.cache_clear()
