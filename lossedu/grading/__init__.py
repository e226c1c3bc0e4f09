"""Check, grade and report on what learners hand in. An `nbgrader_config.py` imports `trust` from here."""

__all__ = ["trust"]


def trust(config):
    """Make nbgrader judge answers outside of a submission's kernel, and keep scripts out of its pages.

    Args:
        config: the configuration of a course: `c` in its `nbgrader_config.py`.

    Raises:
        UnsupportedError: lossedu does not support the installed version of nbgrader or of another library.
    """
    from lossedu.grading import steps  # late: learners import other modules of this package without nbgrader

    steps.trust(config)
