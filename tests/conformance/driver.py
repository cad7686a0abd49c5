"""The driver of one language, as a process that answers line by line."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from environment import ROOT
from problems import Unusable, Wrong

# A virtual machine may have to start first.
START_LIMIT = 60.0
# So much longer than the time that a command itself was given may its answer take.
GRACE = 15.0
# An error that the driver printed is shown by its last lines.
SHOWN_LINES = 15


class Driver:
    """A running driver. One command is sent and answered after the other."""

    def __init__(self, command: list[str], log: Path) -> None:
        """Starts the program; Unusable when it does not answer."""
        self._log = log
        self._number = 0
        self._lines: queue.Queue[str | None] = queue.Queue()
        try:
            with open(log, "ab") as out:
                self._process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=out,
                    text=True,
                    encoding="utf-8",
                )
        except OSError as error:
            raise Unusable(f"the driver does not start: {error}") from None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.constants = self.ask({"do": "constants"}, START_LIMIT)
        except Wrong as error:
            self.kill()
            raise Unusable(
                f"the driver ({' '.join(command)}) does not answer: {error}"
            ) from None

    def send(self, command: dict[str, Any]) -> int:
        """Sends a command without waiting for its answer, and returns its id."""
        self._number += 1
        line = json.dumps({"id": self._number, **command})
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError:
            raise Wrong(f"the driver has ended{self._last_words()}") from None
        return self._number

    def answer(self, number: int, limit: float) -> dict[str, Any]:
        """Returns the answer to the command of that id, which is the next one."""
        try:
            line = self._lines.get(timeout=limit)
        except queue.Empty:
            raise Wrong(
                f"the driver has not answered within {limit:g} s{self._last_words()}"
            ) from None
        if line is None:
            raise Wrong(f"the driver has ended{self._last_words()}")
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            raise Wrong(f"the driver answered no JSON: {line.strip()}") from None
        if answer.get("id") != number or ("ok" in answer) == ("error" in answer):
            raise Wrong(f"the driver answered command {number} by {line.strip()}")
        return answer

    def ask(self, command: dict[str, Any], limit: float) -> dict[str, Any]:
        return self.answer(self.send(command), limit)

    def kill(self) -> None:
        """Ends the program without a chance to do anything."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        self._forget()

    def close(self) -> None:
        """Ends the input, at which the program has to end with status 0."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            status = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Wrong("the driver does not end when its input ends") from None
        self._forget()
        if status != 0:
            raise Wrong(f"the driver ended with status {status}{self._last_words()}")

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def _forget(self) -> None:
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "".join(f"\n  | {line}" for line in lines[-SHOWN_LINES:])
