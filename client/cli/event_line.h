// One line for one event. Pure functions, for any thread.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "linktor/instagram/v1/event.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

// Time, channel, who, type, and what happened in a few words, without a line
// end. Nothing in it can drive a terminal. `raw` adds the item as Instagram
// sent it.
std::string EventLine(const v1::Event& event, const absl::TimeZone& zone,
                      bool raw = false);

}  // namespace linktor::cli
