"""Where a subscription stands. It does no I/O: both kinds of client use it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import grpc

from linktor_instagram import v1
from linktor_instagram.backoff import Backoff
from linktor_instagram.errors import LinktorError, may_resume

log = logging.getLogger("linktor_instagram")

# The contract: a client that hears nothing for three intervals reconnects.
SILENT_INTERVALS = 3
# It holds until the server says what is in force.
DEFAULT_INTERVAL = 15.0
# Seconds: the first response also takes connecting, so it has at least this long
# where the interval is short.
FIRST_RESPONSE = 15.0


class Hooks(NamedTuple):
    """What the application wants to see; Client.subscribe() says more."""

    on_response: Callable[[v1.SubscribeEventsResponse], None] | None = None
    on_break: Callable[[LinktorError, float], None] | None = None


class Feed:
    """One reader calls receive() only when next() has nothing more to give."""

    def __init__(
        self,
        request: v1.SubscribeEventsRequest,
        backoff: Backoff,
        hooks: Hooks,
    ) -> None:
        self._request = request
        self._backoff = backoff
        self._hooks = hooks
        asked = request.heartbeat_interval.ToNanoseconds() / 1e9
        self._silence = SILENT_INTERVALS * (asked or DEFAULT_INTERVAL)
        self._events: deque[v1.Event] = deque()
        # The cursor of the response that _events are of, which may be further
        # on than the last of them.
        self._end = ""
        # Everything up to here has been handled; and so much of it is saved.
        self.cursor = request.after_cursor
        self._saved = self.cursor
        # The event given last counts as handled when the next is asked for.
        self._given = ""
        self.subscribed = False
        self._end_is_caught_up = False

    @property
    def silence_limit(self) -> float:
        """Seconds without a response after which the connection counts as dead."""
        return self._silence if self.subscribed else max(self._silence, FIRST_RESPONSE)

    def start_after(self, stored: str | None) -> None:
        """Takes what a store had, before anything is read."""
        if stored:
            self.cursor = self._saved = stored

    def request(self) -> v1.SubscribeEventsRequest:
        """Returns the request that goes on where the application is."""
        if self.cursor:
            self._request.after_cursor = self.cursor
        return self._request

    def receive(self, response: v1.SubscribeEventsResponse) -> None:
        self._backoff.reset()
        if not self.subscribed:
            log.info("reading events")
        # The first response is the one whose field `subscribed` is set, and any
        # response proves that the stream has begun.
        self.subscribed = True
        in_force = response.heartbeat_interval.ToNanoseconds() / 1e9
        if in_force > 0:
            self._silence = SILENT_INTERVALS * in_force
        self._events.extend(response.events)
        self._end = response.cursor
        self._end_is_caught_up = response.caught_up
        if not self._events:
            self._given = response.cursor
        # It is the last thing here: what it raises must not lose the events.
        if self._hooks.on_response is not None:
            self._hooks.on_response(response)

    @property
    def caught_up(self) -> bool:
        """Whether the application has been given everything there was."""
        return self._end_is_caught_up and not self._events

    def next(self) -> v1.Event | None:
        if not self._events:
            return None
        event = self._events.popleft()
        self._given = event.cursor if self._events else self._end or event.cursor
        return event

    def handled(self) -> str | None:
        """Takes the event given last as handled; returns a cursor to save."""
        if self._given:
            self.cursor = self._given
        return self.cursor if self.cursor != self._saved else None

    def saved(self, cursor: str) -> None:
        self._saved = cursor

    def broken(self, error: LinktorError | None, why: str) -> float:
        """Returns the seconds to wait before the stream is opened again.

        `why` is told where no status was the cause. Raises `error` when opening it
        again would not help.
        """
        self.subscribed = False
        if error is None:
            error = LinktorError(grpc.StatusCode.UNAVAILABLE, why)
        if not may_resume(error):
            raise error
        wait = self._backoff.next(error.retry_delay)
        if self._hooks.on_break is not None:
            self._hooks.on_break(error, wait)
        else:
            log.warning("%s; connecting again in %.1f s", error, wait)
        return wait
