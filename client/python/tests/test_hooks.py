"""Tests what on_response and on_break of subscribe() see, in both clients."""

from __future__ import annotations

import logging
from typing import Any

import grpc
import pytest

from fake import FakeServer, Hang, Refusal, begun, response
from linktor_instagram import LinktorError, Reason, v1

Code = grpc.StatusCode


def test_on_response_sees_every_response_before_its_events(
    client: Any, server: FakeServer
) -> None:
    seen: list[Any] = []

    def on_response(one: v1.SubscribeEventsResponse) -> None:
        seen.append((one.subscribed, one.caught_up, one.backlog, one.cursor))

    server.streams.put(
        [
            begun("c0"),
            response("c1", backlog=7),
            response(end="c2"),
            response("c3", caught_up=True),
            Hang(),
        ]
    )
    client.take(2, between=lambda e: seen.append(e.cursor), on_response=on_response)
    assert seen == [
        (True, False, 0, "c0"),
        (False, False, 7, "c1"),
        "c1",
        (False, False, 0, "c2"),
        (False, True, 0, "c3"),
        "c3",
    ]


def test_an_on_response_that_raises_loses_no_event(
    client: Any, server: FakeServer
) -> None:
    class Failed(Exception):
        pass

    def on_response(one: v1.SubscribeEventsResponse) -> None:
        if one.events and not failed:
            failed.append(one)
            raise Failed

    failed: list[Any] = []
    server.streams.put([begun("c0"), response("c1", "c2"), Hang()])
    stream = client.subscribe(on_response=on_response)
    with pytest.raises(Failed):
        stream.next()
    assert [stream.next().cursor, stream.next().cursor] == ["c1", "c2"]
    assert len(server.peers) == 1


def test_on_break_sees_why_and_how_long(
    client: Any, server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    breaks: list[tuple[LinktorError, float]] = []
    server.streams.put(
        [begun("c0"), Refusal(Code.UNAVAILABLE, Reason.DRAINING, retry=0.03)]
    )
    server.streams.put([begun("c0")])
    server.streams.put([begun("c0", 0.1), Hang()])
    server.streams.put([response("c1"), Hang()])
    with caplog.at_level(logging.WARNING):
        client.take(1, on_break=lambda error, wait: breaks.append((error, wait)))
    assert [error.reason for error, _ in breaks] == [Reason.DRAINING, "", ""]
    assert "ended the stream" in breaks[1][0].message
    assert "nothing came" in breaks[2][0].message
    assert [wait for _, wait in breaks] == [0.03, 0.01, 0.01]
    assert not caplog.records


def test_without_on_break_the_logger_is_told(
    client: Any, server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.streams.put([Refusal(Code.UNAVAILABLE, message="gone away")])
    server.streams.put([response("c1"), Hang()])
    with caplog.at_level(logging.WARNING, "linktor_instagram"):
        client.take(1)
    [record] = caplog.records
    assert "gone away" in record.getMessage()
