// The text of GET /emulator: how to play a customer, by example.

#pragma once

#include <string>
#include <string_view>

namespace linktor::emulator {

// Returns the text. `address` is the emulator's own, so that the commands in it
// can be pasted. Tests run these commands.
std::string ControlHelp(std::string_view address);

}  // namespace linktor::emulator
