"""Has a fake server whose answers each test decides, and a proxy that freezes."""

from __future__ import annotations

import queue
import socket
import threading
from concurrent import futures
from typing import Any, NamedTuple

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from linktor.instagram.v1 import (
    channel_service_pb2_grpc,
    event_service_pb2_grpc,
    messaging_service_pb2_grpc,
)
from linktor_instagram import DOMAIN, v1


class Refusal(Exception):
    """It makes the server answer with a status, which has an ErrorInfo if there is
    a reason."""

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str = "",
        *,
        domain: str = DOMAIN,
        message: str = "no",
        metadata: dict[str, str] | None = None,
        retry: float | None = None,
        violations: tuple[tuple[str, str], ...] = (),
        details: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        status = status_pb2.Status(code=code.value[0], message=message)
        if reason:
            _pack(
                status,
                error_details_pb2.ErrorInfo(
                    reason=reason, domain=domain, metadata=metadata or {}
                ),
            )
        if violations:
            _pack(
                status,
                error_details_pb2.BadRequest(
                    field_violations=[
                        error_details_pb2.BadRequest.FieldViolation(
                            field=f, description=d
                        )
                        for f, d in violations
                    ]
                ),
            )
        if retry is not None:
            delay = duration_pb2.Duration()
            delay.FromNanoseconds(round(retry * 1e9))
            _pack(status, error_details_pb2.RetryInfo(retry_delay=delay))
        self.details = details or (
            status.SerializeToString() if status.details else b""
        )


def _pack(status: status_pb2.Status, message: Any) -> None:
    packed = any_pb2.Any()
    packed.Pack(message)
    status.details.append(packed)


class Hang:
    """It makes the server never answer: the stream stays open and silent."""


class After(NamedTuple):
    """It makes the server answer with `item` after this many seconds."""

    seconds: float
    item: Any


def response(*cursors: str, end: str = "", **fields: Any) -> v1.SubscribeEventsResponse:
    """Returns a response with an event for each cursor."""
    return v1.SubscribeEventsResponse(
        events=[
            v1.Event(
                id=f"id-{c}",
                cursor=c,
                type="message.received",
                message_received=v1.Message(text=c),
            )
            for c in cursors
        ],
        cursor=end or (cursors[-1] if cursors else ""),
        **fields,
    )


def begun(cursor: str = "c0", interval: float = 15.0) -> v1.SubscribeEventsResponse:
    """Returns the first response of a stream."""
    made = v1.SubscribeEventsResponse(cursor=cursor, subscribed=True)
    made.heartbeat_interval.FromNanoseconds(round(interval * 1e9))
    return made


class FakeServer(
    messaging_service_pb2_grpc.MessagingServiceServicer,
    event_service_pb2_grpc.EventServiceServicer,
    channel_service_pb2_grpc.ChannelServiceServicer,
):
    """Answers calls and streams with the items that a test puts into its queues."""

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        # Each stream takes one list of responses, Refusal, Hang or After. The
        # end of the list ends the stream with OK.
        self.streams: queue.Queue[list[Any]] = queue.Queue()
        self.sends: queue.Queue[Any] = queue.Queue()
        # When this queue is empty, SetIceBreakers succeeds.
        self.breakers: queue.Queue[Any] = queue.Queue()
        # These are the requests that have come, in order. A test can wait for them.
        self.subscribed: queue.Queue[v1.SubscribeEventsRequest] = queue.Queue()
        self.sent: queue.Queue[v1.SendMessageRequest] = queue.Queue()
        self.peers: list[str] = []
        self.metadata: list[dict[str, str]] = []
        self._ended = threading.Event()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        messaging_service_pb2_grpc.add_MessagingServiceServicer_to_server(
            self, self._server
        )
        event_service_pb2_grpc.add_EventServiceServicer_to_server(self, self._server)
        channel_service_pb2_grpc.add_ChannelServiceServicer_to_server(
            self, self._server
        )
        self.port = (
            self._server.add_insecure_port("127.0.0.1:0")
            if credentials is None
            else self._server.add_secure_port("127.0.0.1:0", credentials)
        )
        self.target = f"127.0.0.1:{self.port}"
        self._server.start()

    def stop(self) -> None:
        self._ended.set()
        self._server.stop(None).wait()

    def SendMessage(
        self, request: v1.SendMessageRequest, context: Any
    ) -> v1.SendMessageResponse:
        self._note(context)
        self.sent.put(request)
        return self._answer(self.sends.get(timeout=10), context)

    def SetIceBreakers(self, request: Any, context: Any) -> Any:
        self._note(context)
        if not self.breakers.empty():
            return self._answer(self.breakers.get(), context)
        return v1.SetIceBreakersResponse(
            ice_breakers=request.ice_breakers, localizations=request.localizations
        )

    def SubscribeEvents(self, request: v1.SubscribeEventsRequest, context: Any) -> Any:
        self._note(context)
        # Without headers, a client in Python blocks until the first response is
        # written.
        context.send_initial_metadata(())
        script = self.streams.get(timeout=10)
        self.subscribed.put(request)
        for item in script:
            yield self._answer(item, context)

    def _note(self, context: Any) -> None:
        self.peers.append(context.peer())
        self.metadata.append(dict(context.invocation_metadata()))

    # Returns the item as a response, or ends the call as the item says.
    def _answer(self, item: Any, context: Any) -> Any:
        if isinstance(item, After):
            self._ended.wait(item.seconds)
            item = item.item
        if isinstance(item, Hang):
            gone = threading.Event()
            if context.add_callback(gone.set):
                while not gone.wait(0.05) and not self._ended.is_set():
                    pass
            context.abort(grpc.StatusCode.CANCELLED, "gone")
        if isinstance(item, Refusal):
            if item.details:
                context.set_trailing_metadata(
                    (("grpc-status-details-bin", item.details),)
                )
            context.abort(item.code, item.message)
        return item


class FreezingProxy:
    """Passes bytes on until freeze(). Then its old connections stay open, but pass
    nothing."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.target = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._frozen = threading.Event()
        self._sockets: list[socket.socket] = []
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Freezes the connections made so far. Later connections are passed on."""
        self._frozen.set()
        self._frozen = threading.Event()

    def close(self) -> None:
        self._frozen.set()
        self._listener.close()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            far = socket.create_connection(("127.0.0.1", self._to))
            self._sockets += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(
                    target=self._pump, args=(a, b, self._frozen), daemon=True
                ).start()

    @staticmethod
    def _pump(
        source: socket.socket, sink: socket.socket, frozen: threading.Event
    ) -> None:
        try:
            while data := source.recv(65536):
                if not frozen.is_set():
                    sink.sendall(data)
            if not frozen.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
