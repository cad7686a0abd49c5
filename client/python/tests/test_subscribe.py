"""Tests subscribe() of both clients with the fake server."""

from __future__ import annotations

import asyncio
import gc
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import grpc
import pytest

from conftest import quick
from fake import After, FakeServer, FreezingProxy, Hang, Refusal, begun, response
from linktor_instagram import (
    PAYLOAD_FIELDS,
    AsyncClient,
    Client,
    EventType,
    FileCursorStore,
    LinktorError,
    Reason,
    payload_of,
    v1,
)

Code = grpc.StatusCode


class ListStore:
    """Remembers every cursor that it was given."""

    def __init__(self, cursor: str | None = None) -> None:
        self.cursor = cursor
        self.saved: list[str] = []

    def load(self) -> str | None:
        return self.cursor

    def save(self, cursor: str) -> None:
        self.saved.append(cursor)


def cursors_of(events: list[v1.Event]) -> list[str]:
    return [event.cursor for event in events]


def test_gives_events_in_order(client: Any, server: FakeServer) -> None:
    server.streams.put(
        [begun(), response("c1", "c2"), response(), response("c3"), Hang()]
    )
    assert cursors_of(client.take(3)) == ["c1", "c2", "c3"]


def test_builds_the_request(client: Any, server: FakeServer) -> None:
    server.streams.put([response("c1"), Hang()])
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    client.take(
        1,
        channel_ids=["ch_1"],
        types=[EventType.QUICK_REPLY],
        user_ids=["6101"],
        since=since,
        heartbeat_interval=2.5,
        max_batch_size=7,
        include_raw=True,
    )
    request = server.subscribed.get(timeout=10)
    assert (request.channel_ids, request.types, request.user_ids) == (
        ["ch_1"],
        ["instagram.quick_reply"],
        ["6101"],
    )
    assert request.since.ToDatetime(UTC) == since
    assert (request.heartbeat_interval.seconds, request.heartbeat_interval.nanos) == (
        2,
        500_000_000,
    )
    assert (request.max_batch_size, request.include_raw) == (7, True)


@pytest.mark.parametrize("position", [v1.POSITION_EARLIEST, "POSITION_EARLIEST"])
def test_starts_at_a_position(client: Any, server: FakeServer, position: Any) -> None:
    server.streams.put([response("c1"), Hang()])
    client.take(1, position=position)
    assert server.subscribed.get(timeout=10).position == v1.POSITION_EARLIEST


@pytest.mark.parametrize(
    "options",
    [
        {"position": v1.POSITION_LATEST, "after_cursor": "c1"},
        {"since": datetime(2026, 1, 2)},
    ],
)
def test_refuses_a_start_that_has_two_meanings(client: Any, options: Any) -> None:
    with pytest.raises(ValueError, match="since"):
        client.take(1, **options)


def test_refuses_one_text_where_a_list_belongs(client: Any) -> None:
    with pytest.raises(TypeError):
        client.take(1, types="message.received")


@pytest.mark.parametrize(
    "ending",
    [
        [],
        [Refusal(Code.UNAVAILABLE)],
        [Refusal(Code.UNAVAILABLE, Reason.DRAINING)],
        [Refusal(Code.RESOURCE_EXHAUSTED, Reason.OVERLOADED)],
        [Refusal(Code.CANCELLED)],
        [Refusal(Code.INTERNAL)],
        [Refusal(Code.UNKNOWN)],
        [Refusal(Code.DEADLINE_EXCEEDED)],
    ],
    ids=lambda e: f"{e[0].code.name}-{len(e[0].details)}" if e else "OK",
)
def test_resumes_after_what_passes(
    client: Any, server: FakeServer, ending: list[Any]
) -> None:
    server.streams.put([begun(), response("c1", "c2"), *ending])
    server.streams.put([*ending, begun("c2"), response("c3"), Hang()])
    if ending:
        server.streams.put([begun("c2"), response("c3"), Hang()])
    assert cursors_of(client.take(3, position=v1.POSITION_EARLIEST)) == [
        "c1",
        "c2",
        "c3",
    ]
    assert server.subscribed.get(timeout=10).position == v1.POSITION_EARLIEST
    assert server.subscribed.get(timeout=10).after_cursor == "c2"


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(
            Code.OUT_OF_RANGE, Reason.CURSOR_EXPIRED, metadata={"oldest_cursor": "c7"}
        ),
        Refusal(Code.OUT_OF_RANGE, Reason.CURSOR_REWOUND),
        Refusal(Code.INVALID_ARGUMENT, Reason.CURSOR_INVALID),
        Refusal(Code.INVALID_ARGUMENT, Reason.INVALID_REQUEST),
        Refusal(Code.UNAUTHENTICATED, Reason.API_KEY_DISABLED),
        Refusal(Code.PERMISSION_DENIED, Reason.NOT_AUTHORIZED),
        Refusal(Code.NOT_FOUND, Reason.CHANNEL_NOT_FOUND),
        Refusal(Code.INTERNAL, Reason.INTERNAL_FAULT),
        Refusal(Code.UNIMPLEMENTED),
    ],
    ids=lambda r: r.code.name,
)
def test_raises_what_is_final(
    client: Any, server: FakeServer, refusal: Refusal
) -> None:
    server.streams.put([begun(), response("c1"), refusal])
    with pytest.raises(LinktorError) as raised:
        client.take(2)
    assert raised.value.code is refusal.code
    assert raised.value.message == refusal.message


