"""The one exception of this package, and what a status says about repeating."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from linktor_instagram._constants import DOMAIN, REMEDIES, Reason

# The message of calls and subscriptions of a client that was closed.
CLOSED = "the client is closed"

_DETAILS_KEY = "grpc-status-details-bin"

# Seconds: a longer delay is a mistake, and would stop a subscription for good.
MOST_RETRY_DELAY = 24 * 3600.0

_KINDS: tuple[type[Any], ...] = (
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.RetryInfo,
)

# A broken connection or a proxy makes these up as well. The call has failed for
# good only if the server itself says so, with a reason.
_MADE_UP = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    }
)

# Nobody knows what became of a send that ends with one of these.
_UNSETTLED = frozenset(
    {Reason.SEND_OUTCOME_UNKNOWN, Reason.REQUEST_IN_FLIGHT, Reason.INTERNAL_FAULT}
)


class FieldViolation(NamedTuple):
    """A field of the request that is wrong, by its path."""

    field: str
    description: str


class LinktorError(Exception):
    """A call that failed.

    Decide by `reason`, then by `code`; `message` is for people and changes.
    `reason` is empty when the status was not made by the server but by the gRPC
    library or a proxy.
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
        # Without "remedy", which has its own attribute.
        self.metadata = dict(metadata or {})
        self.remedy = self.metadata.pop("remedy", "") or REMEDIES.get(reason, "")
        self.violations = violations
        # Seconds, at most a day, when the server knows when to try again.
        self.retry_delay = retry_delay
        # The request id of a send that failed. Only this one is safe to repeat.
        self.request_id = ""
        # Whether the call may have been done, or may still be under way: nobody
        # knows. Repeating a send with `request_id`, or GetMessage, tells. Only
        # send() and set_ice_breakers() set it.
        self.outcome_unknown = False

    @classmethod
    def from_rpc_error(cls, error: Any) -> LinktorError:
        """Reads what a stub has raised: a grpc.RpcError, blocking or asyncio."""
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
        """Whether the server made the status; else nothing is known of the call."""
        return bool(self.reason)

    def __str__(self) -> str:
        # While the outcome of an earlier call is unknown, a remedy may speak only of
        # the last one.
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


# Leaves out what it cannot read: a proxy may have cut it, and the code still counts.
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
    """Whether a call that the server recognises again may be made once more."""
    if error.code is grpc.StatusCode.UNAVAILABLE:
        return True
    return error.code in _MADE_UP and not error.from_server


def may_resume(error: LinktorError) -> bool:
    """Whether a stream that ended with this may be opened again by itself."""
    passing = (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    )
    return may_repeat(error) or error.code in passing


def leaves_unknown(error: LinktorError, before: bool) -> bool:
    """Whether nobody knows what became of a call.

    `before` says so of its earlier attempts.
    """
    if before or not error.from_server:
        # A later refusal need not speak of an earlier call that got lost.
        return True
    return error.reason in _UNSETTLED
