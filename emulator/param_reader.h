// Reads the parameters of a Graph call: members of its JSON body, named in
// errors as Meta names them, such as message[text].

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
// it was given, which its nested readers share. After a problem everything that
// is read is empty or null. Body and error must outlive the reader. It belongs
// to one thread.
class ParamReader {
 public:
  // `path` names the object; empty for the body itself. A member that is not
  // `known` is a problem.
  ParamReader(const json::value& value, std::string path,
              std::initializer_list<std::string_view> known,
              std::optional<GraphError>& error);

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // Returns null when the member is absent.
  const json::value* Find(std::string_view name) const {
    return members_.Find(name);
  }
  // Returns the name as Meta writes it, such as "message[text]".
  std::string PathOf(std::string_view name) const;

  // Returns a string that must be there and not be empty. A limit of Meta's is
  // in the unit that Meta names, which is bytes for some fields and characters
  // for others.
  std::string Text(std::string_view name);
  // Do the same with a string of at most `max` bytes, or characters.
  std::string Bytes(std::string_view name, std::size_t max);
  std::string Characters(std::string_view name, std::size_t max);
  // Returns an http or https URL, which must be there.
  std::string Url(std::string_view name);
  // The string must be there and equal `wanted`.
  void Constant(std::string_view name, std::string_view wanted);
  // Returns an array of `min` to `max` entries, which must be there; null
  // otherwise.
  const json::array* Array(std::string_view name, std::size_t min,
                           std::size_t max);

  // Keeps this error unless there is one already.
  void Fail(GraphError error);
  // Fails with "(#100) Param <name> <what>".
  void Wrong(std::string_view name, std::string_view what);
  std::optional<GraphError>& error() { return error_; }

 private:
  // When the value is no object, that is a problem of its own.
  const KnownMembers members_;
  // This is the name of the object in errors.
  const std::string path_;
  // It is shared by all readers of one body; the first problem stays.
  std::optional<GraphError>& error_;
};

}  // namespace linktor::emulator
