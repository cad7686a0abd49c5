// This class is shared by the emulator's two strict readers: JsonReader for the
// control API, and ParamReader for Graph calls. Each reader finds members of
// one object. A member that the reader does not know is a mistake of the
// caller.

#pragma once

#include <initializer_list>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A KnownMembers is made for one object, which must outlive it. It belongs to
// one thread.
class KnownMembers {
 public:
  // `value` must outlive this. A value that is not an object has no members;
  // is_object() tells whether it is one.
  explicit KnownMembers(const json::value& value)
      : object_(value.if_object()) {}

  // Returns whether the value is an object. If it is not, each reader reports
  // it with its own error.
  bool is_object() const { return object_ != nullptr; }

  // Returns the member, or null when it is absent. The result belongs to the
  // value.
  const json::value* Find(std::string_view name) const;

  // Calls `report` with the name of each member that is not among `known`, in
  // their order.
  void ForEachUnknown(std::initializer_list<std::string_view> known,
                      absl::FunctionRef<void(std::string_view)> report) const;

 private:
  // It is null when the value is no object.
  const json::object* const object_;
};

}  // namespace linktor::emulator
