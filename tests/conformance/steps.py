"""Plays the steps of one case; README.md says what each kind of step does."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from concurrent import futures
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases import Case, method_of
from contract import Contract
from driver import GRACE, Driver
from fake import FakeServer
from match import at, check, differences, filled, shown
from problems import Wrong
from proxy import Proxy
from world import CHANNEL, World

# Unless a step says another time, so long may what it waits for take.
LIMIT_MS = 15_000
# A wait for the state of a subscription looks again after so long.
_GLANCE_MS = 50
_GLANCE = 0.02
# These members of a step with a verb are not for the driver.
_OWN = {"driver", "ok", "error", "save", "later", "took_ms"}
_MOMENT = re.compile(r"(ms|time)([+-]\d+)([hs])")
_SECONDS = {"h": 3600, "s": 1}


class Play:
    """One case under way: its variables, and what it has opened."""

    def __init__(
        self,
        case: Case,
        contract: Contract,
        world: World | None,
        fake: FakeServer | None,
        driver: Driver,
        start_driver: Callable[[], Driver],
        variables: dict[str, Any],
    ) -> None:
        self._case = case
        self._contract = contract
        self._world = world
        self._fake = fake
        self.driver = driver
        self._start_driver = start_driver
        self._variables = {
            "reasons": contract.reasons(),
            "types": list(contract.payloads()),
            **variables,
        }
        self._proxies: dict[str, Proxy] = {}
        self._connected = False
        self._open: set[str] = set()
        # Commands that have not been answered yet, by the name the case gave them:
        # the method that each calls, its number, and when it began.
        self._later: dict[str, tuple[str | None, int, float]] = {}
        self._calls: dict[str, futures.Future[Any]] = {}
        # The server is not as the next case would need it.
        self.spoilt = False

    def run(self) -> None:
        """Raises Wrong when something does not come out as the case says."""
        if self._case.connect is not None:
            self._step({"driver": "connect", **self._case.connect})
        for number, step in enumerate(self._case.steps, 1):
            try:
                self._step(step)
            except Wrong as wrong:
                raise Wrong(f"step {number}, {_title(step)}: {wrong}") from None

    def close(self) -> None:
        """Has the driver close what is open; Wrong when it cannot."""
        for name in sorted(self._open):
            check({"ok": {}}, self._ask("stop", {"sub": name}, LIMIT_MS), "answer")
        if self._connected:
            check({"ok": {}}, self._ask("close", {}, LIMIT_MS), "answer")

    def abandon(self) -> None:
        """Closes what this process has opened for the case."""
        for proxy in self._proxies.values():
            proxy.close()

    # --- Variables -----------------------------------------------------------

    def _lookup(self, name: str) -> Any:
        if name in self._variables:
            return self._variables[name]
        if name in ("proxy", "other_machine"):
            return self._proxy(name).address
        if (moment := _MOMENT.fullmatch(name)) is not None:
            return _moment(*moment.groups())
        found = self._addresses().get(name)
        if found is None:
            raise Wrong(f"the case has no variable {name}")
        return found

    def _addresses(self) -> dict[str, Any]:
        if self._world is not None:
            address = self._world.address
            port = address.rpartition(":")[2]
            return {"server": address, "port": port, "key": self._world.key}
        assert self._fake is not None
        return {"fake": self._fake.address}

    def _proxy(self, name: str = "proxy") -> Proxy:
        if name not in self._proxies:
            server = self._fake or self._world
            assert server is not None
            # Linux takes this address for its own, and no client takes it for one
            # of this machine.
            host = "0.0.0.0" if name == "other_machine" else "127.0.0.1"
            self._proxies[name] = Proxy(server.address, host)
        return self._proxies[name]

    def _save(self, step: dict[str, Any], value: Any) -> None:
        for name, path in step.get("save", {}).items():
            self._variables[name] = at(value, path)

    # --- Steps ---------------------------------------------------------------

    def _step(self, given: dict[str, Any]) -> None:
        step = filled(given, self._lookup)
        kind = next(iter(step))
        play = getattr(self, f"_do_{kind}", None)
        if play is None:
            raise Wrong(f"there is no step {kind}")
        play(step)

    def _do_driver(self, step: dict[str, Any]) -> None:
        verb = step["driver"]
        command = {
            key: value
            for key, value in step.items()
            if key not in _OWN and value is not None
        }
        method = method_of(verb, command)
        if "timeout_ms" not in command and (method is not None or verb == "next"):
            command["timeout_ms"] = LIMIT_MS
        begin = time.monotonic()
        if "later" in step:
            number = self.driver.send({"do": verb, **command})
            self._later[step["later"]] = (method, number, begin)
            return
        answer = self._ask(verb, command, command.get("timeout_ms", LIMIT_MS))
        self._compare(step, answer, begin)

    def _do_answer(self, step: dict[str, Any]) -> None:
        method, number, begin = self._later.pop(step["answer"])
        answer = self.driver.answer(number, LIMIT_MS / 1000 + GRACE)
        self._compare(step, self._checked(method, answer), begin)

    def _do_read(self, step: dict[str, Any]) -> None:
        """Asks for as many events as are expected, which must come in this order."""
        events = [
            self._next(step["read"], step.get("timeout_ms", LIMIT_MS))
            for _ in step["events"]
        ]
        check(step["events"], events, "events")
        self._save(step, {"events": events})

    def _do_quiet(self, step: dict[str, Any]) -> None:
        """Asks for an event, which must not come."""
        command = {"sub": step["quiet"], "timeout_ms": step["for_ms"]}
        answer = self._ask("next", command, step["for_ms"])
        check({"ok": {"timeout": True}}, answer, "answer")

    def _do_until(self, step: dict[str, Any]) -> None:
        """Asks for an event, which must not come until the state is as expected."""
        sub = step["until"]
        deadline = time.monotonic() + step.get("timeout_ms", LIMIT_MS) / 1000
        while True:
            answer = self._ask(
                "next", {"sub": sub, "timeout_ms": _GLANCE_MS}, _GLANCE_MS
            )
            check({"ok": {"timeout": True}}, answer, "answer")
            answer = self._ask("state", {"sub": sub}, LIMIT_MS)
            check({"ok": {}}, answer, "answer")
            state = answer["ok"]
            if not differences(step["state"], state):
                return
            if time.monotonic() > deadline:
                check(step["state"], state, "state")

    def _do_emulator(self, step: dict[str, Any]) -> None:
        assert self._world is not None
        method, _, path = step["emulator"].partition(" ")
        # The users are each case's own, and faults are removed after it.
        self.spoilt = self.spoilt or (method, path) == ("PUT", "config")

        def look() -> Any:
            assert self._world is not None
            found = self._world.emulator.ask(method, path, step.get("body"))
            if "webhook" in found:
                check({"status": 200}, found["webhook"], "the server's answer")
            for name, wanted in step.get("where", {}).items():
                found[name] = [x for x in found[name] if not differences(wanted, x)]
            return found

        self._await(step, look)

    def _do_call(self, step: dict[str, Any]) -> None:
        """Calls the server without the client: what an administrator would do."""
        assert self._world is not None
        if "later" in step:
            future = self._world.call_later(step["call"], step["request"])
            self._calls[step["later"]] = future
            return
        found = self._world.call(step["call"], step["request"])
        check(step.get("expect", {}), found, "response")
        self._save(step, found)

    def _do_called(self, step: dict[str, Any]) -> None:
        try:
            found = self._calls.pop(step["called"]).result(LIMIT_MS / 1000)
        except futures.TimeoutError:
            raise Wrong("the server has not answered the call") from None
        check(step.get("expect", {}), found, "response")

    def _do_server(self, step: dict[str, Any]) -> None:
        assert self._world is not None
        self.spoilt = True
        match step["server"]:
            case "kill":
                self._world.stop(signal.SIGKILL)
            case "stop":
                self._world.stop(signal.SIGTERM)
            case "start":
                self._world.start()
            case "forget_events":
                self._world.forget_events()
            case "back_up":
                self._world.back_up()
            case "restore":
                self._world.restore()
            case other:
                raise Wrong(f"a server cannot {other}")

    def _do_proxy(self, step: dict[str, Any]) -> None:
        proxy = self._proxy(step.get("which", "proxy"))
        match step["proxy"]:
            case "cut":
                proxy.cut()
            case "freeze":
                proxy.freeze()
            case "hold_answers":
                proxy.hold_answers()
            case "look":
                self._await(step, proxy.seen)
            case other:
                raise Wrong(f"a proxy cannot {other}")

    def _do_fake(self, step: dict[str, Any]) -> None:
        assert self._fake is not None
        self._fake.play(step["fake"])

    def _do_fake_saw(self, step: dict[str, Any]) -> None:
        fake = self._fake
        assert fake is not None
        self._await(step, lambda: fake.seen(step["fake_saw"]))

    def _do_file(self, step: dict[str, Any]) -> None:
        path = Path(step["file"])
        if "text" in step:
            path.write_text(step["text"], encoding="utf-8")
            return

        def look() -> Any:
            text = path.read_text(encoding="utf-8") if path.exists() else None
            return {"text": text and text.strip()}

        self._await(step, look)

    def _do_restart_driver(self, step: dict[str, Any]) -> None:
        match step["restart_driver"]:
            case "kill":
                self.driver.kill()
            case "close":
                self.driver.close()
            case other:
                raise Wrong(f"a driver cannot {other}")
        self._connected, self._open = False, set()
        self.driver = self._start_driver()

    def _do_pause_ms(self, step: dict[str, Any]) -> None:
        """Stands for an application that is busy for so long."""
        time.sleep(step["pause_ms"] / 1000)

    def _do_constants(self, step: dict[str, Any]) -> None:
        found = self.driver.constants["ok"].get(step["constants"])
        check(step["expect"], found, "constants")

    def _do_compare(self, step: dict[str, Any]) -> None:
        """Looks once more at what an earlier step has saved."""
        check(step["expect"], step["compare"], "it")

    # --- Parts of steps ------------------------------------------------------

    def _await(self, step: dict[str, Any], look: Callable[[], Any]) -> None:
        """Looks once or, with "await", until it is as expected."""
        deadline = time.monotonic() + step.get("timeout_ms", LIMIT_MS) / 1000
        found = look()
        while step.get("await") and differences(step["expect"], found):
            if time.monotonic() > deadline:
                break
            time.sleep(_GLANCE)
            found = look()
        check(step.get("expect", {}), found, "found")
        self._save(step, found)

    def _compare(
        self, step: dict[str, Any], answer: dict[str, Any], begin: float
    ) -> None:
        took = round((time.monotonic() - begin) * 1000)
        if "error" in step:
            check({"error": step["error"]}, answer, "answer")
        else:
            check({"ok": step.get("ok", {})}, answer, "answer")
        if "took_ms" in step:
            check(step["took_ms"], took, "the time that it took, in ms,")
        self._save(step, answer)

    def _next(self, sub: str, timeout_ms: int) -> Any:
        command = {"sub": sub, "timeout_ms": timeout_ms}
        answer = self._ask("next", command, timeout_ms)
        check({"ok": {"event": {"$some": True}}}, answer, "answer")
        return answer["ok"]

    def _ask(self, verb: str, command: dict[str, Any], limit_ms: int) -> Any:
        answer = self.driver.ask({"do": verb, **command}, limit_ms / 1000 + GRACE)
        if "ok" in answer:
            match verb:
                case "connect":
                    self._connected = True
                case "close":
                    self._connected = False
                case "subscribe":
                    self._open.add(command["sub"])
                case "stop":
                    self._open.discard(command["sub"])
        return self._checked(method_of(verb, command), answer)

    def _checked(self, method: str | None, answer: dict[str, Any]) -> dict[str, Any]:
        """Returns the answer with its message in canonical JSON.

        `method` is what the command called; None when it called none. Raises Wrong
        when the driver breaks the protocol by the answer.
        """
        if "error" in answer:
            kind = answer["error"].get("kind")
            if kind not in ("rpc", "store", "usage"):
                raise Wrong(f"the error has no kind: {shown(answer)}")
            return answer
        ok = answer["ok"]
        if method is not None:
            response = self._contract.method(method).response.DESCRIPTOR.name
            ok["response"] = self._contract.normal(response, ok["response"])
        if "event" in ok:
            event = ok["event"] = self._contract.normal("Event", ok["event"])
            known = self._contract.payloads().get(event.get("type", ""))
            if known is not None:
                check(known, ok.get("payload"), "the payload of the event")
        return answer


def default_variables(folder: Path, tls: Path, number: int) -> dict[str, Any]:
    """Returns the variables that every case has; `number` is another for each."""
    return {
        "channel": CHANNEL,
        "user": str(6_000_000_000_000_000 + number),
        "dir": str(folder),
        "tls": str(tls),
        # The longest text that a message may have, in bytes of UTF-8.
        "longest": "ü" * 500,
    }


def _moment(form: str, number: str, unit: str) -> Any:
    """Returns a time from now, as Instagram (ms) or as proto3 JSON (time) has it."""
    seconds = time.time() + int(number) * _SECONDS[unit]
    if form == "ms":
        return round(seconds * 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _title(step: dict[str, Any]) -> str:
    kind, value = next(iter(step.items()))
    return f"{kind} {value}" if isinstance(value, (str, int)) else kind
