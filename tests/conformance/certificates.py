"""Certificates for the cases with TLS, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

from problems import Unusable

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Certificates:
    """A folder with two authorities, and certificates that the first has signed.

    `ca.pem` vouches for `server.pem` (127.0.0.1 and localhost), `named.pem`
    (gateway.example alone) and `client.pem`; `other.pem` is an authority that
    vouches for none. Each has its private key beside it, as in `server.key`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in ("ca", "other"):
            self._openssl(
                "req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN=conformance {name}",
                "-keyout", f"{name}.key", "-out", f"{name}.pem",
            )  # fmt: skip
        self._sign("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self._sign("named", "subjectAltName=DNS:gateway.example")
        self._sign("client", "extendedKeyUsage=clientAuth")

    def _sign(self, name: str, extension: str) -> None:
        self._openssl(
            "req", "-new", *_KEY, "-subj", f"/CN=conformance {name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext",
            "-out", f"{name}.pem",
        )  # fmt: skip
        (self.folder / f"{name}.key").chmod(0o600)

    def _openssl(self, *arguments: str) -> None:
        try:
            done = subprocess.run(
                ["openssl", *arguments],
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise Unusable("openssl is not on PATH") from None
        if done.returncode != 0:
            raise Unusable(f"openssl {arguments[0]} failed:\n{done.stderr}")
