"""Makes requests from simple Python values. The server says which fields are wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict

from google.protobuf.message import Message as ProtoMessage

from linktor_instagram import v1
from linktor_instagram._constants import Payload

# It is a message, a mapping of its fields, or a tuple of its two texts.
Pair = ProtoMessage | Mapping[str, Any] | tuple[str, str]
# A str is the text of the message.
Content = str | v1.MessageContent | Mapping[str, Any]


def send_request(
    channel_id: str,
    to: str,
    content: Content,
    quick_replies: Iterable[Pair],
    request_id: str,
    tag: v1.MessageTag | str,
) -> v1.SendMessageRequest:
    request = v1.SendMessageRequest(
        channel_id=channel_id, to=to, tag=tag, request_id=request_id or uuid.uuid4().hex
    )
    if isinstance(content, str):
        # An empty text is set, too, so that the server can refuse it.
        request.content.text = content
    elif isinstance(content, v1.MessageContent):
        request.content.CopyFrom(content)
    else:
        request.content.CopyFrom(v1.MessageContent(**content))
    request.content.quick_replies.extend(
        _pair(v1.QuickReply, "title", one) for one in quick_replies
    )
    return request


def ice_breakers_request(
    channel_id: str,
    ice_breakers: Iterable[Pair],
    localizations: Mapping[str, Iterable[Pair]],
) -> v1.SetIceBreakersRequest:
    return v1.SetIceBreakersRequest(
        channel_id=channel_id,
        ice_breakers=[_pair(v1.IceBreaker, "question", one) for one in ice_breakers],
        localizations=[
            v1.LocalizedIceBreakers(
                locale=locale,
                ice_breakers=[_pair(v1.IceBreaker, "question", one) for one in several],
            )
            for locale, several in localizations.items()
        ],
    )


class SubscribeOptions(TypedDict, total=False):
    """It says which events come, and from where on; see SubscribeEventsRequest."""

    channel_ids: Iterable[str]
    types: Iterable[str]
    user_ids: Iterable[str]
    # Give at most one of the next three. Without them, only new events come.
    position: v1.Position | str | None
    after_cursor: str | None
    since: datetime | None
    # It is in seconds.
    heartbeat_interval: float | None
    max_batch_size: int
    include_raw: bool


def subscribe_request(
    channel_ids: Iterable[str] = (),
    types: Iterable[str] = (),
    user_ids: Iterable[str] = (),
    position: v1.Position | str | None = None,
    after_cursor: str | None = None,
    since: datetime | None = None,
    heartbeat_interval: float | None = None,
    max_batch_size: int = 0,
    include_raw: bool = False,
) -> v1.SubscribeEventsRequest:
    if any(isinstance(texts, str) for texts in (channel_ids, types, user_ids)):
        raise TypeError("channel_ids, types and user_ids are lists, not one text")
    if sum(start is not None for start in (position, after_cursor, since)) > 1:
        raise ValueError("give one of position, after_cursor and since")
    request = v1.SubscribeEventsRequest(
        channel_ids=channel_ids,
        types=types,
        user_ids=user_ids,
        max_batch_size=max_batch_size,
        include_raw=include_raw,
        position=position,
        after_cursor=after_cursor,
    )
    if since is not None:
        if since.tzinfo is None:
            raise ValueError(
                "since has no time zone: use datetime.now(timezone.utc) or the like"
            )
        request.since.FromDatetime(since)
    if heartbeat_interval is not None:
        request.heartbeat_interval.FromNanoseconds(round(heartbeat_interval * 1e9))
    return request


def payload_of(event: v1.Event) -> Payload | None:
    """Returns the payload of the event, or None when its type is newer than this
    package."""
    field = event.WhichOneof("payload")
    return None if field is None else getattr(event, field)


# Returns the message. In a tuple, the first text is the field `first`.
def _pair(message: type[Any], first: str, value: Pair) -> Any:
    if isinstance(value, ProtoMessage):
        return value
    if isinstance(value, Mapping):
        return message(**value)
    one, payload = value
    return message(**{first: one, "payload": payload})
