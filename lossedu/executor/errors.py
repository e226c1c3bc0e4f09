"""What can go wrong between a runner and its process."""

PATIENCE = 3  # seconds that a process may take to react to an interrupt


class LostError(RuntimeError):
    """The process has ended or is out of order; says why. A new one can be started."""


class NoAnswerError(RuntimeError):
    """A question got no answer; says why. `is_lost` tells whether the process is lost with it."""

    def __init__(self, words, *, is_lost):
        """Say why there is no answer."""
        super().__init__(words)
        self.is_lost = is_lost


def no_end(seconds):
    """Return the error for a cell that did not end, even after an interrupt."""
    return LostError(f"no end within {seconds:.0f} seconds, even after an interrupt")


def no_answer(seconds, *, is_lost):
    """Return the error for a question that took too long."""
    return NoAnswerError(f"gives no answer within {seconds:.0f} seconds; does a loop never end?", is_lost=is_lost)


def not_ready(seconds):
    """Return the error for a process that did not start."""
    return LostError(f"no kernel was ready within {seconds:.0f} seconds")


BROKEN = "could not be tried: the kernel is out of order"
ENDED = "ends the kernel"
DIED = "the kernel died in this cell"
