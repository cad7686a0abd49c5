// A JsonReader reads the members of one JSON object of the control API. It is
// strict: a misspelt member is an error, because a test with such a member
// could pass for the wrong reason.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "emulator/json.h"
#include "emulator/known_members.h"

namespace linktor::emulator {

// It remembers the first problem, as INVALID_ARGUMENT with a sentence. A member
// that could not be read counts as absent. The JSON value must outlive the
// reader. A reader belongs to one thread.
class JsonReader {
 public:
  // It is a problem when the body is not an object, or when a member is not in
  // `known`.
  JsonReader(const json::value& body,
             std::initializer_list<std::string_view> known)
      : JsonReader(body, known, {}) {}

  // Returns OK, or the first problem. A caller asks once, after reading all
  // members.
  const absl::Status& status() const { return status_; }

  // Returns null when the member is absent.
  const json::value* Find(std::string_view name) const {
    return members_.Find(name);
  }
  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  // These return nullopt or null when the member is absent. A member of another
  // type, or a number out of range, is a problem.
  std::optional<std::string> String(std::string_view name);
  // This string must be present and not empty; otherwise that is a problem.
  std::string RequiredString(std::string_view name);
  std::optional<bool> Bool(std::string_view name);
  // The allowed range includes `min` and `max`.
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t min,
                                      std::int64_t max);
  // The result belongs to the body that is read.
  const json::object* Object(std::string_view name);
  const json::array* Array(std::string_view name);

  // If the member `name` is present, reads this object with
  // `read(JsonReader&)`. The first problem of the inner reader becomes a
  // problem of this reader, with the path of the member. `read` is not called
  // for a value that is not an object.
  template <typename Read>
  void Nested(std::string_view name,
              std::initializer_list<std::string_view> known, Read read) {
    if (const json::value* value = Find(name)) {
      Element(*value, name, known, read);
    }
  }

  // Reads an object that is part of the member `name`, such as an entry of an
  // array, in the same way as Nested().
  template <typename Read>
  void Element(const json::value& value, std::string_view name,
               std::initializer_list<std::string_view> known, Read read) {
    JsonReader inner(value, known, PathOf(name));
    if (inner.status_.ok()) read(inner);
    if (status_.ok()) status_ = inner.status_;
  }

  // Records a problem: the member `name` is not what was `wanted`. The sentence
  // is: "name" must be <wanted>.
  void Wrong(std::string_view name, std::string_view wanted);
  // Records a problem with this sentence. Only the first problem is kept.
  void Fail(std::string_view sentence);

 private:
  // `path` is the path of the object within the body; it is empty for the body
  // itself.
  JsonReader(const json::value& value,
             std::initializer_list<std::string_view> known, std::string path);

  // Returns the member's name with its path, which problems show, such as
  // "reply_to.story".
  std::string PathOf(std::string_view name) const;

  // A value that is not an object has no members, so every member counts as
  // absent.
  const KnownMembers members_;
  // This is the path of the object within the body, such as "reply_to.story".
  const std::string path_;
  // This is the first problem, with the path of its member.
  absl::Status status_;
};

}  // namespace linktor::emulator