def test_goes_on_after_heartbeats_and_hidden_events(
    client: Any, server: FakeServer
) -> None:
    # The cursor advances over events that the filter hid.
    server.streams.put([begun(), response("c1", end="c5"), response(end="c9")])
    server.streams.put([response("c10"), Hang()])
    assert cursors_of(client.take(2)) == ["c1", "c10"]
    server.subscribed.get(timeout=10)
    assert server.subscribed.get(timeout=10).after_cursor == "c9"


def test_a_stream_that_breaks_at_once_starts_where_it_was_to_start(
    client: Any, server: FakeServer
) -> None:
    since = datetime(2026, 1, 2, tzinfo=UTC)
    server.streams.put([Refusal(Code.UNAVAILABLE)])
    server.streams.put([begun("c0"), Refusal(Code.UNAVAILABLE)])
    server.streams.put([response("c1"), Hang()])
    client.take(1, since=since)
    starts = [server.subscribed.get(timeout=10).WhichOneof("start") for _ in range(3)]
    assert starts == ["since", "since", "after_cursor"]


def test_a_silent_stream_is_read_again_elsewhere(
    client: Any, server: FakeServer
) -> None:
    server.streams.put([begun(interval=0.1), response("c1"), Hang()])
    server.streams.put([begun("c1"), response("c2"), Hang()])
    assert cursors_of(client.take(2)) == ["c1", "c2"]
    assert server.peers[0] != server.peers[1]


def test_heartbeats_keep_a_stream(client: Any, server: FakeServer) -> None:
    # Together the heartbeats take longer than the stream may be silent.
    beats = [After(0.2, response()) for _ in range(6)]
    server.streams.put([begun(interval=0.3), *beats, response("c1"), Hang()])
    assert cursors_of(client.take(1)) == ["c1"]
    assert len(server.peers) == 1


def test_what_the_application_takes_its_time_for_is_no_silence(
    client: Any, server: FakeServer
) -> None:
    server.streams.put([begun(interval=0.1), response("c1"), response("c2"), Hang()])
    never = threading.Event()
    events = client.take(2, between=lambda _: never.wait(0.5) and None)
    assert cursors_of(events) == ["c1", "c2"]
    assert len(server.peers) == 1


def test_a_frozen_connection_is_left(connect: Any, server: FakeServer) -> None:
    proxy = FreezingProxy(server.port)
    client = connect(proxy.target)
    server.streams.put([begun(interval=0.1), response("c1"), Hang()])
    server.streams.put([begun("c1"), response("c2"), Hang()])
    try:
        events = client.take(
            2, between=lambda event: proxy.freeze() if event.cursor == "c1" else None
        )
    finally:
        proxy.close()
    assert cursors_of(events) == ["c1", "c2"]
    assert proxy.accepted == 2


def test_every_stream_carries_the_key_that_is_in_force(
    connect: Any, server: FakeServer
) -> None:
    keys = iter(["lig_1", "lig_2"])
    client = connect(server.target, api_key=lambda: next(keys))
    server.streams.put([response("c1")])
    server.streams.put([response("c2"), Hang()])
    client.take(2)
    assert [m["authorization"] for m in server.metadata] == [
        "Bearer lig_1",
        "Bearer lig_2",
    ]


def test_saves_a_cursor_when_the_next_event_is_asked_for(
    client: Any, server: FakeServer
) -> None:
    store = ListStore()
    seen: list[list[str]] = []
    server.streams.put(
        [begun("c0"), response("c1", "c2", end="c5"), response("c6"), Hang()]
    )
    client.take(3, between=lambda _: seen.append(list(store.saved)), cursor_store=store)
    assert seen == [["c0"], ["c0", "c1"], ["c0", "c1", "c5"]]
    # The third event may not have been handled, so its cursor is not saved.
    assert store.saved == ["c0", "c1", "c5"]


def test_a_stored_cursor_wins_over_the_start(client: Any, server: FakeServer) -> None:
    server.streams.put([response("c8"), Hang()])
    client.take(1, cursor_store=ListStore("c7"), position=v1.POSITION_EARLIEST)
    assert server.subscribed.get(timeout=10).after_cursor == "c7"


def test_a_second_run_goes_on_with_the_event_that_was_not_handled(
    client: Any, server: FakeServer, tmp_path: Path
) -> None:
    server.streams.put([begun("c0"), response("c1", "c2", "c3"), Hang()])
    client.take(2, cursor_store=tmp_path / "cursor")
    assert FileCursorStore(tmp_path / "cursor").load() == "c1"
    server.subscribed.get(timeout=10)
    server.streams.put([begun("c1"), response("c2", "c3"), Hang()])
    assert cursors_of(client.take(2, cursor_store=tmp_path / "cursor")) == ["c2", "c3"]
    assert server.subscribed.get(timeout=10).after_cursor == "c1"


