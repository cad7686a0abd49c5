// Reads the parameters of a Graph call: members of its JSON body, named in
// errors as Meta names them, such as message[text].

#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/graph_error.h"
#include "emulator/json.h"

namespace linktor::emulator {

// One object of the body. Remembers the first problem in the error it was
// given, which its nested readers share; so does what is read: after a problem
// it is empty or null. Body and error outlive the reader.
class ParamReader {
 public:
  // `path` names the object; empty for the body itself. A member that is not
  // `known` is a problem.
  ParamReader(const json::value& value, std::string path,
              std::initializer_list<std::string_view> known,
              std::optional<GraphError>& error);

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // Null when it is absent.
  const json::value* Find(std::string_view name) const;
  // "message[text]".
  std::string PathOf(std::string_view name) const;

  // A string that is not empty; it must be there.
  std::string Text(std::string_view name);
  // The same, of at most `max` bytes, or characters.
  std::string Bytes(std::string_view name, std::size_t max);
  std::string Characters(std::string_view name, std::size_t max);
  // An http or https URL; it must be there.
  std::string Url(std::string_view name);
  // The string must be there and equal `wanted`.
  void Constant(std::string_view name, std::string_view wanted);
  // An array of `min` to `max` entries; it must be there. Null otherwise.
  const json::array* Array(std::string_view name, std::size_t min,
                           std::size_t max);

  void Fail(GraphError error);
  // "(#100) Param <name> <what>".
  void Wrong(std::string_view name, std::string_view what);
  std::optional<GraphError>& error() { return error_; }

 private:
  const json::object* const object_;
  const std::string path_;
  std::optional<GraphError>& error_;
};

}  // namespace linktor::emulator
