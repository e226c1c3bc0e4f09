"""What can go wrong between a runner and its process."""

PATIENCE = 3  # seconds that a process may take to react to an interrupt


class LostError(RuntimeError):
    """The process has ended or is out of order; says why. A new one can be started."""


class NoAnswerError(RuntimeError):
    """A question got no answer.

    Attributes:
        reason: why, as a code: `ENDED`, `BROKEN` or `NO_END`.
        fields: numbers that belong to it, by name.
        is_lost: whether the process is lost with it.
    """

    def __init__(self, reason, *, is_lost, **fields):
        """Keep the reason."""
        super().__init__(", ".join([reason, *(f"{name}: {value}" for name, value in fields.items())]))
        self.reason, self.fields, self.is_lost = reason, fields, is_lost


def no_end(seconds):
    """Return the error for a cell that did not end, even after an interrupt."""
    return LostError(f"no end within {seconds:.0f} seconds, even after an interrupt")


def no_answer(seconds, *, is_lost):
    """Return the error for a question that took too long."""
    return NoAnswerError(NO_END, is_lost=is_lost, seconds=round(seconds))


def not_ready(seconds):
    """Return the error for a process that did not start."""
    return LostError(f"no kernel was ready within {seconds:.0f} seconds")


BROKEN, ENDED, NO_END = "broken kernel", "ended kernel", "no end"
DIED = "the kernel died in this cell"