def test_a_key_may_come_from_a_file_with_a_new_line(
    connect: Any, server: FakeServer
) -> None:
    server.streams.put([response("c1"), Hang()])
    connect(server.target, api_key="lig_1\n").take(1)
    assert server.metadata[0]["authorization"] == "Bearer lig_1"


def test_a_store_that_fails_is_told(
    client: Any, server: FakeServer, tmp_path: Path
) -> None:
    server.streams.put([response("c1", "c2"), Hang()])
    with pytest.raises(FileNotFoundError):
        client.take(2, cursor_store=tmp_path / "no such folder" / "cursor")


def test_commit_saves_the_last_event_of_one_who_stops(server: FakeServer) -> None:
    store = ListStore()
    server.streams.put([response("c1"), Hang()])
    with (
        Client.connect(server.target) as client,
        client.subscribe(cursor_store=store) as stream,
    ):
        next(stream)
        stream.commit()
    assert store.saved == ["c1"]
    assert stream.cursor == "c1"


def test_begin_returns_when_the_stream_has_begun(server: FakeServer) -> None:
    server.streams.put([begun("c0"), response("c1", caught_up=True), Hang()])
    with Client.connect(server.target) as client, client.subscribe() as stream:
        stream.begin()
        assert server.subscribed.qsize() == 1
        assert not stream.caught_up
        assert next(stream).cursor == "c1"
        assert stream.caught_up


def test_another_thread_closes_a_subscription(server: FakeServer) -> None:
    server.streams.put([begun(), Hang()])
    with Client.connect(server.target) as client:
        stream = client.subscribe()
        stream.begin()
        thread = threading.Thread(target=lambda: list(stream))
        thread.start()
        stream.close()
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_closing_the_client_ends_a_wait_before_connecting_again(
    server: FakeServer,
) -> None:
    waiting = threading.Event()

    class Slow(quick.func):  # type: ignore[name-defined, misc]
        def next(self, at_least: float | None = None) -> float:
            waiting.set()
            return 60.0

    server.streams.put([Refusal(Code.UNAVAILABLE)])
    client = Client.connect(server.target, backoff=Slow)
    stream = client.subscribe()
    thread = threading.Thread(target=lambda: list(stream))
    thread.start()
    assert waiting.wait(10)
    client.close()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_forgotten_subscription_leaves_no_thread(server: FakeServer) -> None:
    server.streams.put([begun(), Hang()])
    with Client.connect(server.target) as client:
        stream = client.subscribe()
        stream.begin()
        [watchdog] = [t for t in threading.enumerate() if t.name == "linktor-watchdog"]
        del stream
        gc.collect()
        watchdog.join(timeout=10)
        assert not watchdog.is_alive()


def test_a_task_that_gives_up_waiting_loses_nothing(server: FakeServer) -> None:
    release = threading.Event()

    class Later:
        """Stands for a response that comes when the test says so."""

    async def run() -> list[str]:
        async with (
            AsyncClient.connect(server.target) as client,
            client.subscribe() as stream,
        ):
            await stream.begin()
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await anext(stream)
            release.set()
            return [(await anext(stream)).cursor]

    answer = server._answer

    def patched(item: Any, context: Any) -> Any:
        if isinstance(item, Later):
            release.wait(10)
            return response("c1")
        return answer(item, context)

    server._answer = patched  # type: ignore[method-assign]
    server.streams.put([begun(), Later(), Hang()])
    assert asyncio.run(run()) == ["c1"]
    assert len(server.peers) == 1


def test_another_task_closes_a_subscription(server: FakeServer) -> None:
    server.streams.put([begun(), Hang()])

    async def run() -> list[v1.Event]:
        async with AsyncClient.connect(server.target) as client:
            stream = client.subscribe()
            await stream.begin()

            async def read() -> list[v1.Event]:
                return [event async for event in stream]

            reading = asyncio.create_task(read())
            await asyncio.sleep(0)
            await stream.close()
            async with asyncio.timeout(10):
                return await reading

    assert asyncio.run(run()) == []


def test_a_cancelled_task_is_cancelled(server: FakeServer) -> None:
    server.streams.put([begun(), Hang()])

    async def run() -> None:
        async with AsyncClient.connect(server.target) as client:
            stream = client.subscribe()
            await stream.begin()
            reading = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

    asyncio.run(run())


def test_every_type_names_its_payload() -> None:
    types = {v for k, v in vars(EventType).items() if k.isupper()}
    assert types == set(PAYLOAD_FIELDS)
    for field in PAYLOAD_FIELDS.values():
        event = v1.Event()
        getattr(event, field).SetInParent()
        assert payload_of(event) is getattr(event, field)
    assert payload_of(v1.Event(type="instagram.of_tomorrow")) is None
