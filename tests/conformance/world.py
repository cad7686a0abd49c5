"""The world of a case: a real server with an emulated Instagram and one channel."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from certificates import Certificates
from contract import Contract, to_json
from problems import Wrong
from programs import Emulator, Program

CHANNEL = "ch_1"
ACCOUNT = "17841400000000001"
PAGE = "100000000000001"
_APP_SECRET = "conformance-app-secret"
_VERIFY_TOKEN = "conformance-verify-token"
_ALL_PERMISSIONS = [1, 2, 3, 4, 5]
_CALL_LIMIT = 30.0
# It does what the server does with events whose retention is over.
_FORGET = (
    "DELETE FROM event_mids",
    "DELETE FROM events",
    "UPDATE log_state SET oldest_seq = last_seq + 1",
)


class World:
    """A server and an emulator of their own, in a folder of their own.

    `settings` are those of a case: "options" (of the server), "keys" (it asks for
    API keys), "certificate" (it serves TLS with the one of that name), "clients"
    (true: it asks for certificates of clients), "socket" (true: it listens on a
    Unix socket) and "channel" (more fields of the channel).
    """

    def __init__(
        self,
        programs: Path,
        folder: Path,
        contract: Contract,
        certificates: Certificates,
        settings: dict[str, Any],
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self._path = programs / "linktor-igd"
        self._contract = contract
        self._certificates = certificates
        self._settings = settings
        self._key = ""
        self._channel: grpc.Channel | None = None
        self._server: Program | None = None
        self._background = futures.ThreadPoolExecutor(4)
        (folder / "master.key").write_text(os.urandom(32).hex())
        (folder / "master.key").chmod(0o600)
        socket = f"unix:{folder}/socket" if settings.get("socket") else "127.0.0.1:0"
        self._listen = {
            "grpc": socket,
            "webhook": "127.0.0.1:0",
            "admin": "127.0.0.1:0",
        }
        self.emulator = Emulator(
            programs / "linktor-ig-emulator",
            [
                *("--listen", "127.0.0.1:0", "--app-secret", _APP_SECRET),
                *("--verify-token", _VERIFY_TOKEN),
            ],
            folder / "emulator.log",
        )
        try:
            self.start()
            self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> str:
        """The address for clients, which stays over restarts."""
        return self._listen["grpc"]

    @property
    def key(self) -> str:
        """An API key that may do everything; empty without keys."""
        return self._key

    def start(self) -> None:
        """Starts the server, after the first time on the same ports and data."""
        if self._server is not None:
            raise Wrong("the server runs already")
        instagram = f"http://{self.emulator.addresses['http']}"
        arguments = [
            *("--data-dir", str(self._data())),
            *("--master-key-file", str(self.folder / "master.key")),
            *("--graph-facebook-url", instagram, "--graph-instagram-url", instagram),
        ]
        for name, address in self._listen.items():
            arguments += [f"--{name}-listen", address]
        arguments += self._options()
        self._server = Program(self._path, arguments, self.folder / "server.log")
        for name, address in self._server.addresses.items():
            if not self._listen[name].startswith("unix:"):
                self._listen[name] = address
        self._channel = self._open()

    def stop(self, how: signal.Signals) -> None:
        """Ends the server by this signal, and waits for its end."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        server, self._server = self._server, None
        if server is not None:
            server.stop(how)

    def forget_events(self) -> None:
        """Removes every event from the disk of a server that does not run."""
        database = sqlite3.connect(self._data() / "gateway.db", isolation_level=None)
        try:
            for statement in _FORGET:
                database.execute(statement)
        finally:
            database.close()

    def back_up(self) -> None:
        """Makes a backup of the data of a server that does not run."""
        self._with_data("backup", "--to", str(self.folder / "backup"))

    def restore(self) -> None:
        """Puts the backup in the place of the data of a server that does not run."""
        shutil.rmtree(self._data())
        self._with_data("restore", "--from", str(self.folder / "backup"))

    def _with_data(self, command: str, *arguments: str) -> None:
        """Runs a command of the server's program on the data folder."""
        place = ("--data-dir", str(self._data()))
        key = ("--master-key-file", str(self.folder / "master.key"))
        ran = subprocess.run(
            [self._path, command, *place, *key, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if ran.returncode != 0:
            raise Wrong(f"{command}: {ran.stdout}{ran.stderr}")

    def close(self) -> None:
        """Ends both programs."""
        self.stop(signal.SIGKILL)
        self.emulator.stop(signal.SIGKILL)
        self._background.shutdown(wait=True)

    def call(self, method: str, request: Any, key: str | None = None) -> Any:
        """Calls the server through no client's layer; both sides are proto3 JSON."""
        known = self._contract.method(method)
        if self._channel is None:
            raise Wrong("the server does not run")
        call = self._channel.unary_unary(
            known.path,
            request_serializer=known.request.SerializeToString,
            response_deserializer=known.response.FromString,
        )
        made = self._contract.parse(known.request.DESCRIPTOR.name, request)
        key = self._key if key is None else key
        metadata = (("authorization", f"Bearer {key}"),) if key else ()
        try:
            return to_json(call(made, timeout=_CALL_LIMIT, metadata=metadata))
        except grpc.RpcError as error:
            raise Wrong(f"{method} failed: {error.code()}: {error.details()}") from None

    def call_later(self, method: str, request: Any) -> futures.Future[Any]:
        return self._background.submit(self.call, method, request)

    def reset(self) -> None:
        """Removes what a case has left in the emulator."""
        self.emulator.ask("DELETE", "faults")
        self.emulator.ask("DELETE", "graph-calls")

    def _data(self) -> Path:
        if self._server is not None:
            raise Wrong("the server runs, so that its data is not to be touched")
        return self.folder / "data"

    def _options(self) -> list[str]:
        given = self._settings
        options = list(given.get("options", ()))
        if given.get("keys"):
            options += ["--auth", "keys"]
            options += ["--bootstrap-key-file", str(self.folder / "bootstrap.key")]
        if name := given.get("certificate"):
            files = self._certificates.folder
            options += ["--grpc-tls-cert", str(files / f"{name}.pem")]
            options += ["--grpc-tls-key", str(files / f"{name}.key")]
            if given.get("clients"):
                options += ["--grpc-tls-client-ca", str(files / "ca.pem")]
        return options

    def _open(self) -> grpc.Channel:
        options: list[tuple[str, Any]] = [
            ("grpc.enable_http_proxy", 0),
            # A server that was away before on this port is met anew.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        name = self._settings.get("certificate")
        if not name:
            return grpc.insecure_channel(self.address, options)
        files = self._certificates.folder
        credentials = grpc.ssl_channel_credentials(
            (files / "ca.pem").read_bytes(),
            (files / "client.key").read_bytes(),
            (files / "client.pem").read_bytes(),
        )
        if name == "named":
            options.append(("grpc.ssl_target_name_override", "gateway.example"))
        return grpc.secure_channel(self.address, credentials, options)

    def _prepare(self) -> None:
        if self._settings.get("keys"):
            self._key = (self.folder / "bootstrap.key").read_text().strip()
            created = self.call(
                "AccessService.CreateApiKey",
                {"apiKey": {"name": "all", "permissions": _ALL_PERMISSIONS}},
            )
            self._key = created["secret"]
        channel = {"id": CHANNEL, "instagramAccountId": ACCOUNT, "pageId": PAGE}
        created = self.call(
            "ChannelService.CreateChannel",
            {
                "channel": {**channel, **self._settings.get("channel", {})},
                "credentials": {
                    "accessToken": "conformance-token",
                    "appSecrets": [_APP_SECRET],
                    "verifyToken": _VERIFY_TOKEN,
                },
            },
        )
        path = created["channel"]["webhookPath"]
        self.emulator.ask(
            "PUT",
            "config",
            {
                "account_id": ACCOUNT,
                "page_id": PAGE,
                "webhook_url": f"http://{self._listen['webhook']}{path}",
            },
        )
