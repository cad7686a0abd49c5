"""Tests targets, encryption and channel options."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from fake import FakeServer, Refusal
from linktor_instagram import Client, LinktorError, Tls, v1
from linktor_instagram.connection import Connection, is_local

SENT = v1.SendMessageResponse(replayed=True)


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("127.0.0.1:50051", True),
        ("127.9.9.9:1", True),
        ("localhost:50051", True),
        ("LocalHost:50051", True),
        ("[::1]:50051", True),
        ("::1", True),
        ("dns:///localhost:50051", True),
        ("dns:localhost:50051", True),
        ("ipv4:127.0.0.1:50051", True),
        ("ipv6:[::1]:50051", True),
        ("ipv4:127.0.0.1:1,127.0.0.2:1", True),
        ("unix:/run/linktor.sock", True),
        ("unix:///run/linktor.sock", True),
        ("unix-abstract:linktor", True),
        ("gateway:50051", False),
        ("gateway.example:443", False),
        ("10.0.0.1:50051", False),
        ("[2001:db8::1]:50051", False),
        ("dns:///gateway:50051", False),
        ("ipv4:127.0.0.1:1,10.0.0.1:1", False),
        ("localhost.example:1", False),
        ("unix.example:1", False),
        # The name server in this target decides which machine it is.
        ("dns://192.0.2.1/localhost:50051", False),
    ],
)
def test_what_is_local(target: str, local: bool) -> None:
    assert is_local(target) is local


@pytest.mark.parametrize(
    ("target", "options", "encrypted"),
    [
        ("127.0.0.1:50051", {}, False),
        ("gateway:50051", {}, True),
        ("gateway:50051", {"plaintext_to_other_machines": True}, False),
        ("127.0.0.1:50051", {"tls": Tls()}, True),
    ],
)
def test_only_local_targets_are_plaintext_unless_told(
    target: str, options: Any, encrypted: bool
) -> None:
    connection = Connection(target, **options)
    assert (connection.credentials is not None) is encrypted


@pytest.mark.parametrize("tls", [False, True, "", "yes", {}, 0])
def test_what_is_no_tls_never_ends_in_plaintext(connect: Any, tls: Any) -> None:
    with pytest.raises(TypeError, match="tls"):
        connect("gateway:50051", api_key="lig_1", tls=tls)


def test_tls_and_plaintext_exclude_each_other(connect: Any) -> None:
    with pytest.raises(ValueError, match="exclude"):
        connect("gateway:50051", tls=Tls(), plaintext_to_other_machines=True)


@pytest.mark.parametrize("key", ["lig_1\nlig_2", "lig 1", "lig_ü"])
def test_a_key_that_cannot_be_sent_is_told(
    connect: Any, server: FakeServer, key: str
) -> None:
    with pytest.raises(ValueError, match="API key"):
        connect(server.target, api_key=key)
    client = connect(server.target, api_key=lambda: key)
    with pytest.raises(ValueError, match="API key"):
        client.take(1)
    with pytest.raises(ValueError, match="API key"):
        client.send("ch_1", "6101", "Hello")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"ca_file": "text"}, "BEGIN CERTIFICATE"),
        ({"cert_file": "text", "key_file": "text"}, "PRIVATE KEY"),
        ({"cert_file": "text"}, "go together"),
        ({"key_file": "text"}, "go together"),
    ],
)
def test_refuses_files_that_cannot_be_used(
    connect: Any, tmp_path: Path, names: dict[str, str], words: str
) -> None:
    (tmp_path / "text").write_text("no PEM")
    tls = Tls(**{field: tmp_path / name for field, name in names.items()})
    with pytest.raises(ValueError, match=words):
        connect("gateway:50051", tls=tls)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://127.0.0.1:50051", "leave out http://"),
        ("https://gateway", "leave out https://"),
        ("", "empty"),
    ],
)
def test_refuses_what_is_no_target(target: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Client.connect(target)


def test_pings_no_more_often_than_the_server_permits() -> None:
    options = dict(Connection("127.0.0.1:1").options)
    assert options["grpc.keepalive_time_ms"] >= 10_000
    # Otherwise gRPC would stop pinging while a long send is under way.
    assert options["grpc.http2.max_pings_without_data"] == 0
    # Without a call under way there is nothing to keep alive.
    assert not options.get("grpc.keepalive_permit_without_calls")


def test_the_callers_options_win() -> None:
    connection = Connection("127.0.0.1:1", options=[("grpc.keepalive_time_ms", 60_000)])
    assert dict(connection.options)["grpc.keepalive_time_ms"] == 60_000


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with ca, server and client, each as .pem and .key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("pki")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run(
        "req",
        "-x509",
        *new_key,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=test ca",
    )
    for name in ("server", "client"):
        (folder / "names").write_text("subjectAltName=DNS:gateway.example")
        run(
            "req",
            *new_key,
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        run(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-out",
            f"{name}.pem",
            "-extfile",
            "names",
        )
    return folder


@pytest.fixture
def tls_server(pki: Path) -> Iterator[FakeServer]:
    """Gives a server that asks for a client's certificate."""
    read = lambda name: (pki / name).read_bytes()  # noqa: E731
    server = FakeServer(
        grpc.ssl_server_credentials(
            [(read("server.key"), read("server.pem"))],
            read("ca.pem"),
            require_client_auth=True,
        )
    )
    yield server
    server.stop()


def test_mutual_tls(connect: Any, tls_server: FakeServer, pki: Path) -> None:
    client = connect(
        tls_server.target,
        api_key="lig_1",
        tls=Tls(
            ca_file=pki / "ca.pem",
            cert_file=pki / "client.pem",
            key_file=pki / "client.key",
            server_name="gateway.example",
        ),
    )
    tls_server.sends.put(SENT)
    assert client.send("ch_1", "6101", "Hello").replayed
    assert tls_server.metadata[0]["authorization"] == "Bearer lig_1"
    tls_server.streams.put([Refusal(grpc.StatusCode.UNIMPLEMENTED)])
    with pytest.raises(LinktorError):
        client.take(1)


@pytest.mark.parametrize(
    "tls",
    [
        lambda pki: Tls(server_name="gateway.example"),
        lambda pki: Tls(ca_file=pki / "ca.pem", server_name="gateway.example"),
        lambda pki: Tls(
            ca_file=pki / "ca.pem",
            cert_file=pki / "client.pem",
            key_file=pki / "client.key",
            server_name="other.example",
        ),
    ],
    ids=["unknown-ca", "no-client-certificate", "other-name"],
)
def test_tls_fails_closed(
    connect: Any, tls_server: FakeServer, pki: Path, tls: Any
) -> None:
    client = connect(tls_server.target, tls=tls(pki))
    tls_server.sends.put(SENT)
    with pytest.raises(LinktorError) as raised:
        client.send("ch_1", "6101", "Hello", timeout=1)
    assert raised.value.code in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    )
    assert tls_server.sent.empty()
