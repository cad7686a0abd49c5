// What people write: a messaging item's message. Internal to the parser.

#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string_view>

#include "linktor/instagram/v1/message.pb.h"
#include "server/webhook/json_fields.h"
#include "server/webhook/parser.h"

namespace linktor {

// Text and attachments beyond this are delivered by raw size only: an event
// must fit into a response.
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;
// More than any object of Instagram's has. Members are looked for by name, and
// each attachment is a message of its own: without limits a body of a megabyte
// costs many.
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr std::size_t kMaxAttachments = 1000;

// A message, and those of its members that decide how it is read.
class MessageReader {
 public:
  explicit MessageReader(const simdjson::dom::object& message);

  // Whether it can be a message, by what most have. Quick.
  static bool MayBeOne(const simdjson::dom::element& value);

  // Faults of any of the flags.
  Result ReadFlags();
  bool echo() const { return echo_; }
  bool self() const { return self_; }

  // What the message is besides. Precedence: unsent, echo, self, quick reply,
  // story reply, story mention, product share, message. `kind` is how items
  // without a type of their own are named.
  struct Special {
    ItemType type = ItemType::kMessage;
    std::string_view kind = "message";
  };
  // `self`: whether the item or the message is the account's own.
  Special WhatItIs(bool self) const;

  Result Read(v1::Message& out) const;

  const simdjson::dom::object& object() const { return object_; }

 private:
  Special SpecialAttachment() const;
  Result ReadAttachments(v1::Message& out) const;

  static constexpr std::size_t kCount = 10;
  simdjson::dom::object object_;
  Members<kCount> members_;
  bool echo_ = false;
  bool deleted_ = false;
  bool self_ = false;
};

}  // namespace linktor
