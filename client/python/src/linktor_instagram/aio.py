"""Has the asyncio client, which is the same as the blocking client, with await."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import grpc
import grpc.aio

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
from linktor_instagram.client import DEFAULT_TIMEOUT
from linktor_instagram.connection import ApiKey, Connection, Tls
from linktor_instagram.cursors import CursorStore, as_store
from linktor_instagram.errors import CLOSED, LinktorError

# When a timer is later than this, in seconds, the program has kept the event loop
# busy. Then it has not read from the stream either, and gets this time to do so.
_LATE = 0.5

T = TypeVar("T")


class AsyncClient:
    """It is a connection to the server, for the event loop in which connect() runs.

    Its methods, arguments and errors are the same as in Client. When a task is
    cancelled, its call ends and is not repeated.
    """

    if TYPE_CHECKING:
        access: access_service_pb2_grpc.AccessServiceAsyncStub
        channels: channel_service_pb2_grpc.ChannelServiceAsyncStub
        events: event_service_pb2_grpc.EventServiceAsyncStub
        messaging: messaging_service_pb2_grpc.MessagingServiceAsyncStub
        server: server_service_pb2_grpc.ServerServiceAsyncStub

    def __init__(
        self, connection: Connection, backoff: Callable[[], Backoff] = Backoff
    ) -> None:
        """Use connect() instead."""
        self._connection = connection
        self._backoff = backoff
        self._closed = asyncio.Event()
        self._subscriptions: weakref.WeakSet[AsyncSubscription] = weakref.WeakSet()
        self._channel = channel = open_channel(
            connection, [_AuthorizeUnary(connection), _AuthorizeStream(connection)]
        )
        self.access = access_service_pb2_grpc.AccessServiceStub(channel)  # type: ignore[assignment]
        self.channels = channel_service_pb2_grpc.ChannelServiceStub(channel)  # type: ignore[assignment]
        self.events = event_service_pb2_grpc.EventServiceStub(channel)  # type: ignore[assignment]
        self.messaging = messaging_service_pb2_grpc.MessagingServiceStub(channel)  # type: ignore[assignment]
        self.server = server_service_pb2_grpc.ServerServiceStub(channel)  # type: ignore[assignment]

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
    ) -> AsyncClient:
        """See Client.connect(); call it in the event loop."""
        connection = Connection(
            target, api_key, tls, options, plaintext_to_other_machines
        )
        return cls(connection, backoff)

    async def send(
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
        """See Client.send()."""
        request = requests.send_request(
            channel_id, to, content, quick_replies, request_id, tag
        )
        return await self._call(
            self.messaging.SendMessage, request, timeout, request.request_id
        )

    async def set_ice_breakers(
        self,
        channel_id: str,
        ice_breakers: Iterable[requests.Pair],
        localizations: Mapping[str, Iterable[requests.Pair]] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> v1.SetIceBreakersResponse:
        """See Client.set_ice_breakers()."""
        request = requests.ice_breakers_request(
            channel_id, ice_breakers, localizations or {}
        )
        return await self._call(self.channels.SetIceBreakers, request, timeout)

    def subscribe(
        self,
        *,
        cursor_store: CursorStore | str | os.PathLike[str] | None = None,
        on_response: Callable[[v1.SubscribeEventsResponse], None] | None = None,
        on_break: Callable[[LinktorError, float], None] | None = None,
        **options: Unpack[requests.SubscribeOptions],
    ) -> AsyncSubscription:
        """See Client.subscribe().

        The store is called in a thread. The two functions are called in the event
        loop.
        """
        if self._closed.is_set():
            raise LinktorError(grpc.StatusCode.CANCELLED, CLOSED)
        request = requests.subscribe_request(**options)
        feed = Feed(request, self._backoff(), Hooks(on_response, on_break))
        subscription = AsyncSubscription(self._connection, as_store(cursor_store), feed)
        self._subscriptions.add(subscription)
        return subscription

    async def close(self) -> None:
        """Ends all calls and subscriptions."""
        self._closed.set()
        for subscription in list(self._subscriptions):
            await subscription.close()
        await self._channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _call(
        self,
        method: Callable[..., Awaitable[T]],
        request: Any,
        timeout: float,
        request_id: str = "",
    ) -> T:
        attempts = Attempts(timeout, self._backoff(), request_id)
        error: LinktorError | None = None
        while not self._closed.is_set():
            try:
                return await method(request, timeout=attempts.remaining())
            except grpc.RpcError as status:
                error = LinktorError.from_rpc_error(status)
            except asyncio.CancelledError:
                # gRPC also raises CancelledError in the tasks whose calls close()
                # ends.
                task = asyncio.current_task()
                if not self._closed.is_set() or (task and task.cancelling()):
                    raise
                error = LinktorError(grpc.StatusCode.CANCELLED, CLOSED)
            except grpc.aio.UsageError:
                if not self._closed.is_set():
                    raise
                break  # close() came first, so that the call was not begun.
            wait = attempts.wait_after(error)
            # After close(), CANCELLED means that this application has closed the
            # client.
            if wait is None or await _set_within(self._closed, wait):
                raise error
        raise error or attempts.never_begun()


class AsyncSubscription(AsyncIterator[v1.Event]):
    """AsyncClient.subscribe() returns it. One task iterates; any task may close it.

    A task that gives up waiting for an event (asyncio.timeout) loses no event.
    """

    def __init__(
        self, connection: Connection, store: CursorStore | None, feed: Feed
    ) -> None:
        self._connection = connection
        self._store = store
        self._feed = feed
        self._loaded = store is None
        # _storing is the latest call of the store, which may be over.
        self._storing: asyncio.Task[Any] | None = None
        self._closed = asyncio.Event()
        self._channel: grpc.aio.Channel | None = None
        self._call: Any = None
        # _reading is the read under way. The stream counts as silent at _silent_at.
        # That time is put off once at most, and _put_off says that it was.
        self._reading: asyncio.Task[Any] | None = None
        self._silent_at = 0.0
        self._put_off = False
        # No stream is opened before this time.
        self._resume_at = 0.0

    @property
    def cursor(self) -> str:
        """Returns the cursor up to which everything has been handled."""
        return self._feed.cursor

    @property
    def caught_up(self) -> bool:
        """Tells whether the application has been given all events that there were."""
        return self._feed.caught_up

    async def begin(self) -> None:
        """See Subscription.begin()."""
        await self._load()
        while not self._feed.subscribed and not self._closed.is_set():
            await self._read()

    async def __anext__(self) -> v1.Event:
        await self.commit()
        while not self._closed.is_set():
            event = self._feed.next()
            if event is not None:
                return event
            await self._read()
            await self.commit()
        raise StopAsyncIteration

    async def commit(self) -> None:
        """See Subscription.commit()."""
        await self._load()
        cursor = self._feed.handled()
        if cursor is not None:
            if self._store is not None:
                await self._in_thread(self._store.save, cursor)
            self._feed.saved(cursor)

    async def close(self) -> None:
        """Ends the iteration. It does not save the cursor of the last event."""
        self._closed.set()
        await self._disconnect()

    async def __aenter__(self) -> AsyncSubscription:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _load(self) -> None:
        if not self._loaded and self._store is not None:
            self._feed.start_after(await self._in_thread(self._store.load))
            self._loaded = True

    # Calls the store in a thread, one call at a time. A call that a cancelled task
    # has left behind ends before the next call begins.
    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        if self._storing is not None and not self._storing.done():
            await asyncio.wait({self._storing})
        storing = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
        # This reads the exception of a call that was left behind. asyncio would log
        # the exception otherwise.
        storing.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._storing = storing
        return await asyncio.shield(storing)

    # Takes one response, or gets ready to connect again. When _read() is cancelled,
    # the next _read() goes on with the same read, or with the rest of the wait.
    async def _read(self) -> None:
        now = asyncio.get_running_loop().time
        wait = self._resume_at - now()
        if wait > 0 and await _set_within(self._closed, wait):
            return
        if self._call is None:
            self._connect()
        if self._reading is None:
            self._reading = asyncio.ensure_future(_read_one(self._call))
            self._silent_at = now() + self._feed.silence_limit
            self._put_off = False
        reading = self._reading
        await self._listen(reading)
        if self._closed.is_set():
            return
        error, why = None, f"nothing came for {self._feed.silence_limit:g} s"
        if reading.done():
            self._reading = None
            response, error, why = reading.result()
            if response is not None:
                self._feed.receive(response)
                return
        try:
            self._resume_at = now() + self._feed.broken(error, why)
        finally:
            await self._disconnect()

    # Opens a stream on a new channel; see Subscription._connect().
    def _connect(self) -> None:
        # metadata() may call a function of the application, which may raise. So it
        # comes before the channel.
        metadata = self._connection.metadata()
        self._channel = open_channel(self._connection)
        stub = event_service_pb2_grpc.EventServiceStub(self._channel)
        self._call = stub.SubscribeEvents(self._feed.request(), metadata=metadata)

    # Returns when something was read, or when the stream counts as silent. A
    # program that was too busy to read gets more time, once.
    async def _listen(self, reading: asyncio.Task[Any]) -> None:
        now = asyncio.get_running_loop().time
        while True:
            left = max(self._silent_at - now(), 0.0)
            await asyncio.wait({reading}, timeout=left)
            in_time = now() < self._silent_at + _LATE
            if reading.done() or self._closed.is_set() or in_time or self._put_off:
                return
            self._put_off = True
            self._silent_at = now() + _LATE

    async def _disconnect(self) -> None:
        channel, self._channel, self._call = self._channel, None, None
        reading, self._reading = self._reading, None
        if channel is not None:
            await channel.close()
        if reading is not None:
            reading.cancel()
            await asyncio.wait({reading})


# Returns a response, or why the stream ended. It raises nothing, because nobody may
# look at the task in which it runs.
async def _read_one(call: Any) -> tuple[Any, LinktorError | None, str]:
    try:
        response = await call.read()
    except grpc.RpcError as status:
        return None, LinktorError.from_rpc_error(status), ""
    except asyncio.CancelledError:
        return None, None, "the call was cancelled"
    if response is grpc.aio.EOF:
        return None, None, "the server ended the stream"
    return response, None, ""


# Returns whether the event was set within this time.
async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


class _Authorize:
    """Adds the API key to every call of the stubs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _with_key(
        self, details: grpc.aio.ClientCallDetails
    ) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(
            *(details.metadata or ()), *self._connection.metadata()
        )
        return details._replace(metadata=metadata)  # type: ignore[attr-defined, no-any-return]


class _AuthorizeUnary(_Authorize, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Any, details: Any, request: Any
    ) -> Any:
        return await continuation(self._with_key(details), request)


class _AuthorizeStream(_Authorize, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Any, details: Any, request: Any
    ) -> Any:
        return await continuation(self._with_key(details), request)


def open_channel(
    connection: Connection, interceptors: Sequence[Any] = ()
) -> grpc.aio.Channel:
    if connection.credentials is None:
        return grpc.aio.insecure_channel(
            connection.target, connection.options, interceptors=interceptors
        )
    return grpc.aio.secure_channel(
        connection.target,
        connection.credentials,
        connection.options,
        interceptors=interceptors,
    )
