// The emulator's two strict readers share this: JsonReader, for the control
// API, and ParamReader, for Graph calls. Each finds members of one object, and
// takes a member that it does not know for a mistake of the caller's.

#pragma once

#include <initializer_list>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "emulator/json.h"

namespace linktor::emulator {

// It is made for one object, which must outlive it, and belongs to one thread.
class KnownMembers {
 public:
  // Looks into `value`, which must outlive this. A value that is no object has
  // no members; is_object() tells.
  explicit KnownMembers(const json::value& value)
      : object_(value.if_object()) {}

  // Returns whether the value is an object. Each reader says otherwise in its
  // own words.
  bool is_object() const { return object_ != nullptr; }

  // Returns null when the member is absent. The result belongs to the value
  // that was given.
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
