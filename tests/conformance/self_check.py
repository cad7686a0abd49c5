#!/usr/bin/env python3
"""Breaks each expectation of the cases once, and sees that the case fails then.

    tests/conformance/self_check.py --language go
    tests/conformance/self_check.py --language go --only 'keys/*'

A case that passes with a broken expectation proves nothing. Of a case with rows
the first row is played, first as it is. It takes some five minutes.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Iterator
from typing import Any

from environment import use_virtual_environment

if __name__ == "__main__":
    use_virtual_environment()

import cases
import player
import steps
from problems import Unusable

# A wait that is in vain takes so long only, in ms.
_SHORT = 2500


def broken(value: Any) -> Iterator[Any]:
    """Gives copies of an expectation, each with another part that cannot be met."""
    if isinstance(value, dict) and value and not any(k.startswith("$") for k in value):
        for key in value:
            for part in broken(value[key]):
                yield {**value, key: part}
    elif isinstance(value, list) and value:
        for i, element in enumerate(value):
            for part in broken(element):
                yield [*value[:i], part, *value[i + 1 :]]
    elif isinstance(value, dict) and isinstance(value.get("$has"), list):
        for part in broken(value["$has"]):
            if len(part) == len(value["$has"]):
                yield {"$has": part}
    elif value is None:
        yield {"$some": True}
    elif value == {}:
        yield {"no": "such member"}
    elif isinstance(value, dict):
        yield {"$not": value}
    elif isinstance(value, str):
        yield value + " broken"
    elif isinstance(value, bool):
        yield "broken"
    elif isinstance(value, (int, float)):
        yield value + 1000
    else:
        yield ["broken"]


def first_rows(every: list[cases.Case]) -> list[cases.Case]:
    found: dict[str, cases.Case] = {}
    for case in every:
        found.setdefault(case.template, case)
    return list(found.values())


def broken_cases(some: list[cases.Case]) -> Iterator[cases.Case]:
    for case in some:
        for i, step in enumerate(case.steps):
            for member in cases.EXPECTATIONS:
                if member not in step or member == "for_ms":
                    continue
                for number, part in enumerate(broken(step[member]), 1):
                    made = copy.copy(case)
                    made.steps = [*case.steps]
                    made.steps[i] = {**step, member: part}
                    made.name += f": step {i + 1}, {member} {number}"
                    yield made


def main() -> int:
    steps.LIMIT_MS = _SHORT
    given = player.arguments(__doc__)
    begin = time.monotonic()
    try:
        every = cases.load()
        some = first_rows(player.chosen(every, given.only))
        if player.play(given, every, some):
            return 1
        made = list(broken_cases(some))
        survivors = player.play(given, every, made, must_fail=True)
    except Unusable as error:
        print(f"self_check.py: {error}", file=sys.stderr)
        return 2
    took = time.monotonic() - begin
    print(f"{len(made)} expectations broken, {survivors} not noticed, {took:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
