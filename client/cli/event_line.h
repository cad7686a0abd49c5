// EventLine() shows one event as one line. WhatBrought() is a part of such a
// line that other texts use too. The functions are pure, for any thread.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "linktor/instagram/v1/event.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

// Returns the time, the channel, the customer, the type and, in a few words,
// what happened. The result has no line end. It is escaped, so that nothing in
// it can control a terminal. `raw` adds a second line with the item as
// Instagram sent it.
std::string EventLine(const v1::Event& event, const absl::TimeZone& zone,
                      bool raw = false);

// Returns how the customer who wrote this message came to the account, such as:
// "came from the ad 42 \"Sale\" with the ref \"a\"". The result is empty when
// Instagram has not said it.
std::string WhatBrought(const v1::Message& message);

}  // namespace linktor::cli
