"""Has the blocking client and its subscription."""

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

# This time is in seconds. A send takes up to 30 s, or 90 s with media; the rest of
# the time is for repeating it.
DEFAULT_TIMEOUT = 120.0

T = TypeVar("T")


class Client:
    """It is a connection to the server. Several threads may use it at once.

    The attributes `access`, `channels`, `events`, `messaging` and `server` are the
    generated stubs. Their calls carry the API key and are not repeated. They raise
    grpc.RpcError, which LinktorError.from_rpc_error() reads.
    """

    def __init__(
        self, connection: Connection, backoff: Callable[[], Backoff] = Backoff
    ) -> None:
        """Use connect() instead."""
        self._connection = connection
        self._backoff = backoff
        self._closed = threading.Event()
        # _lock guards _subscriptions. No subscription is added after the client was
        # closed.
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

        The client connects with the first call. By default everything is encrypted,
        and gRPC's own roots are trusted. Only loopback addresses and Unix sockets
        get plaintext. `tls` encrypts these connections, too, and names files.

        `plaintext_to_other_machines` sends everything without encryption to the
        machine that the target names, even the API key and the messages of
        customers. It is for networks that encrypt by themselves, such as a mesh.
        `options` are gRPC channel options, which replace the options of this
        package.
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

        `content` may be just a text. Within `timeout` seconds the call is repeated
        where that is safe, always with the same `request_id`. The client makes an
        id when none is given. LinktorError says why the send failed. When its
        `outcome_unknown` is true, the message may have been sent all the same.
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
        """Replaces the ice breakers, which are pairs of question and payload.

        `localizations` has the ice breakers of other languages, by locale. The call
        is repeated as a send is, because setting the same ice breakers twice
        changes nothing.
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

        `options` are the fields of SubscribeOptions. `cursor_store` is a store, or
        the path of a file. A cursor that it has saved replaces `position`,
        `after_cursor` and `since`. Every event comes at least once: its cursor is
        saved when the iteration asks for the next event. The iteration raises
        LinktorError when connecting again cannot help.

        `on_response` is called with every response before its events are given. The
        first response of a stream has `subscribed`, and heartbeats have no events.
        `on_break` is called with the error and the seconds to wait when the stream
        has broken and will be opened again. Without `on_break`, the logger gets a
        warning.
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
        """Ends all calls and subscriptions. Any thread may call it, more than once."""
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
                break  # close() came first, so that the call was not begun.
            wait = attempts.wait_after(error)
            # After close(), CANCELLED means that this application has closed the
            # client.
            if wait is None or self._closed.wait(wait):
                raise error
        raise error or attempts.never_begun()


class Subscription(Iterator[v1.Event]):
    """Client.subscribe() returns it. One thread iterates; any thread may close it."""

    def __init__(
        self, connection: Connection, store: CursorStore | None, feed: Feed
    ) -> None:
        self._closed = threading.Event()
        self._watchdog = _Watchdog()
        # _lock guards _channel and _call, because another thread may call close().
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
        """Returns the cursor up to which everything has been handled."""
        return self._feed.cursor

    @property
    def caught_up(self) -> bool:
        """Tells whether the application has been given all events that there were."""
        return self._feed.caught_up

    def begin(self) -> None:
        """Opens the stream, and returns when the server has begun it.

        The iteration does this by itself. Call begin() before you cause an event
        that you must not miss.
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
            # A response without events may have a newer cursor, too.
            self.commit()
        raise StopIteration

    def commit(self) -> None:
        """Counts the last event as handled, and saves its cursor.

        Asking for the next event does this by itself. Call commit() when you stop.
        """
        cursor = self._feed.handled()
        if cursor is not None:
            if self._store is not None:
                self._store.save(cursor)
            self._feed.saved(cursor)

    def close(self) -> None:
        """Ends the iteration. It does not save the cursor of the last event."""
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
        # close() may set _call and _channel to None at any moment.
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

    # Opens a stream and returns its call, or None when the subscription is closed.
    # Each stream has a new channel. A new channel meets neither a frozen connection
    # nor gRPC's own wait after a failed attempt to connect.
    def _connect(self) -> Any:
        # metadata() may call a function of the application, which may raise. So it
        # comes before the channel.
        metadata = self._connection.metadata()
        # close() must not run in between: gRPC crashes when a stub is made from a
        # closed channel.
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

    Its only thread begins with the first read. The thread has no reference to the
    Subscription, so it does not keep a forgotten Subscription alive.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        # _changed guards the following attributes. _wakes is the time at which the
        # thread wakes by itself. _barked says that the watchdog has closed the
        # channel of the read.
        self._channel: grpc.Channel | None = None
        self._deadline = float("inf")
        self._wakes = float("inf")
        self._barked = False
        self._stopped = False

    def arm(self, channel: grpc.Channel | None, limit: float) -> None:
        """Watches a read on this channel, which may take `limit` seconds."""
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
        """Ends the watch, and returns whether the read took too long."""
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
                # arm() wakes this thread only when the new deadline is before
                # _wakes. Otherwise the thread sees the new deadline when it wakes
                # by itself.
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
    """It has the details of a call, with other metadata."""

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
