"""Tests both clients with the real server. LINKTOR_BIN_DIR names its folder."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import quick
from gateway import CHANNEL, Gateway
from linktor_instagram import (
    AsyncClient,
    Client,
    EventType,
    LinktorError,
    Reason,
    payload_of,
    v1,
)

PROGRAMS = os.environ.get("LINKTOR_BIN_DIR", "")
BOT = Path(__file__).parents[1] / "example" / "bot.py"

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="LINKTOR_BIN_DIR is not set")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(Path(PROGRAMS), tmp_path)
    with Client.connect(gateway.target) as client:
        gateway.create_channel(client)
    yield gateway
    gateway.stop()


def test_an_exchange(connect: Any, gateway: Gateway) -> None:
    client = connect(gateway.target)
    client.set_ice_breakers(CHANNEL, [("What is new?", "NEW")])
    gateway.instagram("messages", **{"from": "6101", "text": "Do you have this in M?"})
    [event] = client.take(
        1, position=v1.POSITION_EARLIEST, types=[EventType.MESSAGE_RECEIVED]
    )
    message = payload_of(event)
    assert isinstance(message, v1.Message)
    assert message.text == "Do you have this in M?"
    first = client.send(
        CHANNEL,
        event.user_id,
        "Which colour?",
        request_id=f"answer-{message.id}",
        quick_replies=[("Blue", "BLUE")],
    )
    assert (first.message.state, first.replayed) == (v1.MESSAGE_STATE_SENT, False)
    again = client.send(
        CHANNEL,
        event.user_id,
        "Which colour?",
        request_id=f"answer-{message.id}",
        quick_replies=[("Blue", "BLUE")],
    )
    assert (again.message.id, again.replayed) == (first.message.id, True)
    gateway.instagram("taps", **{"from": "6101", "title": "Blue"})
    gateway.instagram("taps", **{"from": "6101", "title": "What is new?"})
    tap, postback = client.take(
        2,
        position=v1.POSITION_EARLIEST,
        types=[EventType.QUICK_REPLY, EventType.POSTBACK],
    )
    assert (tap.quick_reply.payload, postback.postback.payload) == ("BLUE", "NEW")


def test_errors(connect: Any, gateway: Gateway) -> None:
    client = connect(gateway.target)
    with pytest.raises(LinktorError) as wrong:
        client.send(CHANNEL, "not a number", "")
    assert wrong.value.reason in (Reason.INVALID_REQUEST, Reason.INVALID_CONTENT)
    assert wrong.value.violations
    assert wrong.value.remedy
    with pytest.raises(LinktorError) as unknown:
        client.send("ch_none", "6101", "Hello")
    assert unknown.value.reason == Reason.CHANNEL_NOT_FOUND
    assert unknown.value.metadata["channel_id"] == "ch_none"
    gateway.instagram("faults", on="messages", kind="accept_then_close")
    with pytest.raises(LinktorError) as lost:
        client.send(CHANNEL, "6101", "Hello", request_id="lost")
    assert (lost.value.reason, lost.value.outcome_unknown) == (
        Reason.SEND_OUTCOME_UNKNOWN,
        True,
    )
    with pytest.raises(LinktorError) as cursor:
        client.take(1, after_cursor="no cursor")
    assert cursor.value.reason == Reason.CURSOR_INVALID


def test_resumes_across_a_killed_server(
    connect: Any, gateway: Gateway, tmp_path: Path
) -> None:
    client = connect(gateway.target)
    texts = [str(number) for number in range(6)]
    for text in texts[:3]:
        gateway.instagram("messages", **{"from": "6101", "text": text})

    def between(event: v1.Event) -> None:
        if event.message_received.text == "2":
            gateway.kill()
            gateway.start()
            for text in texts[3:]:
                gateway.instagram("messages", **{"from": "6101", "text": text})

    events = client.take(
        6,
        between,
        position=v1.POSITION_EARLIEST,
        max_batch_size=2,
        types=[EventType.MESSAGE_RECEIVED],
        cursor_store=tmp_path / "cursor",
    )
    assert [event.message_received.text for event in events] == texts


def test_a_send_waits_for_a_server_that_restarts(
    connect: Any, gateway: Gateway
) -> None:
    client = connect(gateway.target, backoff=lambda: Restarting(gateway))
    gateway.kill()
    assert client.send(CHANNEL, "6101", "Hello").message.state == v1.MESSAGE_STATE_SENT


class Restarting(quick.func):  # type: ignore[name-defined, misc]
    """Starts the server at the first wait."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(0.2, 1.0)
        self._gateway: Gateway | None = gateway

    def next(self, at_least: float | None = None) -> float:
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            gateway.start()
        return super().next(at_least)


