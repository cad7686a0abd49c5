"""Keeps the state of a subscription. It does no I/O: both kinds of client use it."""

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

# The comments in protos/ say that a client should connect again when it hears
# nothing for three heartbeat intervals.
SILENT_INTERVALS = 3
# This heartbeat interval, in seconds, counts until the server says which one it
# uses.
DEFAULT_INTERVAL = 15.0
# A stream has at least this many seconds for its first response, even when the
# interval is shorter: connecting takes time, too.
FIRST_RESPONSE = 15.0


class Hooks(NamedTuple):
    """These are functions of the application; Client.subscribe() describes them."""

    on_response: Callable[[v1.SubscribeEventsResponse], None] | None = None
    on_break: Callable[[LinktorError, float], None] | None = None


class Feed:
    """It keeps the events of a subscription, and how far the application has come.

    One reader calls receive() only when next() has no more events.
    """

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
        # _end is the cursor of the response from which _events came. It may be past
        # the last of these events, because the filter may have hidden some.
        self._end = ""
        # The application has handled everything up to `cursor`. The store has the
        # cursor _saved.
        self.cursor = request.after_cursor
        self._saved = self.cursor
        # _given becomes `cursor` when the last event counts as handled. That is
        # when the application asks for the next event.
        self._given = ""
        self.subscribed = False
        self._end_is_caught_up = False

    @property
    def silence_limit(self) -> float:
        """Returns the seconds without a response after which a connection counts as
        dead."""
        return self._silence if self.subscribed else max(self._silence, FIRST_RESPONSE)

    def start_after(self, stored: str | None) -> None:
        """Goes on after the cursor of a store, before anything is read."""
        if stored:
            self.cursor = self._saved = stored

    def request(self) -> v1.SubscribeEventsRequest:
        """Returns the request of the next stream, which goes on after `cursor`."""
        if self.cursor:
            self._request.after_cursor = self.cursor
        return self._request

    def receive(self, response: v1.SubscribeEventsResponse) -> None:
        """Takes the next response of the stream."""
        self._backoff.reset()
        if not self.subscribed:
            log.info("reading events")
        # Any response proves that the stream has begun. The server sets the field
        # `subscribed` only in the first response.
        self.subscribed = True
        in_force = response.heartbeat_interval.ToNanoseconds() / 1e9
        if in_force > 0:
            self._silence = SILENT_INTERVALS * in_force
        self._events.extend(response.events)
        self._end = response.cursor
        self._end_is_caught_up = response.caught_up
        if not self._events:
            self._given = response.cursor
        # This call comes last, so that an exception in it loses no events.
        if self._hooks.on_response is not None:
            self._hooks.on_response(response)

    @property
    def caught_up(self) -> bool:
        """Tells whether the application has been given all events that there were."""
        return self._end_is_caught_up and not self._events

    def next(self) -> v1.Event | None:
        """Returns the next event, or None when receive() must be called first."""
        if not self._events:
            return None
        event = self._events.popleft()
        self._given = event.cursor if self._events else self._end or event.cursor
        return event

    def handled(self) -> str | None:
        """Counts the last event as handled, and returns the cursor to save.

        It returns None when that cursor is saved already.
        """
        if self._given:
            self.cursor = self._given
        return self.cursor if self.cursor != self._saved else None

    def saved(self, cursor: str) -> None:
        """Records that the store has this cursor."""
        self._saved = cursor

    def broken(self, error: LinktorError | None, why: str) -> float:
        """Returns the seconds to wait before the stream is opened again.

        `error` is None when no status ended the stream; `why` then says what
        happened. The error is raised when opening the stream again would not help.
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
