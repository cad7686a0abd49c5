"""The real programs: the server and the emulated Instagram, on ports of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from problems import Wrong

START_LIMIT = 60.0
# The server promises to end within 25 s.
STOP_LIMIT = 40.0
HTTP_LIMIT = 30.0
_POLL = 0.01


class Program:
    """A program that prints a line with its addresses when it is ready."""

    def __init__(self, path: Path, arguments: list[str], log: Path) -> None:
        try:
            with open(log, "ab") as out:
                begin = out.tell()
                self._process = subprocess.Popen(
                    [path, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
        except OSError as error:
            raise Wrong(f"{path} does not start: {error}") from None
        self._log = log
        self.addresses = self._wait(begin)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Sends the signal and waits for the end. A second time does nothing."""
        if self._process.poll() is not None:
            return
        os.kill(self._process.pid, how)
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise Wrong(f"the program of {self._log.name} did not end") from None

    def _wait(self, begin: int) -> dict[str, str]:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            with open(self._log, encoding="utf-8", errors="replace") as log:
                log.seek(begin)
                text = log.read()
            for line in text.splitlines(keepends=True):
                if line.startswith("ready ") and line.endswith("\n"):
                    return dict(word.split("=", 1) for word in line.split()[1:])
            if ended:
                break
            time.sleep(_POLL)
        self.stop(signal.SIGKILL)
        raise Wrong(f"a program did not become ready:\n{text}")


class Emulator(Program):
    """The emulated Instagram."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Makes a request of the control API; Wrong when it is refused."""
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
        url = f"http://{self.addresses['http']}/emulator/{path}"
        request = urllib.request.Request(url, method=method, data=data)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=HTTP_LIMIT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Wrong(f"the emulator refuses: {error.read().decode()}") from None
