// The emulated Instagram's controls, by HTTP as anybody can use them.

#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace linktor::demo {

class EmulatorControl {
 public:
  // "127.0.0.1:8081".
  explicit EmulatorControl(std::string address)
      : address_(std::move(address)) {}

  // The JSON answer to `method` on /emulator/<path>. UNAVAILABLE when there
  // is none, FAILED_PRECONDITION with the emulator's sentence when it
  // refuses.
  absl::StatusOr<boost::json::object> Call(
      const char* method, std::string_view path,
      const boost::json::value& body = nullptr) const;

 private:
  const std::string address_;
};

// The string at object[name]; empty when there is none.
std::string Text(const boost::json::object& object, std::string_view name);

}  // namespace linktor::demo
