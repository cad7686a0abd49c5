// An EmulatorControl makes the emulated Instagram do things. It uses the HTTP
// interface of the emulator, which every other program can use too.

#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace linktor::demo {

class EmulatorControl {
 public:
  // The address has the form "127.0.0.1:8081".
  explicit EmulatorControl(std::string address)
      : address_(std::move(address)) {}

  // Calls `method` on /emulator/<path>, and returns the JSON object of the
  // answer. Returns UNAVAILABLE when there is no answer. Returns
  // FAILED_PRECONDITION, with the text of the answer, when the emulator
  // refuses.
  absl::StatusOr<boost::json::object> Call(
      const char* method, std::string_view path,
      const boost::json::value& body = nullptr) const;

 private:
  const std::string address_;
};

// Returns the string at object[name], or an empty string when there is none.
std::string Text(const boost::json::object& object, std::string_view name);

}  // namespace linktor::demo
