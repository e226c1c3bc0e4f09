"""The workers of a Dask cluster as a pool of processes: the same work as on one machine, sent to others.

All that is distributed is Dask's: where a submission runs, what is done when a worker is lost or joins, encryption.
"""

import logging
import pickle
from concurrent.futures import CancelledError
from contextlib import contextmanager

from distributed import Client, KilledWorker
from distributed.comm.core import CommClosedError

from lossedu import edition
from lossedu.grading.worker import UnfitProcessError, other_edition

log = logging.getLogger(__name__)


class Workers:
    """A pool of workers, which may come and go; `lost` is raised for a call that several of them did not survive."""

    lost = KilledWorker

    def __init__(self, client):
        """Take the workers that a `distributed.Client` has."""
        self.client, self.executor, self.waits = client, client.get_executor(pure=False), False

    def submit(self, *call):
        """The future of a call, sent as bytes: the scheduler need not import what it needs, which takes it seconds."""

        def run(sent):  # sent as code
            try:
                function, *arguments = pickle.loads(sent)  # noqa: S301
            except SystemExit as error:  # a library there is not supported; the worker itself must not end
                raise ImportError(str(error)) from None
            return function(*arguments)

        return self.ask(self.executor.submit, run, pickle.dumps(call))

    @property
    def at_once(self):
        """Two calls a worker, or two while there is none; `UnfitProcessError` if one runs several at a time."""
        threads = self.ask(self.client.nthreads)
        for address, number in threads.items():
            if number != 1:
                raise UnfitProcessError(f"the worker {address} has {number} threads: start workers with --nthreads 1")
        if not threads and not self.waits:
            log.warning("The scheduler has no workers; waiting for some.")
        self.waits = not threads
        return 2 * max(len(threads), 1)

    def ask(self, call, *arguments):
        """What the scheduler replies to a call; CommClosedError, whatever Dask raises, if it was lost."""
        try:
            return call(*arguments)
        except Exception as error:
            if isinstance(error, OSError) or self.client.status in ("closing", "closed"):
                raise CommClosedError(str(error)) from error
            raise


@contextmanager
def workers(address):
    """The pool of a cluster, by the address of its scheduler; ConnectionError when that is lost.

    How to encrypt is read from Dask's own configuration. What still runs if this is left early ends unheard.
    """
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what goes wrong is raised
    with Client(address, set_as_default=False) as client:
        try:
            check_editions(client)
            yield Workers(client)
        except (CancelledError, CommClosedError) as error:
            raise ConnectionError(f"the scheduler at {address} was lost") from error


def check_editions(client):
    """Raise `UnfitProcessError` if the scheduler or a worker has no lossedu, or another one than this process."""

    def found_there():  # sent as code, since there may be none to import it from
        try:
            import lossedu
        except ImportError:
            return None, None
        try:
            from lossedu import edition
        except ImportError:  # it is older
            return lossedu.__version__, None
        return edition.describe(), edition.digest()

    found = {"the scheduler": client.run_on_scheduler(found_there), **client.run(found_there)}
    for place, (has, digest) in found.items():
        if digest != edition.digest():
            raise UnfitProcessError(other_edition(place, has, edition.describe()))
