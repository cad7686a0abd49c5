"""Tests Backoff and Attempts with a clock that the test sets."""

from __future__ import annotations

import grpc
import pytest

from linktor_instagram import Backoff, LinktorError
from linktor_instagram.backoff import LEAST_TIME, Attempts

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("random", "waits"),
    [
        (0.0, [0.25, 0.5, 1.0, 2.0, 2.5, 2.5]),
        (1.0, [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]),
    ],
)
def test_doubles_up_to_the_most_with_jitter(random: float, waits: list[float]) -> None:
    backoff = Backoff(random=lambda: random)
    assert [backoff.next() for _ in waits] == waits


def test_waits_at_least_as_long_as_asked_and_begins_anew() -> None:
    backoff = Backoff(random=lambda: 0.0)
    assert backoff.next(at_least=7.0) == 7.0
    assert backoff.next(at_least=0.1) == 0.5
    backoff.reset()
    assert backoff.next() == 0.25


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def attempts(timeout: float, clock: Clock) -> Attempts:
    return Attempts(timeout, Backoff(random=lambda: 0.0), "r-1", clock)


def test_repeats_until_the_time_does_not_last() -> None:
    clock = Clock()
    one = attempts(2.0, clock)
    assert one.remaining() == 2.0
    assert one.wait_after(LinktorError(UNAVAILABLE, "")) == 0.25
    clock.now += 2.0 - 0.5 - LEAST_TIME
    assert one.wait_after(LinktorError(UNAVAILABLE, "")) == 0.5
    clock.now += 0.5
    error = LinktorError(UNAVAILABLE, "")
    assert one.wait_after(error) is None
    assert (error.request_id, error.outcome_unknown) == ("r-1", True)


@pytest.mark.parametrize(("timeout", "wait"), [(10.0, 3.0), (3.0, None)])
def test_keeps_to_retry_info_where_it_fits(timeout: float, wait: float | None) -> None:
    error = LinktorError(UNAVAILABLE, "", reason="GRAPH_UNAVAILABLE", retry_delay=3.0)
    assert attempts(timeout, Clock()).wait_after(error) == wait
    assert not error.outcome_unknown


def test_a_later_refusal_does_not_settle_an_unknown_attempt() -> None:
    one = attempts(60.0, Clock())
    one.wait_after(LinktorError(UNAVAILABLE, ""))
    draining = LinktorError(UNAVAILABLE, "", reason="DRAINING")
    one.wait_after(draining)
    assert draining.outcome_unknown
    closed = LinktorError(
        grpc.StatusCode.FAILED_PRECONDITION, "", reason="OUTSIDE_MESSAGING_WINDOW"
    )
    assert one.wait_after(closed) is None
    assert closed.outcome_unknown
