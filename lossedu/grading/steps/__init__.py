"""The steps of nbgrader that differ in lossedu: `reading`, `running` and `saving` a submission, `releasing` a notebook.

`nbgrader_config.py` calls `trust`, which replaces nbgrader's own steps with these, and secures its pages (`pages`).
"""

from lossedu.grading.nbgrader import (
    Execute,
    OverwriteCells,
    SaveAutoGrades,
    add_release_step,
    replace_search,
    replace_steps,
)
from lossedu.grading.pages import secure_pages
from lossedu.grading.steps.reading import RestoreCells, SubmissionExporter, master_of
from lossedu.grading.steps.releasing import Hints
from lossedu.grading.steps.running import FIGURES, RecordPictures, TrustedExecute
from lossedu.grading.steps.saving import SaveGrades, accident_in, is_put_back, waits_for_a_person

__all__ = [
    "FIGURES",
    "Hints",
    "RecordPictures",
    "RestoreCells",
    "SaveGrades",
    "SubmissionExporter",
    "TrustedExecute",
    "accident_in",
    "is_put_back",
    "master_of",
    "trust",
    "waits_for_a_person",
]


def trust(config):
    """Set the steps of autograding and releasing (nbgrader's own or those of this package), and how pages are made."""
    ours = {OverwriteCells: [RestoreCells, OverwriteCells], Execute: [TrustedExecute], SaveAutoGrades: [SaveGrades]}
    replace_steps(config, ours)
    add_release_step(config, Hints)
    config.Autograde.exporter_class = SubmissionExporter
    replace_search()
    secure_pages(config)
