"""Tests stops at bad moments, and applications that give up waiting for an event."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from conftest import quick
from fake import After, FakeServer, Hang, Refusal, begun, response
from linktor_instagram import AsyncClient, Backoff, Client, v1
from linktor_instagram._feed import Feed, Hooks


def request(interval: float) -> v1.SubscribeEventsRequest:
    made = v1.SubscribeEventsRequest()
    made.heartbeat_interval.FromNanoseconds(round(interval * 1e9))
    return made


@pytest.mark.parametrize(("interval", "first"), [(1, 15), (10, 30), (0, 45)])
def test_the_first_response_of_a_stream_has_time(interval: int, first: int) -> None:
    feed = Feed(request(interval), Backoff(), Hooks())
    assert feed.silence_limit == first
    feed.receive(begun(interval=2))
    assert feed.silence_limit == 6
    # The next stream also needs time to connect.
    feed.broken(None, "it ended")
    assert feed.silence_limit == 15


class ThenOnce:
    """It is a lock that calls a function when it is released for the first time."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then: Callable[[], None] | None = then

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()


def test_closing_while_a_stream_is_opened(server: FakeServer) -> None:
    server.streams.put([begun(), Hang()])
    with Client.connect(server.target) as client:
        stream = client.subscribe()
        stream._lock = ThenOnce(stream.close)  # type: ignore[assignment]
        assert list(stream) == []


def test_closing_between_opening_and_reading(server: FakeServer) -> None:
    server.streams.put([begun(), Hang()])
    with Client.connect(server.target) as client:
        stream = client.subscribe()
        arm = stream._watchdog.arm

        def close_and_arm(*arguments: Any) -> None:
            stream.close()
            arm(*arguments)

        stream._watchdog.arm = close_and_arm  # type: ignore[method-assign]
        assert list(stream) == []


def test_a_key_that_is_not_there_leaves_no_channel(server: FakeServer) -> None:
    def key() -> str:
        raise FileNotFoundError("key")

    with Client.connect(server.target, api_key=key) as client:
        stream = client.subscribe()
        with pytest.raises(FileNotFoundError):
            next(stream)
        assert stream._channel is None


class Impatient:
    """Gives up each wait for an event after this many seconds, and waits again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def wait_for(self, stream: Any, count: int = 1000) -> Any:
        for _ in range(count):
            try:
                async with asyncio.timeout(self._seconds):
                    return await anext(stream)
            except TimeoutError:
                pass
        raise AssertionError("no event came")


def test_one_who_gives_up_waiting_still_leaves_a_silent_stream(
    server: FakeServer,
) -> None:
    server.streams.put([begun("c0", 0.1), Hang()])
    server.streams.put([response("c1"), Hang()])

    async def run() -> v1.Event:
        async with (
            AsyncClient.connect(server.target, backoff=quick) as client,
            client.subscribe() as stream,
        ):
            return await Impatient(0.02).wait_for(stream)

    assert asyncio.run(run()).cursor == "c1"


def test_one_who_gives_up_waiting_still_spares_the_server(server: FakeServer) -> None:
    server.streams.put([Refusal(grpc.StatusCode.UNAVAILABLE)])
    server.streams.put([response("c1"), Hang()])
    broke: list[float] = []

    async def run() -> float:
        async with (
            AsyncClient.connect(
                server.target, backoff=lambda: Backoff(0.8, random=lambda: 0.5)
            ) as client,
            client.subscribe(on_break=lambda *_: broke.append(time.monotonic())) as s,
        ):
            await Impatient(0.02).wait_for(s)
            return time.monotonic() - broke[0]

    assert asyncio.run(run()) >= 0.6
    assert len(broke) == 1


def test_a_program_that_was_busy_elsewhere_hears_what_has_come(
    server: FakeServer,
) -> None:
    server.streams.put([begun("c0", 0.1), After(0.2, response("c1")), Hang()])

    async def run() -> v1.Event:
        async with AsyncClient.connect(server.target, backoff=quick) as client:
            stream = client.subscribe()
            await stream.begin()
            reading = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            # This blocks the event loop, which then cannot read.
            time.sleep(1.0)
            return await reading

    assert asyncio.run(run()).cursor == "c1"
    assert len(server.peers) == 1


class Overlapping:
    """It is a store that notices when two threads use it at once."""

    def __init__(self) -> None:
        self.blocked, self.go_on = threading.Event(), threading.Event()
        self.saved: list[str] = []
        self._lock = threading.Lock()
        self.overlaps = 0

    def load(self) -> str | None:
        return None

    def save(self, cursor: str) -> None:
        if not self._lock.acquire(blocking=False):
            self.overlaps += 1
            return
        try:
            self.blocked.set()
            self.go_on.wait(10)
            self.saved.append(cursor)
        finally:
            self._lock.release()


def test_a_store_serves_one_thread_at_a_time(server: FakeServer) -> None:
    store = Overlapping()
    server.streams.put([begun("c0"), response("c1"), Hang()])

    async def run() -> v1.Event:
        async with (
            AsyncClient.connect(server.target) as client,
            client.subscribe(cursor_store=store) as stream,
        ):
            first = asyncio.ensure_future(anext(stream))
            await asyncio.to_thread(store.blocked.wait, 10)
            first.cancel()
            second = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.05)
            store.go_on.set()
            return await second

    assert asyncio.run(run()).cursor == "c1"
    assert store.overlaps == 0
    assert store.saved == ["c0", "c0"]
