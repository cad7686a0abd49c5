"""Tests LinktorError, and after which errors calls are repeated and streams resumed."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from fake import Refusal
from linktor_instagram import DOMAIN, LinktorError, Reason
from linktor_instagram._constants import REMEDIES
from linktor_instagram.errors import leaves_unknown, may_repeat, may_resume

Code = grpc.StatusCode


class Raised(Exception):
    """It stands for the error of a stub, and has only what this package reads of it."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    def code(self) -> grpc.StatusCode:
        return self._refusal.code

    def details(self) -> str:
        return self._refusal.message

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        return (
            (("grpc-status-details-bin", self._refusal.details),)
            if self._refusal.details
            else ()
        )


def error_of(code: grpc.StatusCode, reason: str = "", **kwargs: object) -> LinktorError:
    refusal = Refusal(code, reason, **kwargs)  # type: ignore[arg-type]
    return LinktorError.from_rpc_error(Raised(refusal))


def test_reads_every_detail() -> None:
    error = error_of(
        Code.INVALID_ARGUMENT,
        Reason.INVALID_REQUEST,
        message="two fields are wrong",
        metadata={"remedy": "Mend it.", "omitted_violations": "3"},
        retry=1.5,
        violations=(("to", "is required"), ("content", "is required")),
    )
    assert (error.code, error.reason, error.message) == (
        Code.INVALID_ARGUMENT,
        "INVALID_REQUEST",
        "two fields are wrong",
    )
    assert error.remedy == "Mend it."
    assert error.metadata == {"omitted_violations": "3"}
    assert [tuple(v) for v in error.violations] == [
        ("to", "is required"),
        ("content", "is required"),
    ]
    assert error.retry_delay == 1.5
    assert error.from_server
    assert str(error) == (
        "INVALID_REQUEST: two fields are wrong\n  to: is required\n"
        "  content: is required\n  What to do: Mend it."
    )


def test_knows_the_remedy_when_the_status_has_none() -> None:
    error = error_of(Code.UNAVAILABLE, Reason.DRAINING)
    assert error.remedy == "Connect again and repeat the call: nothing was done."


def test_the_reason_of_another_domain_is_not_the_servers() -> None:
    error = error_of(Code.UNAVAILABLE, "DRAINING", domain="proxy.example")
    assert not error.from_server
    assert error.reason == ""


def broken_info() -> bytes:
    """Returns a status whose ErrorInfo is cut."""
    status = status_pb2.Status(code=13)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="CUT", domain=DOMAIN))
    status.details[0].value = status.details[0].value[:-1]
    return status.SerializeToString()


@pytest.mark.parametrize("details", [b"\xff\xff\xff", broken_info()])
def test_broken_details_leave_the_code(details: bytes) -> None:
    error = error_of(Code.INTERNAL, details=details)
    assert (error.code, error.reason) == (Code.INTERNAL, "")


def test_a_delay_is_at_most_a_day() -> None:
    error = error_of(Code.UNAVAILABLE, Reason.DRAINING, retry=3e11)
    assert error.retry_delay == 24 * 3600
    error = error_of(Code.UNAVAILABLE, Reason.DRAINING, retry=3600)
    assert error.retry_delay == 3600


@pytest.mark.parametrize(
    ("reason", "unknown", "last"),
    [
        (Reason.DRAINING, False, "What to do: Mend it."),
        # "Nothing was done" may be true of the last call only.
        (Reason.DRAINING, True, "repeat it with the request id r-1 only"),
        ("", True, "repeat it with the request id r-1 only"),
        (Reason.SEND_OUTCOME_UNKNOWN, True, "What to do: Mend it."),
    ],
)
def test_says_when_the_remedy_is_not_the_whole_truth(
    reason: str, unknown: bool, last: str
) -> None:
    error = LinktorError(
        Code.UNAVAILABLE, "no", reason=reason, metadata={"remedy": "Mend it."}
    )
    error.request_id, error.outcome_unknown = "r-1", unknown
    lines = str(error).split("\n")
    assert len(lines) == 2
    assert lines[1].endswith(last)


