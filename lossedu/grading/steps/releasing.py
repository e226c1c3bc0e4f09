"""Write into a released notebook what the class has chosen for its learners."""

from traitlets import Bool

from lossedu.grading.nbgrader import NbGraderPreprocessor
from lossedu.intake.notebooks import OUR_METADATA
from lossedu.learners import WORKED_SOLUTIONS


class Hints(NbGraderPreprocessor):
    """Note in the metadata of a released notebook if the class switches worked solutions off."""

    worked_solutions = Bool(
        True,
        help="Whether hints end with the first line and the worked solution, and `solution` shows it. "
        "To switch them off is advice, not protection: lossedu itself holds the solutions.",
    ).tag(config=True)

    def preprocess(self, nb, resources):
        """Write the choice, unless it is the default."""
        if not self.worked_solutions:
            nb.metadata[OUR_METADATA] = {**nb.metadata.get(OUR_METADATA, {}), WORKED_SOLUTIONS: False}
        return nb, resources
