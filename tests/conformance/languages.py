"""The commands that make and start the driver of each language."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from environment import ROOT
from problems import Unusable

BUILD = ROOT / "build" / "conformance"
# Dependencies may have to be fetched the first time.
_PREPARE_LIMIT = 900.0


class Language(NamedTuple):
    """Commands for the root of the repository."""

    # They run in order before the driver is started; each must succeed.
    prepare: list[list[str]]
    driver: list[str]
    # While these files and folders have not changed, `prepare` is left out. Empty
    # where the commands find out by themselves.
    sources: tuple[str, ...] = ()
    # This file says of which sources `prepare` was the last time. It lies where the
    # commands install, and goes with that.
    stamp: Path = Path()


def languages(programs: Path) -> dict[str, Language]:
    """Takes the folder of the built programs, in which the driver of C++ is."""
    go = str(BUILD / "go-driver")
    go_build = ["go", "-C", "client/go", "build", "-buildvcs=false", "-o", go]
    return {
        "go": Language([[*go_build, "./internal/conformance"]], [go]),
        "python": _python(),
        "python-asyncio": _python("--asyncio"),
        "node": Language(
            [
                ["npm", "--prefix", "client/node", "ci"],
                ["npm", "--prefix", "client/node", "run", "build"],
            ],
            ["node", "client/node/test/conformance.js"],
            (
                "protos",
                "client/node/src",
                "client/node/tools",
                "client/node/package.json",
                "client/node/package-lock.json",
                "client/node/tsconfig.json",
                "googleapis",
            ),
            ROOT / "client" / "node" / "node_modules" / ".conformance.stamp",
        ),
        "java": Language(
            [["mvn", "--quiet", "-f", "client/java", "test-compile"]],
            ["client/java/conformance.sh"],
        ),
        "cpp": Language([], [str(programs / "linktor-ig-conformance")]),
    }


def _python(*options: str) -> Language:
    return Language(
        [[sys.executable, "-m", "pip", "install", "--quiet", "./client/python"]],
        [sys.executable, "client/python/tests/conformance_driver.py", *options],
        (
            "protos",
            "client/python/src/linktor_instagram",
            "client/python/generate.py",
            "client/python/pyproject.toml",
        ),
        Path(sys.prefix) / "conformance.stamp",
    )


def prepare(language: Language) -> None:
    """Runs the commands that make a driver; Unusable when one fails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    stamp, now = language.stamp, _fingerprint(language.sources)
    if language.sources and stamp.is_file() and stamp.read_text() == now:
        return
    for command in language.prepare:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
                timeout=_PREPARE_LIMIT,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unusable(f"{command[0]} does not run: {error}") from None
        if done.returncode != 0:
            raise Unusable(
                f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}".rstrip()
            )
    if language.sources:
        # The commands may have written some of the files.
        stamp.write_text(_fingerprint(language.sources))


def _fingerprint(sources: tuple[str, ...]) -> str:
    made = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_file() and file.suffix != ".pyc":
                made.update(f"{file.relative_to(ROOT)}\0".encode())
                made.update(hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()
