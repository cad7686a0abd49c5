"""All cases with one driver: what lives longer than one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cases import FAKE, Case
from certificates import Certificates
from contract import Contract
from driver import Driver
from fake import FakeServer
from problems import Unusable
from steps import Play, default_variables
from world import World


class Session:
    """Keeps the driver, the fake server and, while cases can share it, the world."""

    def __init__(
        self, folder: Path, contract: Contract, programs: Path, command: list[str]
    ) -> None:
        """Starts the driver; Unusable when that or a program is missing."""
        for name in ("linktor-igd", "linktor-ig-emulator"):
            if not (programs / name).is_file():
                raise Unusable(f"there is no {name} in {programs} (LINKTOR_BIN_DIR)")
        folder.mkdir()
        self._folder = folder
        self._contract = contract
        self._programs = programs
        self._command = command
        self._certificates = Certificates(folder / "tls")
        self._world: World | None = None
        self._settings: dict[str, Any] | None = None
        self._number = 0
        self._driver: Driver | None = self._start_driver()
        self._fake = FakeServer(contract)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_world()
        self._fake.stop()
        if self._driver is not None:
            self._driver.kill()

    def play(self, case: Case) -> None:
        """Plays one case; Wrong when it fails."""
        self._number += 1
        folder = self._folder / f"case-{self._number}"
        folder.mkdir()
        world = self._world_of(case)
        fake = self._fake if case.world == FAKE else None
        if fake is not None:
            fake.play({})
        if self._driver is None:
            self._driver = self._start_driver()
        variables = default_variables(folder, self._certificates.folder, self._number)
        play = Play(
            case,
            self._contract,
            world,
            fake,
            self._driver,
            self._start_driver,
            variables,
        )
        failed = True
        try:
            play.run()
            play.close()
            failed = False
        finally:
            self._driver = play.driver
            play.abandon()
            self._settle(failed, play.spoilt)

    def _settle(self, failed: bool, spoilt: bool) -> None:
        """Leaves nothing of a case that could disturb the next one."""
        if failed and self._driver is not None:
            # Answers to commands of this case may still come.
            self._driver.kill()
            self._driver = None
        if failed or spoilt:
            self._close_world()
        elif self._world is not None:
            self._world.reset()

    def _start_driver(self) -> Driver:
        return Driver(self._command, self._folder / "driver.log")

    def _world_of(self, case: Case) -> World | None:
        if not isinstance(case.world, dict):
            return None
        if self._world is not None and self._settings == case.world:
            return self._world
        self._close_world()
        self._settings = case.world
        self._world = World(
            self._programs,
            self._folder / f"world-{self._number}",
            self._contract,
            self._certificates,
            case.world,
        )
        return self._world

    def _close_world(self) -> None:
        if self._world is not None:
            self._world.close()
            self._world = None
