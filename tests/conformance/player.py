"""Chooses cases and plays them, several at once, each with programs of its own."""

from __future__ import annotations

import argparse
import fnmatch
import os
import shlex
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cases import Case, gaps
from contract import Contract
from environment import ROOT
from languages import languages, prepare
from problems import Unusable, Wrong
from session import Session

_JOBS = 3


def arguments(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--language", nargs="+", required=True, metavar="LANGUAGE")
    parser.add_argument(
        "--only",
        action="append",
        metavar="CASE",
        help="the name of a case, or a pattern with *; may be given several times",
    )
    parser.add_argument("--driver", metavar="CMD", help="the command of the driver")
    parser.add_argument(
        "--jobs", type=int, default=_JOBS, help=f"cases at once; the default is {_JOBS}"
    )
    given = parser.parse_args()
    if given.driver and len(given.language) > 1:
        parser.error("--driver goes with one language")
    if given.jobs < 1:
        parser.error("--jobs is at least 1")
    return given


def chosen(every: list[Case], only: list[str] | None) -> list[Case]:
    """Returns the cases that a pattern fits; Unusable when one fits none."""
    if not only:
        return every
    for pattern in only:
        if not any(fnmatch.fnmatchcase(case.name, pattern) for case in every):
            raise Unusable(f"no case is named {pattern}")
    return [
        case
        for case in every
        if any(fnmatch.fnmatchcase(case.name, pattern) for pattern in only)
    ]


def play(
    given: argparse.Namespace,
    every: list[Case],
    some: list[Case],
    must_fail: bool = False,
) -> int:
    """Plays some of the cases with each language and prints a line for each.

    Returns how many have not come out as they must, together with what no case of
    `every` is about. Raises Unusable when a program or a driver does not start.
    """
    programs = Path(os.environ.get("LINKTOR_BIN_DIR", ROOT / "build" / "bin")).resolve()
    known = languages(programs)
    for name in given.language:
        if name not in known and not given.driver:
            raise Unusable(f"{name} has no driver; there are {', '.join(known)}")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="linktor-") as folder:
        contract = Contract(Path(folder))
        for sentence in gaps(every, contract):
            _say(f"FAILED {sentence}")
            wrong += 1
        for name in given.language:
            if given.driver:
                command = shlex.split(given.driver)
            else:
                prepare(known[name])
                command = known[name].driver

            def session(worker: str, command: list[str] = command) -> Session:
                return Session(Path(folder) / worker, contract, programs, command)

            wrong += _play(name, some, given.jobs, session, must_fail)
    return wrong


def _play(
    language: str,
    some: list[Case],
    jobs: int,
    session: Callable[[str], Session],
    must_fail: bool,
) -> int:
    begin = time.monotonic()
    run = _Run(language, some, must_fail)
    jobs = min(jobs, len(some))
    with ThreadPoolExecutor(jobs) as pool:
        workers = [
            pool.submit(run.work, session, f"{language}-{number}")
            for number in range(jobs)
        ]
    for worker in workers:
        worker.result()
    took = time.monotonic() - begin
    _say(f"{language}: {run.passed} passed, {run.failed} failed, {took:.1f} s")
    return run.passed if must_fail else run.failed


class _Run:
    """The cases that are left to play with one language."""

    def __init__(self, language: str, some: list[Case], must_fail: bool) -> None:
        self._language = language
        self._must_fail = must_fail
        self._lock = threading.Lock()
        # All are guarded by _lock.
        self._waiting = deque(some)
        self.passed = 0
        self.failed = 0

    def work(self, session: Callable[[str], Session], name: str) -> None:
        """Plays cases until none waits; several threads may do so."""
        try:
            with session(name) as opened:
                while (case := self._take()) is not None:
                    self._play(opened, case)
        except BaseException:
            # Nothing more can be told.
            with self._lock:
                self._waiting.clear()
            raise

    def _take(self) -> Case | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _play(self, session: Session, case: Case) -> None:
        begin = time.monotonic()
        why = ""
        try:
            session.play(case)
        except Wrong as wrong:
            why = str(wrong)
        took = time.monotonic() - begin
        word = "FAILED" if why else "ok    "
        text = "" if self._must_fail else why
        with self._lock:
            if why:
                self.failed += 1
            else:
                self.passed += 1
            lines = [f"{word} {self._language} {case.name} {took:.2f} s"]
            _say("\n    ".join(lines + text.splitlines()))


def _say(text: str) -> None:
    print(text, flush=True)
