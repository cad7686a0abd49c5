// Reads what people write: the message of a messaging item. The item reader
// makes one for each message, and then calls Read. The kinds that are messages
// ask it what the message has, to find out whether it is of their kind. Pure;
// it is used by one thread, and the JSON must stay as it is until its end.

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

// The limit in bytes of text and attachments: the event of a larger
// message has no content, only the size of the item as received, because an
// event must fit into a response.
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
// More than any object of Instagram's has. Members are looked for by name, and
// each attachment is a message of its own: without these limits a body of one
// megabyte could cost many megabytes.
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr std::size_t kMaxAttachments = 1000;
// The limit in bytes of a mid. Instagram's have some 160; longer ones are
// nobody's.
inline constexpr std::size_t kMaxMid = 1024;

// Reads the mid of the message that an item of another kind is about, which is
// the member "mid" of its `object`; `parent` is the object's path. An item that
// names no message does not fit.
Result ReadTargetMid(const simdjson::dom::object& object,
                     std::string_view parent, std::string& out);

class MessageReader {
 public:
  // Finds the members of `message` and reads none of them. The object has at
  // most kMaxMembers; the caller checks that.
  explicit MessageReader(const simdjson::dom::object& message);

  // Returns whether `value` can be a message, by the members that most
  // messages have. It reads nothing else, so that it is quick.
  static bool MayBeOne(const simdjson::dom::element& value);

  // Reads is_echo, is_deleted and is_self. It comes first; after a Misfit the
  // flags that were read hold, the others are false.
  Result ReadFlags();
  // Each is false when the message does not have the flag. An echo was sent by
  // the account, a deleted message was taken back, and `self` says that the
  // account wrote to itself.
  bool echo() const { return echo_; }
  bool deleted() const { return deleted_; }
  bool self() const { return self_; }

  // These say for the kinds what the message has besides text. They never fail:
  // a value of a wrong type becomes a Misfit only when it is read.
  bool HasQuickReply() const;
  bool HasStory() const;
  // Returns whether any attachment has that type.
  bool HasAttachment(std::string_view type) const;
  // Returns whether a product was sent as an attachment: a template whose
  // payload has one.
  bool HasProduct() const;

  // Fills `out`, which must be empty, with the mid, the text, the attachments
  // and the mid of the message that it answers. It does not fill what only this
  // server knows, such as the id. After a Misfit `out` is half filled.
  Result Read(v1::Message& out) const;

  // Fills `out`, which must be empty, with the story that the message answers.
  // It stays empty when HasStory() is false. `event_ms` is Instagram's time of
  // the message; 0 when it gave none. After a Misfit `out` is half filled.
  Result ReadStory(std::int64_t event_ms, v1::Story& out) const;

  // Returns whether the message has members that this class does not read.
  bool HasOthers() const { return members_.has_others(); }
  // Returns the message's JSON, for members that only one kind reads.
  const simdjson::dom::object& object() const { return object_; }

 private:
  // Adds all attachments in their order; two that are one shared post become
  // one. Fails when there are more than kMaxAttachments.
  Result ReadAttachments(v1::Message& out) const;

  static constexpr std::size_t kCount = 9;
  simdjson::dom::object object_;
  Members<kCount> members_;
  bool echo_ = false;
  bool deleted_ = false;
  bool self_ = false;
};

}  // namespace linktor::kinds
