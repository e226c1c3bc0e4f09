"""Litter is what no student made. A file that may hold an answer, or that shows a mistake, is not litter."""

import pytest

from lossedu.intake.litter import is_litter


@pytest.mark.parametrize(
    "path",
    [
        ".DS_Store",
        "00_first_loss/.DS_Store",
        "__MACOSX/00_first_loss/00_first_loss.ipynb",
        "._00_first_loss.ipynb",
        "Icon\r",
        "Thumbs.db",
        "THUMBS.DB",
        "a/b/Desktop.ini",
        "$RECYCLE.BIN/S-1-5-21/x.ipynb",
        "System Volume Information/IndexerVolumeGuid",
        ".ipynb_checkpoints/00_first_loss-checkpoint.ipynb",
        ".ipynb_checkpoints/",
        "__pycache__/helper.cpython-311.pyc",
        "helper.pyc",
        "~$notes.docx",
        ".~lock.notes.odt#",
        "@eaDir/00_first_loss.ipynb@SynoEAStream",
        ".Trashes/501/x",
        ".Trash-1000/files/x.ipynb",
        ".Spotlight-V100/",
        ".fseventsd/fseventsd-uuid",
        ".git/objects/ab/cdef",
        ".git",
        ".nfs000000000023c4d500000001",
        ".00_first_loss.py.swp",
        "00_first_loss.py~",
        "#00_first_loss.py#",
        ".#00_first_loss.py",
    ],
)
def test_what_programs_leave_behind_is_litter(path):
    assert is_litter(path)


@pytest.mark.parametrize(
    "path",
    [
        "00_first_loss.ipynb",
        "00_first_loss-Copy1.ipynb",
        "00_first_loss.ipynb.txt",
        "00_first_loss.ipynb.tmp",
        "00_first_loss.ipynb.bak",
        "00_first_loss.ipynb - Shortcut.lnk",
        ".00_first_loss.ipynb.icloud",
        "timestamp.txt",
        "00_first_loss.zip",
        "desktop.initial.py",
        "git/00_first_loss.ipynb",
        "my.DS_Store.ipynb",
        "part",
        "Icon",
        "Icon1",
        "anna~/00_first_loss.ipynb",
        "anna~/",
        "x.part/00_first_loss.ipynb",
        "~$x/00_first_loss.ipynb",
        "._x/00_first_loss.ipynb",
        "",
    ],
)
def test_what_may_be_somebodys_work_is_not(path):
    assert not is_litter(path)
