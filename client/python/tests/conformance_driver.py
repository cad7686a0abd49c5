#!/usr/bin/env python3
"""This is the driver of tests/conformance for this package.

It reads commands from standard input, one JSON object a line. It answers each
command with a line on standard output. tests/conformance/README.md describes the
protocol. With --asyncio the commands go to AsyncClient instead of Client.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import grpc
from google.protobuf import json_format

from linktor_instagram import (
    AsyncClient,
    Client,
    EventType,
    FileCursorStore,
    LinktorError,
    Reason,
    Tls,
    v1,
)

# These attributes of a client are the generated stubs.
STUBS = {
    "AccessService": "access",
    "ChannelService": "channels",
    "EventService": "events",
    "MessagingService": "messaging",
    "ServerService": "server",
}


class StoreFailed(Exception):
    """Marks a failure of a cursor store, so that described() can tell it from
    others."""


class NotedStore(FileCursorStore):
    def load(self) -> str | None:
        try:
            return super().load()
        except Exception as error:
            raise StoreFailed(str(error)) from error

    def save(self, cursor: str) -> None:
        try:
            super().save(cursor)
        except Exception as error:
            raise StoreFailed(str(error)) from error


class FromAsync:
    """Runs an AsyncClient in an event loop of its own, and has the methods of
    Client."""

    def __init__(self, target: str, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._client = self._run(self._connect(target, options))
        for name in STUBS.values():
            setattr(self, name, _FromAsyncStub(self._run, getattr(self._client, name)))

    def send(self, *arguments: Any, **options: Any) -> Any:
        return self._run(self._client.send(*arguments, **options))

    def set_ice_breakers(self, *arguments: Any, **options: Any) -> Any:
        return self._run(self._client.set_ice_breakers(*arguments, **options))

    def subscribe(self, **options: Any) -> Any:
        async def made() -> Any:
            return self._client.subscribe(**options)

        return _FromAsyncSubscription(self._run, self._run(made()))

    def close(self) -> None:
        self._run(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _connect(self, target: str, options: dict[str, Any]) -> AsyncClient:
        return AsyncClient.connect(target, **options)

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class _FromAsyncStub:
    def __init__(self, run: Callable[[Any], Any], inner: Any) -> None:
        self._run = run
        self._inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)

        def call(request: Any, timeout: float | None) -> Any:
            async def called() -> Any:
                return await method(request, timeout=timeout)

            return self._run(called())

        return call


class _FromAsyncSubscription(Iterator[v1.Event]):
    def __init__(self, run: Callable[[Any], Any], inner: Any) -> None:
        self._run = run
        self._inner = inner

    def __next__(self) -> v1.Event:
        async def following() -> v1.Event | None:
            return await anext(self._inner, None)

        event = self._run(following())
        if event is None:
            raise StopIteration
        return event

    def close(self) -> None:
        self._run(self._inner.close())


class Subscription:
    """Reads a subscription in a thread, one event for each command "next"."""

    def __init__(self, subscribe: Callable[..., Any]) -> None:
        self._subscribe = subscribe
        self._asks: queue.Queue[bool] = queue.Queue()
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._events: Any = None
        self._waiting = False
        self._final: dict[str, Any] | None = None
        self._subscribed = 0
        self._caught_up = False
        self._breaks: list[Any] = []
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def next(self, timeout: float) -> dict[str, Any]:
        if self._final is not None:
            return self._final
        if not self._waiting:
            self._asks.put(True)
            self._waiting = True
        try:
            answer = self._answers.get(timeout=timeout)
        except queue.Empty:
            return {"ok": {"timeout": True}}
        self._waiting = False
        if "event" not in answer.get("ok", {}):
            self._final = answer
        return answer

    def state(self) -> dict[str, Any]:
        return {
            "subscribed": self._subscribed,
            "caught_up": self._caught_up,
            "breaks": list(self._breaks),
        }

    def stop(self) -> None:
        self._asks.put(False)
        if self._events is not None:
            self._events.close()
        self._thread.join()

    def _on_response(self, response: v1.SubscribeEventsResponse) -> None:
        self._subscribed += response.subscribed
        self._caught_up = response.caught_up

    def _on_break(self, error: LinktorError, _: float) -> None:
        self._breaks.append(described(error))

    def _work(self) -> None:
        while self._asks.get():
            try:
                if self._events is None:
                    self._events = self._subscribe(
                        on_response=self._on_response, on_break=self._on_break
                    )
                event = next(self._events)
            except StopIteration:
                answer: dict[str, Any] = {"ok": {"ended": True}}
            except Exception as error:
                answer = {"error": described(error)}
            else:
                answer = {
                    "ok": {
                        "event": json_format.MessageToDict(event),
                        "payload": event.WhichOneof("payload") or "",
                    }
                }
            self._answers.put(answer)


class Driver:
    """Runs the commands, one after the other."""

    def __init__(self, connect: Callable[..., Any]) -> None:
        self._connect = connect
        self._client: Any = None
        self._subscriptions: dict[str, Subscription] = {}

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        do = getattr(self, f"do_{command['do']}")
        try:
            return do(command)
        except Exception as error:
            return {"error": described(error)}

    def do_constants(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"ok": {"reasons": constants(Reason), "types": constants(EventType)}}

    def do_connect(self, command: dict[str, Any]) -> dict[str, Any]:
        self.do_close(command)
        self._client = self._connect(
            command["address"],
            api_key=command.get("api_key"),
            tls=Tls(**command["tls"]) if "tls" in command else None,
            plaintext_to_other_machines=bool(command.get("plaintext")),
        )
        return {"ok": {}}

    def do_close(self, _: dict[str, Any]) -> dict[str, Any]:
        for subscription in self._subscriptions.values():
            subscription.stop()
        self._subscriptions.clear()
        client, self._client = self._client, None
        if client is not None:
            client.close()
        return {"ok": {}}

    def do_send(self, command: dict[str, Any]) -> dict[str, Any]:
        request = json_format.ParseDict(command["request"], v1.SendMessageRequest())
        return responded(
            self._client.send(
                request.channel_id,
                request.to,
                request.content,
                request_id=request.request_id,
                tag=request.tag,
                **timeout_of(command),
            )
        )

    def do_set_ice_breakers(self, command: dict[str, Any]) -> dict[str, Any]:
        request = json_format.ParseDict(command["request"], v1.SetIceBreakersRequest())
        return responded(
            self._client.set_ice_breakers(
                request.channel_id,
                request.ice_breakers,
                {one.locale: one.ice_breakers for one in request.localizations},
                **timeout_of(command),
            )
        )

    def do_call(self, command: dict[str, Any]) -> dict[str, Any]:
        service, _, name = command["method"].partition(".")
        method = getattr(getattr(self._client, STUBS[service]), name)
        request = json_format.ParseDict(
            command["request"], getattr(v1, f"{name}Request")()
        )
        return responded(method(request, timeout=timeout_of(command).get("timeout")))

    def do_subscribe(self, command: dict[str, Any]) -> dict[str, Any]:
        request = json_format.ParseDict(command["request"], v1.SubscribeEventsRequest())
        options: dict[str, Any] = {
            "channel_ids": list(request.channel_ids),
            "types": list(request.types),
            "user_ids": list(request.user_ids),
            "max_batch_size": request.max_batch_size,
            "include_raw": request.include_raw,
        }
        start = request.WhichOneof("start")
        if start == "since":
            options["since"] = request.since.ToDatetime(UTC)
        elif start is not None:
            options[start] = getattr(request, start)
        if request.HasField("heartbeat_interval"):
            options["heartbeat_interval"] = (
                request.heartbeat_interval.ToMilliseconds() / 1000
            )
        client, file = self._client, command.get("cursor_file")

        def subscribe(**hooks: Any) -> Any:
            return client.subscribe(
                cursor_store=NotedStore(file) if file else None, **hooks, **options
            )

        self._subscriptions[command["sub"]] = Subscription(subscribe)
        return {"ok": {}}

    def do_next(self, command: dict[str, Any]) -> dict[str, Any]:
        return self._subscriptions[command["sub"]].next(command["timeout_ms"] / 1000)

    def do_state(self, command: dict[str, Any]) -> dict[str, Any]:
        return {"ok": self._subscriptions[command["sub"]].state()}

    def do_stop(self, command: dict[str, Any]) -> dict[str, Any]:
        self._subscriptions.pop(command["sub"]).stop()
        return {"ok": {}}


def responded(response: Any) -> dict[str, Any]:
    return {"ok": {"response": json_format.MessageToDict(response)}}


def timeout_of(command: dict[str, Any]) -> dict[str, float]:
    if not command.get("timeout_ms"):
        return {}
    return {"timeout": command["timeout_ms"] / 1000}


def described(error: Exception) -> dict[str, Any]:
    """Returns the error as the protocol spells it."""
    if isinstance(error, grpc.RpcError):
        # The stubs raise RpcError, and an application reads it in this way.
        error = LinktorError.from_rpc_error(error)
    if isinstance(error, LinktorError):
        return {
            "kind": "rpc",
            "message": error.message,
            "code": error.code.name,
            "reason": error.reason,
            "remedy": error.remedy,
            "metadata": error.metadata,
            "violations": [one._asdict() for one in error.violations],
            "retry_delay_ms": round((error.retry_delay or 0) * 1000),
            "request_id": error.request_id,
            "outcome_unknown": error.outcome_unknown,
        }
    kind = "store" if isinstance(error, StoreFailed) else "usage"
    return {"kind": kind, "message": str(error)}


def constants(names: type) -> list[str]:
    return [
        value
        for name, value in vars(names).items()
        if not name.startswith("_") and isinstance(value, str)
    ]


def main() -> None:
    driver = Driver(FromAsync if "--asyncio" in sys.argv[1:] else Client.connect)
    for line in sys.stdin:
        command = json.loads(line)
        answer = {"id": command["id"], **driver.answer(command)}
        print(json.dumps(answer), flush=True)
    driver.do_close({})


if __name__ == "__main__":
    main()
