"""The number that draws the hidden inputs of a submission.

An answer can record the inputs that it gets, and a cell can print them. So each submission has inputs of its own: what
one grading shows is worth nothing to another submission. The same submission always has the same inputs, whenever and
wherever it is graded.
"""

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path

from lossedu.intake.notebooks import OUR_METADATA, UnreadableError, read_notebook

OF_A_RUN = {OUR_METADATA, "kernelspec", "language_info", "execution", "nbgrader"}  # metadata that grading writes


def read_secret(file):
    """Return the secret number of a course from its file; draw one if there is no file yet."""
    if not file.exists():
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.") as drawn:
            drawn.write(f"{secrets.randbits(63)}\n")
            drawn.flush()
            with contextlib.suppress(FileExistsError):  # the first process wins
                os.link(drawn.name, file)  # readable for its owner only, and never empty
    return int(file.read_text(encoding="utf-8"))


def seed_of(secret_seed, fingerprint):
    """Return the seed for a submission's hidden inputs, from the secret number of the course and its fingerprint."""
    drawn = hashlib.blake2b(f"{secret_seed} ".encode() + fingerprint, digest_size=16)
    return int.from_bytes(drawn.digest(), "big")


def fingerprint_of(notebook, folder, own_file=None):
    """Return bytes that stand for a submission; another one has others.

    Args:
        notebook: the notebook that is about to run.
        folder: where it runs, if anywhere. Its files count too, since an answer can read them.
        own_file: the name of this notebook's file in the folder, without outputs; the file is not read again.
    """
    content = hashlib.blake2b(written_text(notebook))
    beside = Path(folder).rglob("*") if folder else ()
    for path in sorted(path for path in beside if path.is_file() and not path.is_symlink()):
        if own_file is not None and path == Path(folder, own_file):
            continue
        content.update(json.dumps(str(path.relative_to(folder))).encode())
        content.update(hashlib.blake2b(file_content(path)).digest())
    return content.digest()


def file_content(path):
    """Return what counts of a file: of a notebook, all but what a run writes into it."""
    content = path.read_bytes()
    if path.suffix != ".ipynb":
        return content
    try:
        return written_text(read_notebook(content))
    except UnreadableError:
        return content


def written_text(notebook):
    """Return what learners can write into a notebook, as bytes that do not depend on whether it has been run."""
    cells = [
        [cell.cell_type, cell.source, written(cell.metadata), cell.get("attachments", {})] for cell in notebook.cells
    ]
    return json.dumps([written(notebook.metadata), cells], sort_keys=True, default=str).encode()


def written(metadata):
    """Return the metadata that grading leaves alone."""
    return {name: value for name, value in metadata.items() if name not in OF_A_RUN}
