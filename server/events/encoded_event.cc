#include "server/events/encoded_event.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "linktor/instagram/v1/event.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "server/state/event_encoding.h"

namespace linktor::events {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

void AppendTag(std::string& out, int field) {
  std::uint8_t buffer[10];
  const std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(
      WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED),
      buffer);
  out.append(reinterpret_cast<const char*>(buffer),
             static_cast<std::size_t>(end - buffer));
}

void AppendLength(std::string& out, std::size_t length) {
  std::uint8_t buffer[10];
  const std::uint8_t* end =
      CodedOutputStream::WriteVarint64ToArray(length, buffer);
  out.append(reinterpret_cast<const char*>(buffer),
             static_cast<std::size_t>(end - buffer));
}

// Returns the event without its content.
EncodedEvent EncodeWithout(const EncodedEvent& event,
                           const std::string& user_id,
                           const std::string& decided,
                           const CursorCodec& cursors) {
  return EncodeEvent(
      {.seq = event.seq,
       .id = event.id,
       .type = event.type,
       .channel_id = event.channel_id,
       .user_id = user_id,
       .sealed = {},
       .encoded = std::make_shared<const std::string>(state::WholeEvent(
           event.id, event.type, event.channel_id, user_id, "")),
       .decided = decided},
      cursors);
}

}  // namespace

EncodedEvent EncodeEvent(state::CommittedEvent event,
                         const CursorCodec& cursors) {
  const std::string cursor = cursors.Encode(event.seq);
  // Some clients replace rather than merge a payload that occurs twice, so what
  // Apply decided is merged here; the cursor, a plain string, is merely
  // appended.
  std::string merged;
  if (!event.decided.empty())
    merged = state::MergeEvent(event).SerializeAsString();
  const std::string& body = event.decided.empty() ? *event.encoded : merged;

  std::string cursor_field;
  AppendTag(cursor_field, v1::Event::kCursorFieldNumber);
  AppendLength(cursor_field, cursor.size());
  cursor_field.append(cursor);

  EncodedEvent encoded{.seq = event.seq,
                       .type = std::move(event.type),
                       .channel_id = std::move(event.channel_id),
                       .user_id = std::move(event.user_id),
                       .id = std::move(event.id),
                       .decided = std::move(event.decided),
                       .wire = {}};
  encoded.wire.reserve(body.size() + cursor_field.size() + 8);
  AppendTag(encoded.wire, v1::SubscribeEventsResponse::kEventsFieldNumber);
  AppendLength(encoded.wire, body.size() + cursor_field.size());
  encoded.wire.append(body);
  encoded.wire.append(cursor_field);
  return encoded;
}

EncodedEvent EncodeErased(const EncodedEvent& event,
                          const CursorCodec& cursors) {
  return EncodeWithout(event, event.user_id, event.decided, cursors);
}

EncodedEvent EncodeForgotten(const EncodedEvent& event,
                             const CursorCodec& cursors) {
  return EncodeWithout(event, "", state::ErasedMark(), cursors);
}

}  // namespace linktor::events
