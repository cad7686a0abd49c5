"""How long to wait before trying again, and for how long at all."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import grpc

from linktor_instagram.errors import CLOSED, LinktorError, leaves_unknown, may_repeat

# With less time left the server does not begin a send. Repeating it then would
# only cover up the error that is known.
LEAST_TIME = 0.5


class Backoff:
    """Waits that double, and are never the same for two clients.

    So they do not all come at once to a server that has just started.
    """

    def __init__(
        self,
        first: float = 0.5,
        most: float = 5.0,
        random: Callable[[], float] = random.random,
    ) -> None:
        """Takes seconds: `first` is so short that a restart is not noticed, and
        `most` so long that waiting is no load. `random` gives numbers in [0, 1)."""
        self._first = first
        self._most = most
        self._random = random
        self._step = first

    def next(self, at_least: float | None = None) -> float:
        """Returns between half and all of the step, and at least `at_least`."""
        wait = self._step * (0.5 + self._random() / 2)
        self._step = min(self._step * 2, self._most)
        return max(wait, at_least or 0.0)

    def reset(self) -> None:
        """Begins anew, after a success."""
        self._step = self._first


class Attempts:
    """One call, repeated while that is safe and the caller's time lasts."""

    def __init__(
        self,
        timeout: float,
        backoff: Backoff,
        request_id: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._deadline = clock() + timeout
        self._backoff = backoff
        self._request_id = request_id
        self._unknown = False

    def remaining(self) -> float:
        return max(self._deadline - self._clock(), 0.0)

    def wait_after(self, error: LinktorError) -> float | None:
        """Returns the seconds to wait; None when `error` is the end of it.

        Completes `error` with what is known of all attempts.
        """
        self._unknown = leaves_unknown(error, self._unknown)
        error.request_id = self._request_id
        error.outcome_unknown = self._unknown
        if not may_repeat(error):
            return None
        wait = self._backoff.next(error.retry_delay)
        return wait if wait + LEAST_TIME <= self.remaining() else None

    def never_begun(self) -> LinktorError:
        """Returns the error of a call of a closed client, which has done nothing."""
        error = LinktorError(grpc.StatusCode.CANCELLED, CLOSED)
        error.request_id = self._request_id
        return error
