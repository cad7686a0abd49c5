// Reads the members of one JSON object of the control API, strictly: a
// misspelt member would otherwise make a test pass for the wrong reason.

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

// It remembers the first problem, as INVALID_ARGUMENT with a sentence; a member
// that could not be read counts as absent. The object that is read must outlive
// the reader. It belongs to one thread.
class JsonReader {
 public:
  // A body that is no object, and a member that is not `known`, are problems.
  JsonReader(const json::value& body,
             std::initializer_list<std::string_view> known)
      : JsonReader(body, known, {}) {}

  // Returns OK, or the first problem. Callers ask once, at the end.
  const absl::Status& status() const { return status_; }

  // Returns null when the member is absent.
  const json::value* Find(std::string_view name) const {
    return members_.Find(name);
  }
  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  // These return nullopt or null when the member is absent. One of another
  // kind, or out of the range, is a problem.
  std::optional<std::string> String(std::string_view name);
  // A string that is absent or empty is a problem.
  std::string RequiredString(std::string_view name);
  std::optional<bool> Bool(std::string_view name);
  // `min` and `max` are both allowed.
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t min,
                                      std::int64_t max);
  // The result belongs to the body that is read.
  const json::object* Object(std::string_view name);
  const json::array* Array(std::string_view name);

  // Reads the object `name`, if it is there, by `read(JsonReader&)`. Its first
  // problem becomes this reader's, with the path of the member. `read` is not
  // called for a value that is no object.
  template <typename Read>
  void Nested(std::string_view name,
              std::initializer_list<std::string_view> known, Read read) {
    if (const json::value* value = Find(name)) {
      Element(*value, name, known, read);
    }
  }

  // Does the same with a value that is part of the member `name`, such as an
  // entry of an array.
  template <typename Read>
  void Element(const json::value& value, std::string_view name,
               std::initializer_list<std::string_view> known, Read read) {
    JsonReader inner(value, known, PathOf(name));
    if (inner.status_.ok()) read(inner);
    if (status_.ok()) status_ = inner.status_;
  }

  // Says that the member `name` is not what was `wanted`. The sentence is then:
  // "name" must be <wanted>.
  void Wrong(std::string_view name, std::string_view wanted);
  // Says another problem. Only the first one counts.
  void Fail(std::string_view sentence);

 private:
  // `path` is the path of the object within the body; empty for the body
  // itself.
  JsonReader(const json::value& value,
             std::initializer_list<std::string_view> known, std::string path);

  // Returns the member's name with its path, as problems name it:
  // "reply_to.story".
  std::string PathOf(std::string_view name) const;

  // When the value is no object it has no members, so every member counts as
  // absent.
  const KnownMembers members_;
  // This is the path of the object within the body, such as "reply_to.story".
  const std::string path_;
  // This is the first problem, with the path of its member.
  absl::Status status_;
};

}  // namespace linktor::emulator
