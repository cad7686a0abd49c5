"""The blocking client."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, Unpack

import grpc

from linktor.instagram.v1 import (
    access_service_pb2_grpc,
    channel_service_pb2_grpc,
    event_service_pb2_grpc,
    messaging_service_pb2_grpc,
    server_service_pb2_grpc,
)
from linktor_instagram import requests, v1
from linktor_instagram._feed import Feed, Hooks
from linktor_instagram.backoff import Attempts, Backoff
from linktor_instagram.connection import ApiKey, Connection, Tls
from linktor_instagram.cursors import CursorStore, as_store
from linktor_instagram.errors import CLOSED, LinktorError

# A send takes up to 30 s, with media 90 s; the rest is for repeating it.
DEFAULT_TIMEOUT = 120.0

T = TypeVar("T")


class Client:
    """A connection to the server. Several threads may use it at once.

    The attributes `access`, `channels`, `events`, `messaging` and `server` are
    the generated stubs, which carry the API key. They raise grpc.RpcError, which
    LinktorError.from_rpc_error() reads, and repeat nothing.
    """

    def __init__(
        self, connection: Connection, backoff: Callable[[], Backoff] = Backoff
    ) -> None:
        """Use connect() instead."""
        self._connection = connection
        self._backoff = backoff
        self._closed = threading.Event()
        # Guards _subscriptions, to which nothing is added once it is closed.
        self._lock = threading.Lock()
        self._subscriptions: weakref.WeakSet[Subscription] = weakref.WeakSet()
        self._channel = open_channel(connection)
        channel = grpc.intercept_channel(self._channel, _Authorize(connection))
        self.access = access_service_pb2_grpc.AccessServiceStub(channel)
        self.channels = channel_service_pb2_grpc.ChannelServiceStub(channel)
        self.events = event_service_pb2_grpc.EventServiceStub(channel)
        self.messaging = messaging_service_pb2_grpc.MessagingServiceStub(channel)
        self.server = server_service_pb2_grpc.ServerServiceStub(channel)

    @classmethod
    def connect(
        cls,
        target: str,
        api_key: ApiKey = None,
        tls: Tls | None = None,
        *,
        plaintext_to_other_machines: bool = False,
        options: Sequence[tuple[str, Any]] = (),
        backoff: Callable[[], Backoff] = Backoff,
    ) -> Client:
        """Returns a client of the server at `target`, such as "127.0.0.1:50051".

        It connects with the first call. By default everything is encrypted, with
        gRPC's own roots, except to loopback addresses and Unix sockets. `tls`
        encrypts these too, and names files. `plaintext_to_other_machines` sends
        everything, the API key and what customers write included, unencrypted to
        whatever machine the target names; it is for networks that encrypt by
        themselves, such as a mesh. `options` are gRPC channel options, which win
        over this package's own.
        """
        connection = Connection(
            target, api_key, tls, options, plaintext_to_other_machines
        )
        return cls(connection, backoff)

    def send(
        self,
        channel_id: str,
        to: str,
        content: requests.Content,
        *,
        quick_replies: Iterable[requests.Pair] = (),
        request_id: str = "",
        tag: v1.MessageTag | str = v1.MESSAGE_TAG_UNSPECIFIED,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> v1.SendMessageResponse:
        """Sends one message and returns when Instagram has it.

        A text may stand for the content. Within `timeout` seconds the call is
        repeated where that is safe, always with the same `request_id`; one is
        made when none is given. LinktorError tells why it failed, and with
        `outcome_unknown` that the message may have been sent all the same.
        """
        request = requests.send_request(
            channel_id, to, content, quick_replies, request_id, tag
        )
        return self._call(
            self.messaging.SendMessage, request, timeout, request.request_id
        )

    def set_ice_breakers(
        self,
        channel_id: str,
        ice_breakers: Iterable[requests.Pair],
        localizations: Mapping[str, Iterable[requests.Pair]] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> v1.SetIceBreakersResponse:
        """Replaces the ice breakers: pairs of question and payload.

        `localizations` has the same for other languages, by locale. The call is
        repeated like a send: setting the same twice changes nothing.
        """
        request = requests.ice_breakers_request(
            channel_id, ice_breakers, localizations or {}
        )
        return self._call(self.channels.SetIceBreakers, request, timeout)

    def subscribe(
        self,
        *,
        cursor_store: CursorStore | str | os.PathLike[str] | None = None,
        on_response: Callable[[v1.SubscribeEventsResponse], None] | None = None,
        on_break: Callable[[LinktorError, float], None] | None = None,
        **options: Unpack[requests.SubscribeOptions],
    ) -> Subscription:
        """Returns an iterator over events, which connects again by itself.

        `options` are those of SubscribeOptions. What `cursor_store` (a path stands
        for a file) has saved wins over `position`, `after_cursor` and `since`. Every
        event comes at least once: its cursor is saved when the next one is asked
        for. LinktorError comes out of the iteration when connecting again cannot
        help.

        `on_response` is called with every response before its events are given: the
        first of a stream sets `subscribed`, and heartbeats have no events.
        `on_break` is called with the error and the seconds to wait when the stream
        has broken and is taken up again; without it the logger gets a warning.
        """
        request = requests.subscribe_request(**options)
        feed = Feed(request, self._backoff(), Hooks(on_response, on_break))
        subscription = Subscription(self._connection, as_store(cursor_store), feed)
        with self._lock:
            if self._closed.is_set():
                raise LinktorError(grpc.StatusCode.CANCELLED, CLOSED)
            self._subscriptions.add(subscription)
        return subscription

    def close(self) -> None:
        """Ends all calls and subscriptions. Any thread may call it, twice too."""
        with self._lock:
            self._closed.set()
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.close()
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(
        self,
        method: Callable[..., T],
        request: Any,
        timeout: float,
        request_id: str = "",
    ) -> T:
        attempts = Attempts(timeout, self._backoff(), request_id)
        error: LinktorError | None = None
        while not self._closed.is_set():
            try:
                return method(request, timeout=attempts.remaining())
            except grpc.RpcError as status:
                error = LinktorError.from_rpc_error(status)
            except ValueError:
                if not self._closed.is_set():
                    raise
                break  # close() was faster, and the call was not begun.
            wait = attempts.wait_after(error)
            # After close() a CANCELLED is the caller's own.
            if wait is None or self._closed.wait(wait):
                raise error
        raise error or attempts.never_begun()


class Subscription(Iterator[v1.Event]):
    """What Client.subscribe() returns. One thread iterates; any may close."""

    def __init__(
        self, connection: Connection, store: CursorStore | None, feed: Feed
    ) -> None:
        self._closed = threading.Event()
        self._watchdog = _Watchdog()
        # Guards _channel and _call against close().
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._call: Any = None
        self._connection = connection
        self._store = store
        self._feed = feed
        if store is not None:
            feed.start_after(store.load())

    @property
    def cursor(self) -> str:
        """Everything up to here has been handled."""
        return self._feed.cursor

    @property
    def caught_up(self) -> bool:
        """Whether the application has been given everything there was."""
        return self._feed.caught_up

    def begin(self) -> None:
        """Returns when the server has begun the stream.

        Iterating does so by itself; this is for those who then cause something
        whose event they must not miss.
        """
        while not self._feed.subscribed and not self._closed.is_set():
            self._read()

    def __next__(self) -> v1.Event:
        self.commit()
        while not self._closed.is_set():
            event = self._feed.next()
            if event is not None:
                return event
            self._read()
            # A response without events may be further on, too.
            self.commit()
        raise StopIteration

    def commit(self) -> None:
        """Saves that the event given last has been handled.

        Asking for the next event does so by itself; this is for those who stop.
        """
        cursor = self._feed.handled()
        if cursor is not None:
            if self._store is not None:
                self._store.save(cursor)
            self._feed.saved(cursor)

    def close(self) -> None:
        """Ends the iteration. The event given last is not saved by it."""
        self._closed.set()
        self._disconnect()
        self._watchdog.stop()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    # Takes one response, or waits and gets ready to connect again.
    def _read(self) -> None:
        # close() takes _call and _channel away at any moment.
        call = self._call
        if call is None:
            call = self._connect()
        if call is None:
            return
        response, error, why = None, None, "the server ended the stream"
        self._watchdog.arm(self._channel, self._feed.silence_limit)
        try:
            response = next(call)
        except StopIteration:
            pass
        except grpc.RpcError as status:
            error = LinktorError.from_rpc_error(status)
        finally:
            silent = self._watchdog.disarm()
        if response is not None:
            self._feed.receive(response)
            return
        self._disconnect()
        if self._closed.is_set():
            return
        if silent:
            error, why = None, f"nothing came for {self._feed.silence_limit:g} s"
        self._closed.wait(self._feed.broken(error, why))

    # Each stream has a new channel, so that neither a frozen connection nor an
    # old wait of gRPC's own is met again. Returns None when closed.
    def _connect(self) -> Any:
        # The application's own function may raise, so it comes before the channel.
        metadata = self._connection.metadata()
        # close() must not come in between: gRPC crashes when a stub is made of a
        # channel that is closed.
        with self._lock:
            if self._closed.is_set():
                return None
            self._channel = open_channel(self._connection)
            stub = event_service_pb2_grpc.EventServiceStub(self._channel)
            self._call = call = stub.SubscribeEvents(
                self._feed.request(), metadata=metadata
            )
        return call

    def _disconnect(self) -> None:
        with self._lock:
            channel, self._channel, self._call = self._channel, None, None
        if channel is not None:
            channel.close()


class _Watchdog:
    """Closes the channel of a read that takes too long.

    Its one thread begins with the first read, and keeps no Subscription alive.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        # All below are guarded by _changed.
        self._channel: grpc.Channel | None = None
        self._deadline = float("inf")
        self._wakes = float("inf")
        self._barked = False
        self._stopped = False

    def arm(self, channel: grpc.Channel | None, limit: float) -> None:
        with self._changed:
            self._channel, self._barked = channel, False
            self._deadline = time.monotonic() + limit
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, daemon=True, name="linktor-watchdog"
                )
                self._thread.start()
            elif self._deadline < self._wakes:
                self._changed.notify()

    def disarm(self) -> bool:
        """Returns whether the read took too long."""
        with self._changed:
            self._channel, self._deadline = None, float("inf")
            return self._barked

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _work(self) -> None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if self._channel is not None and self._deadline <= now:
                    channel, self._channel, self._barked = self._channel, None, True
                    self._deadline = float("inf")
                    self._changed.release()
                    try:
                        channel.close()
                    finally:
                        self._changed.acquire()
                    continue
                # Arming again does not wake it: it looks when the limit that it
                # went to sleep with is over. A lower one does.
                self._wakes = self._deadline
                wait = None if self._deadline == float("inf") else self._deadline - now
                self._changed.wait(wait)


class _Authorize(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Adds the API key to every call of the stubs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def intercept_unary_unary(
        self, continuation: Any, details: Any, request: Any
    ) -> Any:
        return continuation(self._with_key(details), request)

    def intercept_unary_stream(
        self, continuation: Any, details: Any, request: Any
    ) -> Any:
        return continuation(self._with_key(details), request)

    def _with_key(self, details: Any) -> Any:
        return _Details(
            details, (*(details.metadata or ()), *self._connection.metadata())
        )


class _Details(grpc.ClientCallDetails):
    """The details of a call with other metadata."""

    def __init__(self, details: Any, metadata: Any) -> None:
        self.method = details.method
        self.timeout = details.timeout
        self.metadata = metadata
        self.credentials = details.credentials
        self.wait_for_ready = getattr(details, "wait_for_ready", None)
        self.compression = getattr(details, "compression", None)


def open_channel(connection: Connection) -> grpc.Channel:
    if connection.credentials is None:
        return grpc.insecure_channel(connection.target, connection.options)
    return grpc.secure_channel(
        connection.target, connection.credentials, connection.options
    )
