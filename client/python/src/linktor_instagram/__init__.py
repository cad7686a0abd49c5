"""This package is a client of the Linktor Instagram Gateway."""

from linktor_instagram import v1
from linktor_instagram._constants import (
    DOMAIN,
    PAYLOAD_FIELDS,
    EventType,
    Payload,
    Reason,
)
from linktor_instagram._version import __version__
from linktor_instagram.aio import AsyncClient, AsyncSubscription
from linktor_instagram.backoff import Backoff
from linktor_instagram.client import Client, Subscription
from linktor_instagram.connection import Tls
from linktor_instagram.cursors import CursorStore, FileCursorStore
from linktor_instagram.errors import FieldViolation, LinktorError
from linktor_instagram.requests import payload_of

__all__ = [
    "DOMAIN",
    "PAYLOAD_FIELDS",
    "AsyncClient",
    "AsyncSubscription",
    "Backoff",
    "Client",
    "CursorStore",
    "EventType",
    "FieldViolation",
    "FileCursorStore",
    "LinktorError",
    "Payload",
    "Reason",
    "Subscription",
    "Tls",
    "__version__",
    "payload_of",
    "v1",
]
