"""The cases in cases/*.json, each with its rows, and what they cover."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from contract import Contract
from match import filled
from problems import Unusable, Wrong

FOLDER = Path(__file__).resolve().parent / "cases"
# A step with one of these compares something with what is expected.
EXPECTATIONS = ("ok", "error", "expect", "events", "state", "for_ms", "took_ms")
_MEMBERS = {"name", "why", "world", "connect", "rows", "times", "steps"}


@dataclass
class Case:
    """One case, which is one row of a case with rows."""

    name: str
    # These are the settings of a World. With FAKE, the case runs with a fake server
    # instead of a World.
    world: dict[str, Any] | str
    # This step connects the client before the first step. With None, the case has no
    # client.
    connect: dict[str, Any] | None
    steps: list[dict[str, Any]]
    # This is the name before its variables were replaced. All rows of the case share
    # it.
    template: str = ""


FAKE = "fake"

# These verbs of a driver call a method by the client's layer.
_BY_LAYER = {
    "send": "MessagingService.SendMessage",
    "set_ice_breakers": "ChannelService.SetIceBreakers",
}


def method_of(verb: str, command: dict[str, Any]) -> str | None:
    """Returns the method that a command of a driver calls; None when it calls none."""
    return command.get("method") if verb == "call" else _BY_LAYER.get(verb)


def load() -> list[Case]:
    """Reads all cases; Unusable when one cannot be read or is named twice."""
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            for given in json.loads(path.read_text(encoding="utf-8")):
                found += _cases(path.stem, given)
        except (ValueError, KeyError, Wrong) as error:
            raise Unusable(f"{path.name} cannot be used: {error!r}") from None
    names = [case.name for case in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unusable(f"there are two cases of these names: {', '.join(twice)}")
    return found


class _Row(dict[str, Any]):
    """The variables of a row. Others stay as they are written, for the time of play."""

    def __missing__(self, name: str) -> str:
        return f"${{{name}}}"


def _cases(stem: str, given: dict[str, Any]) -> list[Case]:
    if unknown := set(given) - _MEMBERS:
        raise Wrong(f"{given['name']} has unknown members: {sorted(unknown)}")
    world = given.get("world", {})
    if "connect" in given:
        connect = given["connect"]
    else:
        connect = {"address": "${fake}" if world == FAKE else "${server}"}
    made = []
    for one, other in product(given.get("rows", [{}]), given.get("times", [{}])):
        row = _Row({**one, **other})
        name = f"{stem}/{filled(given['name'], row.__getitem__)}"
        steps = filled(given["steps"], row.__getitem__)
        template = f"{stem}/{given['name']}"
        made.append(Case(name, world, connect, steps, template))
    return made


def gaps(cases: list[Case], contract: Contract) -> list[str]:
    """Returns what of the contract no case is about, one sentence for each."""
    sentences = [
        f"case {case.name} expects nothing" for case in cases if not _expects(case)
    ]
    reasons: set[str] = set()
    payloads: set[tuple[str, str]] = set()
    attachments: set[str] = set()
    methods: set[str | None] = set()
    fields: set[str] = set()
    for case in cases:
        reasons |= _reasons(case.steps)
        if case.world != FAKE:
            payloads |= _payloads(case)
            attachments |= _attachments(case.steps)
            methods |= _methods(case)
            fields |= _sent_fields(case, contract)
    sentences += [
        f"no case expects the reason {reason}"
        for reason in contract.reasons()
        if reason not in reasons
    ]
    sentences += [
        f"no case with the real server expects an event {name} with {payload}"
        for name, payload in contract.payloads().items()
        if (name, payload) not in payloads
    ]
    sentences += [
        f"no case with the real server expects an attachment with {kind}"
        for kind in contract.attachments()
        if kind not in attachments
    ]
    sentences += [
        f"no case calls {name} of the real server and looks at its answer"
        for name in contract.methods()
        if name not in methods
    ]
    wanted = contract.fields_from("SendMessageRequest")
    wanted |= contract.fields_from("SetIceBreakersRequest")
    sentences += [
        f"no case sends {name} and looks at the Graph call"
        for name in sorted(wanted - fields)
    ]
    return sentences


def _expects(case: Case) -> bool:
    return any(name in step for step in case.steps for name in EXPECTATIONS)


def _reasons(value: Any) -> set[str]:
    """Returns the reasons in all that is expected of answers and states."""
    if isinstance(value, list):
        return set().union(*(_reasons(one) for one in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(_reasons(one) for one in value.values()))
    if "fake" in value:
        return set()  # These are answers, not expectations.
    if isinstance(value.get("reason"), str):
        found.add(value["reason"])
    return found


def _payloads(case: Case) -> set[tuple[str, str]]:
    return {
        (one["event"]["type"], one["payload"])
        for step in case.steps
        for one in step.get("events", [])
        if "payload" in one and "type" in one.get("event", {})
    }


def _attachments(value: Any) -> set[str]:
    """Returns the members of all attachments that are expected anywhere."""
    if isinstance(value, list):
        return set().union(*(_attachments(one) for one in value))
    if not isinstance(value, dict):
        return set()
    if "emulator" in value:
        return set()  # These are sent, and not expected.
    found = set().union(*(_attachments(one) for one in value.values()))
    if isinstance(value.get("attachments"), list):
        found |= {key for one in value["attachments"] for key in one}
    return found


def _methods(case: Case) -> set[str | None]:
    """Returns the methods that the client calls and whose answer is expected."""
    return {
        method_of(step["driver"], step)
        for step in case.steps
        if "driver" in step and "ok" in step
    }


def _sent_fields(case: Case, contract: Contract) -> set[str]:
    """Returns the fields of requests that succeed in a case with a Graph call."""
    looks = any(
        step.get("emulator") == "GET graph-calls" and "expect" in step
        for step in case.steps
    )
    found: set[str] = set()
    for step in case.steps:
        if looks and step.get("driver") in _BY_LAYER and "ok" in step:
            method = contract.method(_BY_LAYER[step["driver"]])
            try:
                request = contract.parse(
                    method.request.DESCRIPTOR.name, step["request"]
                )
            except Wrong as wrong:
                raise Unusable(f"{case.name} cannot be used: {wrong}") from None
            found |= _set_fields(request)
    return found


def _set_fields(message: Any) -> set[str]:
    found: set[str] = set()
    for descriptor, value in message.ListFields():
        found.add(descriptor.full_name)
        if descriptor.message_type is not None:
            # A repeated field is iterated, a single message stands for itself.
            inner = [value] if hasattr(value, "ListFields") else value
            for one in inner:
                found |= _set_fields(one)
    return found
