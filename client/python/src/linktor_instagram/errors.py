"""Has the only exception of this package, and says after which errors to repeat."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from linktor_instagram._constants import DOMAIN, REMEDIES, Reason

# It is the message of the error when the client was closed.
CLOSED = "the client is closed"

_DETAILS_KEY = "grpc-status-details-bin"

# This time is in seconds. A longer delay is a mistake, and would stop a
# subscription for too long.
MOST_RETRY_DELAY = 24 * 3600.0

_KINDS: tuple[type[Any], ...] = (
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.RetryInfo,
)

# These codes also come from a broken connection or from a proxy. Then the error has
# no reason, and the call may be repeated.
_MADE_UP = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)

# After a send with one of these reasons, nobody knows whether the message was sent.
_UNSETTLED = frozenset(
    {Reason.SEND_OUTCOME_UNKNOWN, Reason.REQUEST_IN_FLIGHT, Reason.INTERNAL_FAULT}
)


class FieldViolation(NamedTuple):
    """It names a field of the request by its path, and says what is wrong with it."""

    field: str
    description: str


class LinktorError(Exception):
    """It says why a call failed.

    Programs should decide by `reason`, then by `code`. `message` is for people and
    may change. `reason` is empty when the status was not made by the server, but by
    the gRPC library or a proxy.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = "",
        metadata: dict[str, str] | None = None,
        violations: tuple[FieldViolation, ...] = (),
        retry_delay: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        # It does not have "remedy", which is an attribute of its own.
        self.metadata = dict(metadata or {})
        self.remedy = self.metadata.pop("remedy", "") or REMEDIES.get(reason, "")
        self.violations = violations
        # It is in seconds, at most a day, or None when the server did not say how
        # long to wait.
        self.retry_delay = retry_delay
        # It is the request id of a send. It is safe to repeat the send only with
        # this id.
        self.request_id = ""
        # It is true when the call may have been done, or may still be under way.
        # Repeating a send with `request_id` tells its outcome, and so does
        # GetMessage. Only send() and set_ice_breakers() set it.
        self.outcome_unknown = False

    @classmethod
    def from_rpc_error(cls, error: Any) -> LinktorError:
        """Returns the LinktorError for a grpc.RpcError of a blocking or asyncio
        stub."""
        reason, metadata, violations, delay = "", {}, [], None
        for detail in _details_of(error):
            if isinstance(detail, error_details_pb2.ErrorInfo):
                if detail.domain == DOMAIN:
                    reason, metadata = detail.reason, dict(detail.metadata)
            elif isinstance(detail, error_details_pb2.BadRequest):
                violations = [
                    FieldViolation(v.field, v.description)
                    for v in detail.field_violations
                ]
            elif isinstance(detail, error_details_pb2.RetryInfo):
                asked = detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
                delay = min(asked, MOST_RETRY_DELAY)
        made = cls(
            error.code(),
            error.details() or "",
            reason=reason,
            metadata=metadata,
            violations=tuple(violations),
            retry_delay=delay,
        )
        made.__cause__ = error
        return made

    @property
    def from_server(self) -> bool:
        """Tells whether the server made the status. If not, nobody knows what was
        done."""
        return bool(self.reason)

    def __str__(self) -> str:
        # When the outcome of an earlier call is unknown, the remedy may be about
        # the last call only.
        settled = not self.outcome_unknown or self.reason in _UNSETTLED
        text = f"{self.reason or self.code.name}: {self.message or '(no message)'}"
        for violation in self.violations:
            if violation.description not in self.message:
                text += f"\n  {violation.field}: {violation.description}"
        if self.remedy and settled:
            text += f"\n  What to do: {self.remedy}"
        if not settled:
            text += "\n  It may have been done all the same"
            if self.request_id:
                text += f": repeat it with the request id {self.request_id} only"
        return text


# Returns the details of the status. It leaves out details that it cannot read, for
# example because a proxy has cut them.
def _details_of(error: Any) -> list[Any]:
    details = []
    for key, value in error.trailing_metadata() or ():
        if key != _DETAILS_KEY:
            continue
        with contextlib.suppress(DecodeError):
            for packed in status_pb2.Status.FromString(value).details:
                for kind in _KINDS:
                    detail = kind()
                    if packed.Unpack(detail):
                        details.append(detail)
    return details


def may_repeat(error: LinktorError) -> bool:
    """Tells whether to repeat a call that the server recognises when it comes again."""
    if error.code is grpc.StatusCode.UNAVAILABLE:
        return True
    return error.code in _MADE_UP and not error.from_server


def may_resume(error: LinktorError) -> bool:
    """Tells whether to open a stream again that ended with this error."""
    passing = (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    )
    return may_repeat(error) or error.code in passing


def leaves_unknown(error: LinktorError, before: bool) -> bool:
    """Tells whether nobody knows what became of a call.

    `before` says that nobody knows what became of an earlier attempt.
    """
    if before or not error.from_server:
        # An earlier call that got lost may have been done, even when a later call
        # is refused.
        return True
    return error.reason in _UNSETTLED
