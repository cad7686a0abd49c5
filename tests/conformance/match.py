"""Expectations, and the variables in them.

An object expects the members that it names, and a list expects as many elements
as it has. null expects that the member is absent or empty. These objects expect
something of a value instead:

    {"$re": "a.*b"}    a text that the whole expression fits
    {"$ge": 1}         a number that is not less; "$le" likewise, also together
    {"$some": true}    something that is not empty
    {"$not": "a"}      anything that this does not fit
    {"$any": [1, 2]}   a value that one of these fits
    {"$same": [1, 2]}  a list of these alone, in whatever order; for an object one
                       that has nothing else, and {} is also none
    {"$has": [1, 2]}   a list in which, for each of these, an element fits

In a text, ${name} stands for a variable. A text that is one variable alone
becomes its value, whatever type that has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from problems import Wrong

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def filled(value: Any, lookup: Callable[[str], Any]) -> Any:
    """Returns the value with its variables replaced."""
    if isinstance(value, dict):
        return {filled(k, lookup): filled(v, lookup) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(one, lookup) for one in value]
    if not isinstance(value, str):
        return value
    alone = _VARIABLE.fullmatch(value)
    if alone:
        return lookup(alone.group(1))
    return _VARIABLE.sub(lambda found: str(lookup(found.group(1))), value)


def differences(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Returns what does not fit, one sentence for each; empty when all fits."""
    if isinstance(expected, dict):
        if any(key.startswith("$") for key in expected):
            return _special(expected, actual, path)
        if not isinstance(actual, dict):
            return [_sentence(path, expected, actual)]
        return [
            one
            for key, value in expected.items()
            for one in differences(value, actual.get(key), f"{path}.{key}")
        ]
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return [_sentence(path, expected, actual)]
        return [
            one
            for i, value in enumerate(expected)
            for one in differences(value, actual[i], f"{path}[{i}]")
        ]
    if expected is None:
        return [] if not actual else [_sentence(path, expected, actual)]
    if _is_number(expected) and _is_number(actual):
        same = expected == actual
    else:
        same = type(expected) is type(actual) and expected == actual
    if same:
        return []
    return [_sentence(path, expected, actual)]


def check(expected: Any, actual: Any, what: str) -> None:
    """Raises Wrong, which shows the whole of `actual`, unless it fits."""
    found = differences(expected, actual, what)
    if found:
        raise Wrong("\n".join([*found, f"all of it: {shown(actual)}"]))


def at(value: Any, path: str) -> Any:
    """Returns what is at a path such as "ok.events.0.event"."""
    for step in path.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Wrong(f"there is no {path} in {shown(value)}") from None
    return value


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _special(expected: dict[str, Any], actual: Any, path: str) -> list[str]:
    for name, value in expected.items():
        if not _fits(name, value, actual):
            return [_sentence(path, expected, actual)]
    return []


def _fits(name: str, value: Any, actual: Any) -> bool:
    match name:
        case "$re":
            return isinstance(actual, str) and bool(re.fullmatch(value, actual))
        case "$ge":
            return _is_number(actual) and actual >= value
        case "$le":
            return _is_number(actual) and actual <= value
        case "$some":
            return bool(actual) is value
        case "$not":
            return bool(differences(value, actual))
        case "$any":
            return any(not differences(one, actual) for one in value)
        case "$same" if isinstance(value, dict):
            return (actual or {}) == value
        case "$same":
            return isinstance(actual, list) and _sorted(actual) == _sorted(value)
        case "$has":
            return isinstance(actual, list) and all(
                any(not differences(one, element) for element in actual)
                for one in value
            )
    raise Wrong(f"a case expects {name}, which is unknown")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sorted(values: list[Any]) -> list[str]:
    return sorted(shown(one) for one in values)


def _sentence(path: str, expected: Any, actual: Any) -> str:
    wanted = "nothing" if expected is None else shown(expected)
    return f"{path.lstrip('.') or 'it'} is {shown(actual)}, expected {wanted}"
