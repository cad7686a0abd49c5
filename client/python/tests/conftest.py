"""Has the fixtures that run a test with each of the two clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from fake import FakeServer
from linktor_instagram import AsyncClient, Backoff, Client, v1

# The waits are real but short, and their random part is fixed.
quick = partial(Backoff, first=0.02, most=0.1, random=lambda: 0.0)


class Blocking:
    """It wraps the blocking client."""

    def __init__(self, target: str, **options: Any) -> None:
        self.client = Client.connect(
            target, backoff=options.pop("backoff", quick), **options
        )

    def send(self, *args: Any, **kwargs: Any) -> v1.SendMessageResponse:
        return self.client.send(*args, **kwargs)

    def set_ice_breakers(self, *args: Any, **kwargs: Any) -> v1.SetIceBreakersResponse:
        return self.client.set_ice_breakers(*args, **kwargs)

    def raw(self, service: str, method: str, request: Any) -> Any:
        return getattr(getattr(self.client, service), method)(request)

    def subscribe(self, **kwargs: Any) -> Any:
        """Returns an object whose next() gives one event."""
        stream = self.client.subscribe(**kwargs)
        return SimpleNamespace(next=lambda: next(stream))

    def take(
        self,
        count: int,
        between: Callable[[v1.Event], None] = lambda _: None,
        **kwargs: Any,
    ) -> list[v1.Event]:
        """Returns the first `count` events; `between` runs after each event."""
        events = []
        with self.client.subscribe(**kwargs) as stream:
            for event in stream:
                events.append(event)
                between(event)
                if len(events) == count:
                    break
        return events

    def close_client(self) -> None:
        self.client.close()

    def close(self) -> None:
        self.client.close()


class Asynchronous:
    """It wraps the asyncio client, and has the same methods as Blocking."""

    def __init__(self, target: str, **options: Any) -> None:
        self.runner = asyncio.Runner()

        async def connect() -> AsyncClient:
            return AsyncClient.connect(
                target, backoff=options.pop("backoff", quick), **options
            )

        self.client = self.runner.run(connect())

    def send(self, *args: Any, **kwargs: Any) -> v1.SendMessageResponse:
        return self.runner.run(self.client.send(*args, **kwargs))

    def set_ice_breakers(self, *args: Any, **kwargs: Any) -> v1.SetIceBreakersResponse:
        return self.runner.run(self.client.set_ice_breakers(*args, **kwargs))

    def raw(self, service: str, method: str, request: Any) -> Any:
        async def call() -> Any:
            return await getattr(getattr(self.client, service), method)(request)

        return self.runner.run(call())

    def subscribe(self, **kwargs: Any) -> Any:
        stream = self.client.subscribe(**kwargs)

        async def one() -> v1.Event:
            return await anext(stream)

        return SimpleNamespace(next=lambda: self.runner.run(one()))

    def take(
        self,
        count: int,
        between: Callable[[v1.Event], None] = lambda _: None,
        **kwargs: Any,
    ) -> list[v1.Event]:
        async def run() -> list[v1.Event]:
            events = []
            async with self.client.subscribe(**kwargs) as stream:
                async for event in stream:
                    events.append(event)
                    between(event)
                    if len(events) == count:
                        break
            return events

        return self.runner.run(run())

    def close_client(self) -> None:
        self.runner.run(self.client.close())

    def close(self) -> None:
        self.close_client()
        self.runner.close()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


@pytest.fixture(params=[Blocking, Asynchronous], ids=["blocking", "asyncio"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Returns a function that connects a client, which ends with the test."""
    made: list[Any] = []

    def open_one(target: str, **options: Any) -> Any:
        made.append(request.param(target, **options))
        return made[-1]

    yield open_one
    for one in made:
        one.close()


@pytest.fixture
def client(connect: Callable[..., Any], server: FakeServer) -> Any:
    return connect(server.target)
