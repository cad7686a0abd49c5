// Reads what people write: the message of a messaging item. The item reader
// makes one for each message; the kinds that are messages ask it what else the
// message is. Pure; used by one thread, while the JSON stays as it is.

#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"
#include "server/kinds/json_fields.h"

namespace linktor::kinds {

// The limit in bytes of text and attachments: a larger message is delivered by
// its raw size only, because an event must fit into a response.
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
// More than any object of Instagram's has. Members are looked for by name, and
// each attachment is a message of its own: without these limits a body of a
// megabyte costs many.
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr std::size_t kMaxAttachments = 1000;
// The limit in bytes of a mid. Instagram's have some 160; longer ones are
// nobody's.
inline constexpr std::size_t kMaxMid = 1024;

class MessageReader {
 public:
  explicit MessageReader(const simdjson::dom::object& message);

  // Returns whether `value` can be a message, by the members that most have. It
  // reads nothing else, so that it is quick.
  static bool MayBeOne(const simdjson::dom::element& value);

  // Reads is_echo, is_deleted and is_self. It comes first; after a Misfit the
  // flags that were read hold, the others are false.
  Result ReadFlags();
  bool echo() const { return echo_; }
  bool deleted() const { return deleted_; }
  bool self() const { return self_; }

  // What the message has besides text, whatever its type; for the kinds.
  bool HasQuickReply() const;
  bool HasStory() const;
  bool HasAttachment(std::string_view type) const;
  // Whether a product was sent as an attachment.
  bool HasProduct() const;

  // Fills `out` but for what only this server knows. `out` must be empty. After
  // a Misfit it is half filled.
  Result Read(v1::Message& out) const;

  const simdjson::dom::object& object() const { return object_; }

 private:
  Result ReadAttachments(v1::Message& out) const;

  static constexpr std::size_t kCount = 9;
  simdjson::dom::object object_;
  Members<kCount> members_;
  bool echo_ = false;
  bool deleted_ = false;
  bool self_ = false;
};

}  // namespace linktor::kinds
