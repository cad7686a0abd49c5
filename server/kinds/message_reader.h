// Reads what people write: the message of a messaging item. The item reader
// makes one MessageReader for each message, and then calls Read. The kinds that
// are messages ask the MessageReader what the message has, to find out whether
// it is of their kind. It is pure, and one thread uses it. The JSON must not
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

// This is the limit of a message's text and attachments, in bytes. An event
// must fit into a response. So the event of a larger message has no content,
// but only the size of the item as received.
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
// No object of Instagram's has more members, and no message more attachments.
// Members are searched for by name, and each attachment is a message of its
// own. Without these limits a body of one megabyte could cost many megabytes.
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr std::size_t kMaxAttachments = 1000;
// This is the limit of a mid (Instagram's id of a message), in bytes.
// Instagram's mids have some 160 bytes, so no message has a longer one.
inline constexpr std::size_t kMaxMid = 1024;

// Reads the mid of the message that an item of another kind is about. The mid
// is the member "mid" of `object`. `parent` is the path of `object`. Returns a
// Misfit when the object names no message.
Result ReadTargetMid(const simdjson::dom::object& object,
                     std::string_view parent, std::string& out);

class MessageReader {
 public:
  // Finds the members of `message` and reads none of them. The object must have
  // at most kMaxMembers members; the caller checks that.
  explicit MessageReader(const simdjson::dom::object& message);

  // Returns whether `value` can be a message. It looks only at the members that
  // most messages have, so that it is quick.
  static bool MayBeOne(const simdjson::dom::element& value);

  // Reads is_echo, is_deleted and is_self. It must be called first. After a
  // Misfit the flags that were read before it are set, and the others are
  // false.
  Result ReadFlags();
  // A flag is false when the message does not have it. An echo was sent by the
  // account. A deleted message was taken back by its sender. `self` says that
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

  // Fills `out`, which must be empty. It reads the mid, the text, the
  // attachments, and the mid of the message that this message answers. It does
  // not fill fields that only this server knows, such as the id. After a Misfit
  // `out` is partly filled.
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
  // Adds all attachments in their order. Instagram sends a shared post as two
  // attachments, under an old and a new name. In a message of at most 20
  // attachments the two become one. It fails when there are more than
  // kMaxAttachments.
  Result ReadAttachments(v1::Message& out) const;

  static constexpr std::size_t kCount = 9;
  simdjson::dom::object object_;
  Members<kCount> members_;
  bool echo_ = false;
  bool deleted_ = false;
  bool self_ = false;
};

}  // namespace linktor::kinds
