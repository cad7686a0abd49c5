"""Tests send() and set_ice_breakers() of both clients with the fake server."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import grpc
import pytest

from conftest import quick
from fake import FakeServer, FreezingProxy, Hang, Refusal
from linktor_instagram import AsyncClient, Client, LinktorError, Reason, v1
from linktor_instagram.connection import Connection

Code = grpc.StatusCode
SENT = v1.SendMessageResponse(
    message=v1.Message(id="msg_1", state=v1.MESSAGE_STATE_SENT)
)


def requests_of(server: FakeServer) -> list[v1.SendMessageRequest]:
    return [server.sent.get_nowait() for _ in range(server.sent.qsize())]


def test_builds_the_request(client: Any, server: FakeServer) -> None:
    server.sends.put(SENT)
    answer = client.send(
        "ch_1",
        "6101",
        "Which size?",
        request_id="r-1",
        quick_replies=[
            ("M", "SIZE_M"),
            {"title": "L", "payload": "SIZE_L"},
            v1.QuickReply(title="S", payload="SIZE_S"),
        ],
        tag=v1.MESSAGE_TAG_HUMAN_AGENT,
    )
    assert answer == SENT
    assert requests_of(server) == [
        v1.SendMessageRequest(
            channel_id="ch_1",
            to="6101",
            request_id="r-1",
            tag=v1.MESSAGE_TAG_HUMAN_AGENT,
            content=v1.MessageContent(
                text="Which size?",
                quick_replies=[
                    v1.QuickReply(title="M", payload="SIZE_M"),
                    v1.QuickReply(title="L", payload="SIZE_L"),
                    v1.QuickReply(title="S", payload="SIZE_S"),
                ],
            ),
        )
    ]


@pytest.mark.parametrize(
    "content",
    [
        {"image": {"url": "https://example.com/a.jpg"}},
        v1.MessageContent(image=v1.Media(url="https://example.com/a.jpg")),
    ],
    ids=["mapping", "message"],
)
def test_takes_content_of_every_kind(
    client: Any, server: FakeServer, content: Any
) -> None:
    server.sends.put(SENT)
    client.send("ch_1", "6101", content)
    [request] = requests_of(server)
    assert request.content.image.url == "https://example.com/a.jpg"


def test_makes_a_request_id_and_a_new_one_each_time(
    client: Any, server: FakeServer
) -> None:
    for _ in range(2):
        server.sends.put(SENT)
        client.send("ch_1", "6101", "Hello")
    first, second = requests_of(server)
    assert first.request_id
    assert second.request_id
    assert first.request_id != second.request_id


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(Code.UNAVAILABLE),
        Refusal(Code.UNAVAILABLE, Reason.DRAINING),
        Refusal(Code.CANCELLED),
        Refusal(Code.INTERNAL),
        Refusal(Code.UNKNOWN),
        Refusal(Code.DEADLINE_EXCEEDED),
        Refusal(Code.UNKNOWN, "ELSEWHERE", domain="proxy.example"),
    ],
    ids=lambda r: f"{r.code.name}-{len(r.details)}",
)
def test_repeats_with_the_same_id(
    client: Any, server: FakeServer, refusal: Refusal
) -> None:
    for answer in (refusal, refusal, SENT):
        server.sends.put(answer)
    assert client.send("ch_1", "6101", "Hello") == SENT
    sent = requests_of(server)
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]


@pytest.mark.parametrize(
    ("refusal", "unknown"),
    [
        (Refusal(Code.UNKNOWN, Reason.SEND_OUTCOME_UNKNOWN), True),
        (Refusal(Code.INTERNAL, Reason.INTERNAL_FAULT), True),
        (Refusal(Code.INTERNAL, Reason.GRAPH_ERROR), False),
        (Refusal(Code.DEADLINE_EXCEEDED, Reason.DEADLINE_TOO_SHORT), False),
        (Refusal(Code.RESOURCE_EXHAUSTED, Reason.RATE_LIMITED, retry=0.01), False),
        (Refusal(Code.NOT_FOUND, Reason.RECIPIENT_NOT_FOUND), False),
        (Refusal(Code.PERMISSION_DENIED), True),
    ],
    ids=lambda r: getattr(r, "code", r),
)
def test_raises_what_is_final(
    client: Any, server: FakeServer, refusal: Refusal, unknown: bool
) -> None:
    server.sends.put(refusal)
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello", request_id="r-1")
    assert raised.value.code is refusal.code
    assert (raised.value.request_id, raised.value.outcome_unknown) == ("r-1", unknown)
    assert len(requests_of(server)) == 1


def test_waits_as_long_as_retry_info_says(client: Any, server: FakeServer) -> None:
    # Without the delay in RetryInfo, the backoff of these tests would wait 10 ms.
    server.sends.put(Refusal(Code.UNAVAILABLE, Reason.GRAPH_UNAVAILABLE, retry=0.3))
    server.sends.put(SENT)
    begin = time.monotonic()
    client.send("ch_1", "6101", "Hello")
    assert time.monotonic() - begin >= 0.3


def test_does_not_wait_beyond_the_deadline(client: Any, server: FakeServer) -> None:
    server.sends.put(Refusal(Code.UNAVAILABLE, Reason.GRAPH_UNAVAILABLE, retry=60))
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello", timeout=5)
    assert raised.value.reason == Reason.GRAPH_UNAVAILABLE
    assert raised.value.retry_delay == 60


def test_the_deadline_ends_a_call_that_hangs(client: Any, server: FakeServer) -> None:
    server.sends.put(Hang())
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello", timeout=0.3)
    assert raised.value.code is Code.DEADLINE_EXCEEDED
    assert raised.value.outcome_unknown
    assert raised.value.request_id in str(raised.value)


def test_a_server_that_is_away_is_tried_until_the_deadline(connect: Any) -> None:
    server = FakeServer()
    server.stop()
    waits: list[float] = []

    class Noting(quick.func):  # type: ignore[name-defined, misc]
        def next(self, at_least: float | None = None) -> float:
            waits.append(super().next(at_least))
            return waits[-1]

    client = connect(server.target, backoff=lambda: Noting(0.05, 0.1))
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello", timeout=1.2)
    assert raised.value.code is Code.UNAVAILABLE
    assert len(waits) > 2


def test_keepalive_finds_a_connection_that_froze_under_a_send(
    connect: Any, server: FakeServer
) -> None:
    proxy = FreezingProxy(server.port)
    # These are the client's own options, with shorter times.
    faster = [
        (name, 300)
        for name, _ in Connection(proxy.target).options
        if name.startswith("grpc.keepalive_") or "ping_timeout" in name
    ]
    client = connect(proxy.target, options=faster)
    server.sends.put(Hang())
    server.sends.put(SENT)
    requests: list[v1.SendMessageRequest] = []

    def freeze() -> None:
        requests.append(server.sent.get(timeout=10))
        proxy.freeze()

    freezer = threading.Thread(target=freeze)
    freezer.start()
    try:
        assert client.send("ch_1", "6101", "Hello", timeout=30) == SENT
    finally:
        freezer.join()
        proxy.close()
    assert requests_of(server) == requests


def test_sets_ice_breakers(client: Any, server: FakeServer) -> None:
    answer = client.set_ice_breakers(
        "ch_1",
        [("What is new?", "NEW"), {"question": "Where are you?", "payload": "WHERE"}],
        {"de_DE": [("Was ist neu?", "NEW")]},
    )
    assert answer.ice_breakers[0] == v1.IceBreaker(
        question="What is new?", payload="NEW"
    )
    assert answer.ice_breakers[1] == v1.IceBreaker(
        question="Where are you?", payload="WHERE"
    )
    assert answer.localizations[0].locale == "de_DE"
    assert answer.localizations[0].ice_breakers[0].question == "Was ist neu?"


def test_ice_breakers_say_when_nobody_knows(client: Any, server: FakeServer) -> None:
    server.breakers.put(Refusal(Code.UNAVAILABLE))
    server.breakers.put(Refusal(Code.INTERNAL, Reason.GRAPH_ERROR))
    with pytest.raises(LinktorError) as raised:
        client.set_ice_breakers("ch_1", [("What is new?", "NEW")])
    assert raised.value.reason == Reason.GRAPH_ERROR
    assert raised.value.outcome_unknown


def test_every_call_carries_the_key_that_is_in_force(
    connect: Any, server: FakeServer
) -> None:
    keys = iter(["lig_1", "lig_2", "lig_3"])
    client = connect(server.target, api_key=lambda: next(keys))
    server.sends.put(SENT)
    client.send("ch_1", "6101", "Hello")
    server.sends.put(SENT)
    client.raw("messaging", "SendMessage", v1.SendMessageRequest(channel_id="ch_1"))
    client.raw(
        "channels", "SetIceBreakers", v1.SetIceBreakersRequest(channel_id="ch_1")
    )
    assert [m["authorization"] for m in server.metadata] == [
        "Bearer lig_1",
        "Bearer lig_2",
        "Bearer lig_3",
    ]


def test_without_a_key_there_is_no_metadata(client: Any, server: FakeServer) -> None:
    server.sends.put(SENT)
    client.send("ch_1", "6101", "Hello")
    assert "authorization" not in server.metadata[0]


def test_the_stubs_raise_what_from_rpc_error_reads(
    client: Any, server: FakeServer
) -> None:
    server.sends.put(Refusal(Code.NOT_FOUND, Reason.CHANNEL_NOT_FOUND))
    with pytest.raises(grpc.RpcError) as raised:
        client.raw("messaging", "SendMessage", v1.SendMessageRequest())
    assert LinktorError.from_rpc_error(raised.value).reason == Reason.CHANNEL_NOT_FOUND


def test_a_closed_client_has_done_nothing(connect: Any, server: FakeServer) -> None:
    client = connect(server.target)
    client.close_client()
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello", request_id="r-1")
    assert raised.value.code is Code.CANCELLED
    assert (raised.value.request_id, raised.value.outcome_unknown) == ("r-1", False)
    with pytest.raises(LinktorError, match="closed"):
        client.take(1)
    assert server.peers == []


def test_closing_between_two_calls_leaves_the_error_of_the_first(
    server: FakeServer,
) -> None:
    calls: list[Any] = []

    def send(request: Any, timeout: float) -> Any:
        calls.append(request)
        if len(calls) == 2:
            client.close()
        return inner(request, timeout=timeout)

    client = Client.connect(server.target, backoff=quick)
    inner, client.messaging.SendMessage = client.messaging.SendMessage, send
    server.sends.put(Refusal(Code.UNAVAILABLE, Reason.GRAPH_UNAVAILABLE))
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello")
    assert len(calls) == 2
    assert raised.value.reason == Reason.GRAPH_UNAVAILABLE
    assert not raised.value.outcome_unknown


def test_closing_the_client_ends_a_send_that_another_thread_waits_for(
    server: FakeServer,
) -> None:
    client = Client.connect(server.target, backoff=lambda: quick.func(60, 60))
    server.sends.put(Refusal(Code.UNAVAILABLE))
    errors: list[Exception] = []

    def send() -> None:
        try:
            client.send("ch_1", "6101", "Hello")
        except LinktorError as error:
            errors.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    server.sent.get(timeout=10)
    client.close()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert len(errors) == 1


def test_closing_the_client_ends_a_send_that_another_task_waits_for(
    server: FakeServer,
) -> None:
    server.sends.put(Hang())

    async def run() -> LinktorError:
        client = AsyncClient.connect(server.target)
        sending = asyncio.create_task(client.send("ch_1", "6101", "Hello"))
        await asyncio.to_thread(server.sent.get, timeout=10)
        await client.close()
        with pytest.raises(LinktorError) as raised:
            await sending
        return raised.value

    error = asyncio.run(run())
    assert error.code is Code.CANCELLED
    assert error.outcome_unknown


def test_a_cancelled_send_is_cancelled_and_not_repeated(server: FakeServer) -> None:
    server.sends.put(Hang())

    async def run() -> None:
        async with AsyncClient.connect(server.target, backoff=quick) as client:
            sending = asyncio.create_task(client.send("ch_1", "6101", "Hello"))
            await asyncio.to_thread(server.sent.get, timeout=10)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

    asyncio.run(run())
    assert server.sent.empty()
