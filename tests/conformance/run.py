#!/usr/bin/env python3
"""Plays the conformance cases with the client layers of the languages.

    tests/conformance/run.py --language go python
    tests/conformance/run.py --language go --only 'resume/*'
    tests/conformance/run.py --language go --driver 'some program'

Several cases run at once, each with programs of its own, and each prints a line
when it ends. The status is 0 when every case has passed, 1 when one has failed or
the contract has something that no case is about, and 2 when nothing can be told,
because a program or a driver does not start.

LINKTOR_BIN_DIR names the folder of linktor-igd and linktor-ig-emulator, which is
build/bin by default. LINKTOR_PYTHON names the virtual environment with the
Python client, which is build/python by default. README.md explains the rest.
"""

from __future__ import annotations

import sys

from environment import use_virtual_environment

if __name__ == "__main__":
    use_virtual_environment()

import cases
import player
from problems import Unusable


def main() -> int:
    given = player.arguments(__doc__)
    try:
        every = cases.load()
        return 1 if player.play(given, every, player.chosen(every, given.only)) else 0
    except Unusable as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
