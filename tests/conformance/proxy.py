"""A TCP proxy before the server, which does to connections what networks do."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

# With it, close() sends a reset, as a machine does that has lost its connections.
_RESET = struct.pack("ii", 1, 0)
# A client that speaks TLS begins with a record of this type.
_TLS_RECORD = b"\x16"


class _Link:
    """One connection of a client, and its continuation to the server."""

    def __init__(
        self, near: socket.socket, far: socket.socket, begun: Callable[[bytes], None]
    ) -> None:
        """Calls `begun` with the first bytes of the client."""
        self.near = near
        self.far = far
        # Set while bytes in that direction are passed on.
        self.to_server = threading.Event()
        self.to_client = threading.Event()
        self.to_server.set()
        self.to_client.set()
        self._begun = begun
        self._cut = False

    def start(self) -> None:
        for source, sink, passes in (
            (self.near, self.far, self.to_server),
            (self.far, self.near, self.to_client),
        ):
            threading.Thread(
                target=self._pump, args=(source, sink, passes), daemon=True
            ).start()

    def cut(self) -> None:
        self._cut = True
        for one in (self.near, self.far):
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # A thread that reads from it returns.
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        self.to_server.set()
        self.to_client.set()

    def _pump(
        self, source: socket.socket, sink: socket.socket, passes: threading.Event
    ) -> None:
        try:
            first = source is self.near
            while data := source.recv(65536):
                if first:
                    self._begun(data)
                    first = False
                passes.wait()
                sink.sendall(data)
            passes.wait()
            if not self._cut:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Proxy:
    """Passes bytes on until it is told otherwise. New connections always pass."""

    def __init__(self, target: str, host: str = "127.0.0.1") -> None:
        """Listens on a port of its own for what goes to `target`, HOST:PORT."""
        name, _, port = target.rpartition(":")
        self._to = (name, int(port))
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        self.address = f"{host}:{self.port}"
        self._lock = threading.Lock()
        # These are guarded by _lock.
        self._links: list[_Link] = []
        self._accepted = 0
        self._spoken: set[str] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def seen(self) -> dict[str, object]:
        """Returns how many connections came, and what was spoken on them."""
        with self._lock:
            return {"accepted": self._accepted, "spoken": sorted(self._spoken)}

    def cut(self) -> None:
        """Resets every connection."""
        for link in self._take():
            link.cut()

    def freeze(self) -> None:
        """Passes nothing more on, and leaves the connections open."""
        with self._lock:
            for link in self._links:
                link.to_server.clear()
                link.to_client.clear()

    def hold_answers(self) -> None:
        """Passes on what clients send, and nothing of what the server answers."""
        with self._lock:
            for link in self._links:
                link.to_client.clear()

    def close(self) -> None:
        # close() alone would leave a thread in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _note(self, first: bytes) -> None:
        with self._lock:
            self._spoken.add("tls" if first.startswith(_TLS_RECORD) else "plaintext")

    def _take(self) -> list[_Link]:
        with self._lock:
            links, self._links = self._links, []
            return links

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._accepted += 1
            try:
                far = socket.create_connection(self._to)
            except OSError:
                near.close()
                continue
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = _Link(near, far, self._note)
            with self._lock:
                self._links.append(link)
            link.start()
