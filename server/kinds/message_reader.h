// Reads what people write: the member "message" of a messaging item. ItemReader
// makes one MessageReader for each message, and calls Read. The kinds that are
// messages ask the MessageReader what the message has, to find out whether it
// is of their kind. It is pure, and one thread uses it. The JSON must not
// change while the MessageReader exists.

#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"
#include "server/kinds/json_fields.h"

namespace linktor::kinds {

// This is the limit of a message's text and attachments together, in bytes. The
// limit exists because an event must fit into one response of the API. The
// event of a larger message has no content; it has only the size of the item as
// received.
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
// No JSON object of Instagram has more members than this, and no message has
// more attachments. A search for a member goes through all members, and each
// attachment becomes a protobuf message. Without these limits a body of one
// megabyte could take many megabytes of memory, and much time.
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr std::size_t kMaxAttachments = 1000;
// This is the limit of a mid (Instagram's id of a message), in bytes.
// Instagram's mids have about 160 bytes, so no real mid is longer than the
// limit.
inline constexpr std::size_t kMaxMid = 1024;

// Reads the mid of a message from an item that is only about that message, such
// as a reaction. The mid is the member "mid" of `object`. `parent` is the path
// of `object`. Returns a Misfit when `object` has no mid, or when the mid is
// too long.
Result ReadTargetMid(const simdjson::dom::object& object,
                     std::string_view parent, std::string& out);

class MessageReader {
 public:
  // Finds the members of `message`, but does not read their values. The object
  // must have at most kMaxMembers members; the caller checks that.
  explicit MessageReader(const simdjson::dom::object& message);

  // Returns whether `value` can be a message. It looks only at the members
  // "mid" and "text", so that it is quick.
  static bool MayBeOne(const simdjson::dom::element& value);

  // Reads is_echo, is_deleted and is_self. It must be called first. After a
  // Misfit the flags that were read before it are set, and the others are
  // false.
  Result ReadFlags();
  // A flag is false when the message does not have it. echo(): the account has
  // sent the message. deleted(): the sender has taken the message back. self():
  // the account wrote to itself.
  bool echo() const { return echo_; }
  bool deleted() const { return deleted_; }
  bool self() const { return self_; }

  // These tell the kinds what the message has besides text. They never fail. A
  // value of a wrong type becomes a Misfit only when the value is read.
  bool HasQuickReply() const;
  bool HasStory() const;
  // Returns whether any attachment has that type.
  bool HasAttachment(std::string_view type) const;
  // Returns whether a product was sent as an attachment. Such an attachment is
  // a template whose payload has a product.
  bool HasProduct() const;

  // Fills `out`, which must be empty, with the mid, the text, the attachments,
  // and the mid of the message that this message answers. It does not fill
  // fields that only this server knows, such as the id. After a Misfit `out` is
  // partly filled.
  Result Read(v1::Message& out) const;

  // Fills `out`, which must be empty, with the story that the message answers.
  // `out` stays empty when HasStory() is false. `event_ms` is Instagram's time
  // of the message; it is 0 when Instagram gave none. After a Misfit `out` is
  // partly filled.
  Result ReadStory(std::int64_t event_ms, v1::Story& out) const;

  // Returns whether the message has members that this class does not read.
  bool HasOthers() const { return members_.has_others(); }
  // Returns the message's JSON, for members that only one kind reads.
  const simdjson::dom::object& object() const { return object_; }

 private:
  // Adds all attachments in their order. Instagram sends one shared post as two
  // attachments: one with the old name of the type and one with the new name.
  // When the message has at most 20 attachments, the two become one. Returns a
  // Misfit when there are more than kMaxAttachments, or when one cannot be
  // read.
  Result ReadAttachments(v1::Message& out) const;

  static constexpr std::size_t kCount = 9;
  simdjson::dom::object object_;
  Members<kCount> members_;
  bool echo_ = false;
  bool deleted_ = false;
  bool self_ = false;
};

}  // namespace linktor::kinds
