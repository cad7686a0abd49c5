"""A server of the contract that answers what a case says, and notes what came.

A script has a list of answers for each method. The calls of a method take them
in order; the last one answers every further call. An answer is one of

    {"response": {...}}            the response, in proto3 JSON
    {"status": "NOT_FOUND", ...}   a status, as below
    {"hang": true}                 nothing, until the caller leaves

For a method that streams an answer is a list of these; its end ends the stream
with OK. There {"pause_ms": 100} waits, and {"response": {...}} may have
"unknown_payload": {"number": 99, "type": "instagram.x"}, which appends an event
whose payload is a field that the contract does not have.

Three forms are short for a response of a stream: {"begun": "c0"} is the first one,
{"beat": "c1"} a heartbeat, and {"gives": [2, 3]} has the events e2 and e3 with the
cursors c2 and c3, of which the last one is also the response's, unless "cursor"
says another.

Beside "status" there may be "message", "details" (a list of messages of
google.rpc in JSON, whose "@type" is the short name) or "damaged_details".
"""

from __future__ import annotations

import threading
import time
from concurrent import futures
from itertools import pairwise
from typing import Any

import grpc

from contract import Contract, status_details, to_json
from problems import Wrong

# A stream that hangs holds a thread.
_THREADS = 32
# These are the bytes of no google.rpc.Status.
_DAMAGED = b"\x0a\xff\xff\xff\xff\x0f damaged"
_LENGTH_DELIMITED = 2


class FakeServer:
    """Serves every method of the contract that the script names."""

    def __init__(self, contract: Contract, host: str = "127.0.0.1") -> None:
        self._contract = contract
        self._lock = threading.Lock()
        # Both are guarded by _lock.
        self._script: dict[str, list[Any]] = {}
        self._calls: dict[str, list[dict[str, Any]]] = {}
        self._stopped = threading.Event()
        self._pool = futures.ThreadPoolExecutor(_THREADS)
        self._server = grpc.server(self._pool, handlers=[_Handlers(self)])
        port = self._server.add_insecure_port(f"{host}:0")
        self.address = f"{host}:{port}"
        self._server.start()

    def play(self, script: dict[str, list[Any]]) -> None:
        """Takes a script and forgets the calls so far."""
        with self._lock:
            self._script = {name: list(answers) for name, answers in script.items()}
            self._calls = {}

    def seen(self, method: str) -> dict[str, Any]:
        """Returns what came for a method, such as "MessagingService.SendMessage"."""
        with self._lock:
            calls = [dict(one) for one in self._calls.get(method, [])]
        times = [one.pop("at") for one in calls]
        return {
            "count": len(calls),
            "calls": calls,
            "gaps_ms": [
                round((after - before) * 1000) for before, after in pairwise(times)
            ],
            "request_ids": sorted({one["request"].get("requestId") for one in calls}),
            "connections": len({one["peer"] for one in calls}),
        }

    def stop(self) -> None:
        self._stopped.set()
        self._server.stop(None).wait()
        self._pool.shutdown(wait=True)

    def handler(self, path: str) -> Any:
        """Returns what serves a path of HTTP/2; None for one that is not scripted."""
        service, _, method = path.rpartition("/")
        name = f"{service.rpartition('.')[2]}.{method}"
        with self._lock:
            if name not in self._script:
                return None
        known = self._contract.method(name)
        options = {
            "request_deserializer": known.request.FromString,
            "response_serializer": lambda response: response,
        }
        if known.streams:
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: self._stream(name, request, context), **options
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._unary(name, request, context), **options
        )

    def _unary(self, name: str, request: Any, context: grpc.ServicerContext) -> bytes:
        answer, _ = self._next(name, request, context)
        return self._give(name, answer, context)

    def _stream(self, name: str, request: Any, context: grpc.ServicerContext) -> Any:
        answers, call = self._next(name, request, context)
        left = threading.Event()

        def end() -> None:
            with self._lock:
                call["ended"] = True
            left.set()

        if not context.add_callback(end):
            end()
        # Some clients wait for the headers before they say that a stream is open.
        context.send_initial_metadata(())
        for one in map(_spelled_out, answers):
            if "pause_ms" in one:
                left.wait(one["pause_ms"] / 1000)
            elif "hang" in one:
                self._hang(left)
                return
            else:
                yield self._give(name, one, context)

    def _next(
        self, name: str, request: Any, context: grpc.ServicerContext
    ) -> tuple[Any, dict[str, Any]]:
        call = {
            "request": to_json(request),
            "metadata": {
                key: value
                for key, value in context.invocation_metadata()
                if isinstance(value, str)
            },
            "peer": context.peer(),
            "at": time.monotonic(),
        }
        with self._lock:
            self._calls.setdefault(name, []).append(call)
            answers = self._script[name]
            return (answers.pop(0) if len(answers) > 1 else answers[0]), call

    def _give(
        self, name: str, answer: dict[str, Any], context: grpc.ServicerContext
    ) -> bytes:
        if "hang" in answer:
            left = threading.Event()
            if context.add_callback(left.set):
                self._hang(left)
            context.abort(grpc.StatusCode.CANCELLED, "the caller has left")
        if "status" in answer:
            code = grpc.StatusCode[answer["status"]]
            message = answer.get("message", "")
            details = b""
            if answer.get("damaged_details"):
                details = _DAMAGED
            elif answer.get("details"):
                details = status_details(code.value[0], message, answer["details"])
            if details:
                context.set_trailing_metadata((("grpc-status-details-bin", details),))
            context.abort(code, message)
        short = self._contract.method(name).response.DESCRIPTOR.name
        made = self._contract.parse(short, answer["response"]).SerializeToString()
        return made + _unknown_event(answer.get("unknown_payload"), self._contract)

    def _hang(self, left: threading.Event) -> None:
        while not left.wait(0.05) and not self._stopped.is_set():
            pass


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, server: FakeServer) -> None:
        self._server = server

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        return self._server.handler(details.method)


def _spelled_out(answer: dict[str, Any]) -> dict[str, Any]:
    if "begun" in answer:
        cursor = answer["begun"]
        begun = {"cursor": cursor, "subscribed": True, "heartbeatInterval": "15s"}
        return {"response": begun}
    if "beat" in answer:
        return {"response": {"cursor": answer["beat"], "caughtUp": True}}
    if "gives" in answer:
        events = [
            {
                "id": f"e{number}",
                "cursor": f"c{number}",
                "type": "message.received",
                "messageReceived": {"text": f"text {number}"},
            }
            for number in answer["gives"]
        ]
        cursor = answer.get("cursor", events[-1]["cursor"])
        return {"response": {"events": events, "cursor": cursor}}
    return answer


def _unknown_event(given: dict[str, Any] | None, contract: Contract) -> bytes:
    """Returns field `events` of a response, with a payload of a newer contract."""
    if given is None:
        return b""
    known = {key: value for key, value in given.items() if key != "number"}
    if any(f.number == given["number"] for f in contract.descriptor("Event").fields):
        raise Wrong(f"the contract has a field {given['number']} of Event by now")
    payload = _field(given["number"], b"\x0a\x03new")
    event = contract.parse("Event", known).SerializeToString() + payload
    events = contract.descriptor("SubscribeEventsResponse").fields_by_name["events"]
    return _field(events.number, event)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
