"""Starts the real server and the emulator of Instagram, each on its own ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from linktor_instagram import Client, v1

# The examples set the ice breakers of this channel.
CHANNEL = "ch_instagram_123"
ACCOUNT = "17841400000000001"
PAGE = "100000000000001"
# The server promises to end within 25 s.
STOP_LIMIT = 30


class Program:
    """It runs one program. It is ready when the program has printed its line
    "ready"."""

    def __init__(self, path: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [path, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("ready "):
                self.ports = dict(word.split("=") for word in line.split()[1:])
                return
        raise AssertionError(f"{path.name} ended with status {self._process.wait()}")

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            os.kill(self._process.pid, with_signal)
            self._process.wait(STOP_LIMIT)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Gateway:
    """It runs a server that uses an emulator of Instagram."""

    def __init__(self, programs: Path, folder: Path, *options: str) -> None:
        self._path, self._folder = programs / "linktor-igd", folder
        (folder / "master.key").write_text(os.urandom(32).hex())
        (folder / "master.key").chmod(0o600)
        self._options = options
        self._instagram = Program(
            programs / "linktor-ig-emulator",
            "--listen",
            "127.0.0.1:0",
            "--app-secret",
            "secret",
            "--verify-token",
            "token",
        )
        self._listen = {
            "grpc": "127.0.0.1:0",
            "webhook": "127.0.0.1:0",
            "admin": "127.0.0.1:0",
        }
        self.start()

    def start(self) -> None:
        """Starts the server. After a stop, it starts on the same ports as before."""
        instagram = f"http://{self._instagram.ports['http']}"
        self._server = Program(
            self._path,
            "--data-dir",
            str(self._folder / "data"),
            "--master-key-file",
            str(self._folder / "master.key"),
            "--graph-facebook-url",
            instagram,
            "--graph-instagram-url",
            instagram,
            *(
                word
                for name, address in self._listen.items()
                for word in (f"--{name}-listen", address)
            ),
            *self._options,
        )
        self._listen = self._server.ports
        self.target = self._server.ports["grpc"]

    def kill(self) -> None:
        self._server.stop(signal.SIGKILL)

    def stop(self) -> None:
        self._server.stop()
        self._instagram.stop()

    def create_channel(self, client: Client) -> None:
        created = client.channels.CreateChannel(
            v1.CreateChannelRequest(
                channel=v1.Channel(
                    id=CHANNEL, instagram_account_id=ACCOUNT, page_id=PAGE
                ),
                credentials=v1.ChannelCredentials(
                    access_token="t", app_secrets=["secret"], verify_token="token"
                ),
            )
        )
        self.instagram(
            "config",
            "PUT",
            account_id=ACCOUNT,
            page_id=PAGE,
            webhook_url=f"http://{self._server.ports['webhook']}"
            + created.channel.webhook_path,
        )

    def instagram(self, path: str, method: str = "POST", **body: Any) -> Any:
        """Calls the control API of the emulator, and returns its answer."""
        request = urllib.request.Request(
            f"http://{self._instagram.ports['http']}/emulator/{path}",
            method=method,
            data=json.dumps(body).encode() if method != "GET" else None,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None
