"""Decides how long to wait before a call is repeated, and when to give it up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import grpc

from linktor_instagram.errors import CLOSED, LinktorError, leaves_unknown, may_repeat

# The server does not begin a send when less time than this is left, in seconds.
# Repeating a send then would only replace the error that is known by a less useful
# one.
LEAST_TIME = 0.5


class Backoff:
    """It gives waits that double and have a random part.

    The random part keeps the clients from coming all at once to a server that has
    just started.
    """

    def __init__(
        self,
        first: float = 0.5,
        most: float = 5.0,
        random: Callable[[], float] = random.random,
    ) -> None:
        """`first` and `most` are in seconds. `first` is so short that the
        restart of a server is not noticed. `most` is so long that the attempts are
        no load for the server. `random` returns numbers in [0, 1)."""
        self._first = first
        self._most = most
        self._random = random
        self._step = first

    def next(self, at_least: float | None = None) -> float:
        """Returns a wait between half and all of the step, and at least `at_least`."""
        wait = self._step * (0.5 + self._random() / 2)
        self._step = min(self._step * 2, self._most)
        return max(wait, at_least or 0.0)

    def reset(self) -> None:
        """Begins again with the first wait, after a success."""
        self._step = self._first


class Attempts:
    """Decides about one call, which is repeated while that is safe and time is left."""

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
        """Returns the seconds to wait, or None when the call is not repeated.

        It adds to `error` the request id, and whether the outcome of any attempt is
        unknown.
        """
        self._unknown = leaves_unknown(error, self._unknown)
        error.request_id = self._request_id
        error.outcome_unknown = self._unknown
        if not may_repeat(error):
            return None
        wait = self._backoff.next(error.retry_delay)
        return wait if wait + LEAST_TIME <= self.remaining() else None

    def never_begun(self) -> LinktorError:
        """Returns the error of a call that was not begun because the client is
        closed."""
        error = LinktorError(grpc.StatusCode.CANCELLED, CLOSED)
        error.request_id = self._request_id
        return error