@pytest.mark.parametrize(
    ("code", "reason", "repeated", "resumed"),
    [
        (Code.UNAVAILABLE, "", True, True),
        (Code.UNAVAILABLE, Reason.DRAINING, True, True),
        (Code.UNAVAILABLE, Reason.GRAPH_UNAVAILABLE, True, True),
        (Code.UNAVAILABLE, Reason.STORE_FAILED, True, True),
        (Code.CANCELLED, "", True, True),
        (Code.INTERNAL, "", True, True),
        (Code.INTERNAL, Reason.INTERNAL_FAULT, False, False),
        (Code.INTERNAL, Reason.GRAPH_ERROR, False, False),
        (Code.UNKNOWN, "", True, True),
        (Code.UNKNOWN, Reason.SEND_OUTCOME_UNKNOWN, False, False),
        (Code.DEADLINE_EXCEEDED, "", True, True),
        (Code.DEADLINE_EXCEEDED, Reason.DEADLINE_TOO_SHORT, False, False),
        (Code.RESOURCE_EXHAUSTED, "", False, True),
        (Code.RESOURCE_EXHAUSTED, Reason.RATE_LIMITED, False, True),
        (Code.RESOURCE_EXHAUSTED, Reason.OVERLOADED, False, True),
        (Code.RESOURCE_EXHAUSTED, Reason.LIMIT_REACHED, False, True),
        (Code.ABORTED, "", False, True),
        (Code.ABORTED, Reason.REQUEST_IN_FLIGHT, False, True),
        (Code.INVALID_ARGUMENT, Reason.INVALID_REQUEST, False, False),
        (Code.INVALID_ARGUMENT, Reason.CURSOR_INVALID, False, False),
        (Code.OUT_OF_RANGE, Reason.CURSOR_EXPIRED, False, False),
        (Code.OUT_OF_RANGE, Reason.CURSOR_REWOUND, False, False),
        (Code.UNAUTHENTICATED, Reason.API_KEY_MISSING, False, False),
        (Code.UNAUTHENTICATED, Reason.API_KEY_INVALID, False, False),
        (Code.UNAUTHENTICATED, Reason.API_KEY_EXPIRED, False, False),
        (Code.UNAUTHENTICATED, Reason.API_KEY_DISABLED, False, False),
        (Code.PERMISSION_DENIED, Reason.NOT_AUTHORIZED, False, False),
        (Code.PERMISSION_DENIED, "", False, False),
        (Code.NOT_FOUND, Reason.CHANNEL_NOT_FOUND, False, False),
        (Code.FAILED_PRECONDITION, Reason.OUTSIDE_MESSAGING_WINDOW, False, False),
        (Code.UNIMPLEMENTED, "", False, False),
    ],
)
def test_what_is_repeated_and_what_is_resumed(
    code: grpc.StatusCode, reason: str, repeated: bool, resumed: bool
) -> None:
    error = error_of(code, reason)
    assert (may_repeat(error), may_resume(error)) == (repeated, resumed)


@pytest.mark.parametrize(
    ("code", "reason", "before", "after"),
    [
        # After a broken connection, nobody knows whether the call was done.
        (Code.UNAVAILABLE, "", False, True),
        (Code.DEADLINE_EXCEEDED, "", False, True),
        (Code.UNKNOWN, Reason.SEND_OUTCOME_UNKNOWN, False, True),
        (Code.ABORTED, Reason.REQUEST_IN_FLIGHT, False, True),
        (Code.INTERNAL, Reason.INTERNAL_FAULT, False, True),
        # A proxy may have made an earlier attempt, which may have arrived.
        (Code.UNIMPLEMENTED, "", False, True),
        # The server says that these calls have done nothing.
        (Code.UNAVAILABLE, Reason.DRAINING, False, False),
        (Code.NOT_FOUND, Reason.RECIPIENT_NOT_FOUND, False, False),
        # The refusal of a later call says nothing about an earlier call.
        (Code.UNAVAILABLE, Reason.DRAINING, True, True),
        (Code.DEADLINE_EXCEEDED, Reason.DEADLINE_TOO_SHORT, True, True),
        (Code.UNAUTHENTICATED, Reason.API_KEY_EXPIRED, True, True),
        (Code.NOT_FOUND, Reason.RECIPIENT_NOT_FOUND, True, True),
    ],
)
def test_when_an_outcome_is_unknown(
    code: grpc.StatusCode, reason: str, before: bool, after: bool
) -> None:
    assert leaves_unknown(error_of(code, reason), before) is after


def test_every_reason_has_a_remedy() -> None:
    reasons = {v for k, v in vars(Reason).items() if k.isupper()}
    assert reasons == set(REMEDIES)
    assert all(REMEDIES.values())
    assert DOMAIN == "instagram.linktor"
