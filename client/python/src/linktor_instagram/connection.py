"""Says how a channel is opened: its address, its encryption and its options."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

# It is a key, or a function that returns the current key. The function is called
# before every call, so that a key can be replaced while the client runs.
ApiKey = str | Callable[[], str] | None

_DEFAULTS: dict[str, Any] = {
    # With these two options, a send fails half a minute after its connection has
    # died silently. The server permits a ping every 10 s. Proxies permit these
    # pings, because they are sent only while a call is under way. Streams do not
    # depend on pings, because they have heartbeats.
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 10_000,
    # Without this option gRPC stops after two pings without data, but a send with
    # media takes up to 90 s.
    "grpc.http2.max_pings_without_data": 0,
    # Without this option grpcio 1.85 waits a minute for the answer to a ping,
    # whatever grpc.keepalive_timeout_ms says.
    "grpc.http2.ping_timeout_ms": 10_000,
    # gRPC by itself would try to connect only every two minutes. Instead, Backoff
    # decides how long to wait for a server that is away.
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 200,
    # The server is in the caller's own network, so the proxies that the environment
    # names are not used.
    "grpc.enable_http_proxy": 0,
    # Each channel has a connection of its own. After a connection was found frozen,
    # a new channel must not use it again.
    "grpc.use_local_subchannel_pool": 1,
}


@dataclass(frozen=True)
class Tls:
    """Says how a connection is encrypted. Files are PEM, and every field is
    optional."""

    # ca_file has the root certificates to trust, in place of the roots that gRPC
    # has.
    ca_file: str | Path | None = None
    # These files have the client's certificate chain and its key, for servers that
    # ask for a certificate.
    cert_file: str | Path | None = None
    key_file: str | Path | None = None
    # It is the name in the server's certificate, when that is not the name in the
    # target.
    server_name: str | None = None


class Connection:
    """Has everything that is needed to open a channel, but opens none itself."""

    def __init__(
        self,
        target: str,
        api_key: ApiKey = None,
        tls: Tls | None = None,
        options: Sequence[tuple[str, Any]] = (),
        plaintext_to_other_machines: bool = False,
    ) -> None:
        self.target = _checked(target)
        self._api_key: Callable[[], str] | str = (
            api_key if callable(api_key) else _checked_key(api_key)
        )
        merged = {**_DEFAULTS, **dict(options)}
        self.credentials: grpc.ChannelCredentials | None = None
        if tls is not None and not isinstance(tls, Tls):
            # A wrong value must not lead to a connection in plaintext.
            raise TypeError("tls is a Tls, or None")
        if tls is not None and plaintext_to_other_machines:
            raise ValueError("tls and plaintext_to_other_machines exclude each other")
        if tls is None and not plaintext_to_other_machines and not is_local(target):
            tls = Tls()
        if tls is not None:
            self.credentials = _credentials(tls)
            if tls.server_name:
                merged["grpc.ssl_target_name_override"] = tls.server_name
        self.options = list(merged.items())

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Returns the metadata of every call, which has the API key if there is one."""
        key = self._api_key
        if callable(key):
            key = _checked_key(key())
        return (("authorization", f"Bearer {key}"),) if key else ()


def is_local(target: str) -> bool:
    """Returns whether the target is this machine: a loopback address or a Unix
    socket."""
    scheme, found, rest = target.partition(":")
    if found and scheme in ("unix", "unix-abstract"):
        return True
    if found and scheme in ("dns", "ipv4", "ipv6"):
        if rest.startswith("//") and not rest.startswith("///"):
            return False  # The target names a name server, which gives the address.
        target = rest.rpartition("/")[2]
    return all(_is_loopback(_host(one)) for one in target.split(","))


def _host(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    # An IPv6 address without brackets has no port.
    return address if address.count(":") > 1 else address.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Returns the target, or raises ValueError when it cannot be one.
def _checked(target: str) -> str:
    for prefix in ("http://", "https://"):
        if target.startswith(prefix):
            raise ValueError(f"the target is HOST:PORT: leave out {prefix}")
    if not target:
        raise ValueError(
            "the target is empty; it is HOST:PORT, such as 127.0.0.1:50051"
        )
    return target


# Returns the key without the white space around it, because most files end with a
# new line. Raises ValueError when the key cannot be sent.
def _checked_key(key: str | None) -> str:
    key = (key or "").strip()
    if not all("!" <= c <= "~" for c in key):
        # gRPC would end the call with INTERNAL, which looks like an error that
        # passes.
        raise ValueError(
            "the API key has white space or a character in it that is not ASCII"
        )
    return key


def _credentials(tls: Tls) -> grpc.ChannelCredentials:
    if (tls.cert_file is None) != (tls.key_file is None):
        raise ValueError("a client certificate and its private key go together")
    return grpc.ssl_channel_credentials(
        _read(tls.ca_file, b"-----BEGIN CERTIFICATE-----"),
        _read(tls.key_file, b"PRIVATE KEY-----"),
        _read(tls.cert_file, b"-----BEGIN CERTIFICATE-----"),
    )


# Returns the content of the file, or raises ValueError when `sign` is not in it.
# With a wrong file, gRPC would try to connect again and again, without end.
def _read(path: str | Path | None, sign: bytes) -> bytes | None:
    if path is None:
        return None
    pem = Path(path).read_bytes()
    if sign not in pem:
        raise ValueError(f'{path} is not a PEM file with "{sign.decode()}" in it')
    return pem
