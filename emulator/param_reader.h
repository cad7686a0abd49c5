// A ParamReader reads the parameters of a Graph call from its JSON body. Errors
// name a parameter as Meta names it, such as message[text].

#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/graph_error.h"
#include "emulator/json.h"
#include "emulator/known_members.h"

namespace linktor::emulator {

// It reads one object of the body. The first problem is kept in the error that
// the constructor gets; nested readers share this error. After a problem, do
// not use the values that were read. The body and the error must outlive the
// reader. A reader belongs to one thread.
class ParamReader {
 public:
  // `path` names the object; it is empty for the body itself. It is a problem
  // when a member is not in `known`.
  ParamReader(const json::value& value, std::string path,
              std::initializer_list<std::string_view> known,
              std::optional<GraphError>& error);

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // Returns null when the member is absent.
  const json::value* Find(std::string_view name) const {
    return members_.Find(name);
  }
  // Returns the name of a member as Meta writes it, such as "message[text]".
  std::string PathOf(std::string_view name) const;

  // Returns a string, which must be present and not empty. The next two
  // functions also check a limit. Meta's limits are in bytes for some fields
  // and in characters for others, so there is one function for each unit.
  std::string Text(std::string_view name);
  // Return a string as Text() does; it may have at most `max` bytes, or at most
  // `max` characters.
  std::string Bytes(std::string_view name, std::size_t max);
  std::string Characters(std::string_view name, std::size_t max);
  // Returns an http or https URL, which must be present.
  std::string Url(std::string_view name);
  // Checks that the string is present and equals `wanted`.
  void Constant(std::string_view name, std::string_view wanted);
  // Returns an array, which must be present and have `min` to `max` entries.
  // Otherwise that is a problem, and the result is null.
  const json::array* Array(std::string_view name, std::size_t min,
                           std::size_t max);

  // Keeps this error, unless an earlier error is kept already.
  void Fail(GraphError error);
  // Fails with "(#100) Param <name> <what>".
  void Wrong(std::string_view name, std::string_view what);
  std::optional<GraphError>& error() { return error_; }

 private:
  // A value that is not an object has no members; the constructor reports it.
  const KnownMembers members_;
  // This is the name of the object in errors.
  const std::string path_;
  // All readers of one body share it; it keeps the first problem.
  std::optional<GraphError>& error_;
};

}  // namespace linktor::emulator
