// This is the text of GET /emulator: how to play a customer, by example. It is
// written for somebody who has just started the emulator and has nothing but
// curl.

#pragma once

#include <string>
#include <string_view>

namespace linktor::emulator {

// Returns the text. `address` is the emulator's own, so that the commands in it
// can be pasted. Tests run these commands, so that none of them goes out of
// date.
std::string ControlHelp(std::string_view address);

}  // namespace linktor::emulator