def test_streams_go_on_through_a_stop(gateway: Gateway) -> None:
    async def run() -> str:
        async with (
            AsyncClient.connect(gateway.target, backoff=quick) as client,
            client.subscribe(types=[EventType.MESSAGE_RECEIVED]) as stream,
        ):
            await stream.begin()
            await asyncio.to_thread(gateway._server.stop)
            await asyncio.to_thread(gateway.start)
            await asyncio.to_thread(
                gateway.instagram, "messages", **{"from": "6101", "text": "after"}
            )
            async with asyncio.timeout(60):
                return (await anext(stream)).message_received.text

    assert asyncio.run(run()) == "after"


def test_keys(connect: Any, tmp_path: Path) -> None:
    key_file = tmp_path / "bootstrap.key"
    gateway = Gateway(
        Path(PROGRAMS),
        tmp_path,
        "--auth",
        "keys",
        "--bootstrap-key-file",
        str(key_file),
    )
    try:
        with pytest.raises(LinktorError) as missing:
            connect(gateway.target).send(CHANNEL, "6101", "Hello")
        assert missing.value.reason == Reason.API_KEY_MISSING
        with Client.connect(
            gateway.target, api_key=key_file.read_text().strip()
        ) as manager:
            created = manager.access.CreateApiKey(
                v1.CreateApiKeyRequest(
                    api_key=v1.ApiKey(permissions=[v1.PERMISSION_READ_EVENTS])
                )
            )
            reader = connect(gateway.target, api_key=created.secret)
            with pytest.raises(LinktorError) as may_not:
                reader.send(CHANNEL, "6101", "Hello")
            assert may_not.value.reason == Reason.NOT_AUTHORIZED
            with Client.connect(gateway.target, api_key=created.secret) as second:
                stream = second.subscribe()
                stream.begin()
                manager.access.DeleteApiKey(
                    v1.DeleteApiKeyRequest(api_key_id=created.api_key.id)
                )
                with pytest.raises(LinktorError) as deleted:
                    next(stream)
            assert deleted.value.reason == Reason.API_KEY_INVALID
    finally:
        gateway.stop()


def test_the_example_says_what_is_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, BOT],
        cwd=tmp_path,
        env={**os.environ, "LINKTOR_IG_SERVER": "http://nowhere"},
        text=True,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 1
    assert "leave out http://" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_example(gateway: Gateway, tmp_path: Path, ending: signal.Signals) -> None:
    bot = subprocess.Popen(
        [sys.executable, BOT],
        cwd=tmp_path,
        env={**os.environ, "LINKTOR_IG_SERVER": gateway.target},
        text=True,
        stdout=subprocess.PIPE,
    )
    try:
        assert bot.stdout is not None
        assert bot.stdout.readline().startswith("reading events")
        gateway.instagram("messages", **{"from": "6101", "text": "Hi"})
        with (
            Client.connect(gateway.target) as client,
            client.subscribe(
                position=v1.POSITION_EARLIEST, types=[EventType.MESSAGE_SENT]
            ) as sent,
        ):
            assert next(sent).message_sent.text.startswith("Hello!")
            gateway.instagram("taps", **{"from": "6101", "title": "Shoes"})
            assert next(sent).message_sent.text == "You chose Shoes."
            gateway.instagram("messages", **{"from": "6101", "text": "Thanks"})
            gateway.instagram("messages", **{"from": "6102", "text": "Hello"})
            # Only a customer's first message is answered.
            assert next(sent).user_id == "6102"
        taps = gateway.instagram("graph-calls", "GET")["calls"]
        assert any("ice_breakers" in str(call) for call in taps)
        os.kill(bot.pid, ending)
        assert bot.wait(30) == 0
        assert (tmp_path / "example.cursor").read_text()
    finally:
        if bot.poll() is None:
            os.kill(bot.pid, signal.SIGKILL)
            bot.wait()
        if bot.stdout is not None:
            bot.stdout.close()
