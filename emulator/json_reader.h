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

namespace linktor::emulator {

// Remembers the first problem, as INVALID_ARGUMENT with a sentence; what could
// not be read is absent. The object that is read outlives the reader.
class JsonReader {
 public:
  // A member that is not `known` is a problem.
  JsonReader(const json::value& body,
             std::initializer_list<std::string_view> known)
      : JsonReader(body, known, {}) {}

  const absl::Status& status() const { return status_; }

  // Null when it is absent.
  const json::value* Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  std::optional<std::string> String(std::string_view name);
  // A string that is there and not empty; else a problem.
  std::string RequiredString(std::string_view name);
  std::optional<bool> Bool(std::string_view name);
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t min,
                                      std::int64_t max);
  const json::object* Object(std::string_view name);
  const json::array* Array(std::string_view name);

  // Reads the object `name`, if it is there, by `read(JsonReader&)`.
  template <typename Read>
  void Nested(std::string_view name,
              std::initializer_list<std::string_view> known, Read read) {
    if (const json::value* value = Find(name)) {
      Element(*value, name, known, read);
    }
  }

  // The same for a value that is part of the member `name`.
  template <typename Read>
  void Element(const json::value& value, std::string_view name,
               std::initializer_list<std::string_view> known, Read read) {
    JsonReader inner(value, known, PathOf(name));
    if (inner.status_.ok()) read(inner);
    if (status_.ok()) status_ = inner.status_;
  }

  // Says that the member `name` is not what was `wanted`.
  void Wrong(std::string_view name, std::string_view wanted);
  // Says another problem.
  void Fail(std::string_view sentence);

 private:
  // `path` is of the object within the body; empty for the body itself.
  JsonReader(const json::value& value,
             std::initializer_list<std::string_view> known, std::string path);

  std::string PathOf(std::string_view name) const;

  const json::object* const object_;
  const std::string path_;
  absl::Status status_;
};

}  // namespace linktor::emulator
