"""Check, grade and report on what learners hand in. An `nbgrader_config.py` imports `trust` from here."""

__all__ = ["trust"]


def trust(config):
    """Let nbgrader form verdicts outside of a submission's kernel, and keep scripts out of its pages.

    Args:
        config: the configuration of a course: `c` in its `nbgrader_config.py`.

    Raises:
        UnsupportedError: nbgrader or another library is of a version that lossedu was not made for.
    """
    from lossedu.grading import steps  # late: learners import other modules of this package without nbgrader

    steps.trust(config)
