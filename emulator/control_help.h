// What GET /emulator says: how to play a customer, by example.

#pragma once

#include <string>
#include <string_view>

namespace linktor::emulator {

// `address` is the emulator's own, for commands that can be pasted.
std::string ControlHelp(std::string_view address);

}  // namespace linktor::emulator
