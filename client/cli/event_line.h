// One line for one event, and what it shares with other texts. Pure functions,
// for any thread.

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

// Returns what brought the customer who wrote it: "came from the ad 42 \"Sale\"
// with the ref \"a\""; empty when Instagram has not said so.
std::string WhatBrought(const v1::Message& message);

}  // namespace linktor::cli
