// This is the text of GET /emulator. It explains by examples how to play a
// customer. It is written for a reader who has just started the emulator and
// has only curl.

#pragma once

#include <string>
#include <string_view>

namespace linktor::emulator {

// Returns the text. `address` is the emulator's own address, so that readers
// can paste the commands in the text. Tests run these commands, so none of them
// becomes out of date.
std::string ControlHelp(std::string_view address);

}  // namespace linktor::emulator
