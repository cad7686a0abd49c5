// These functions show API keys to a person. They are pure, for any thread.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "linktor/instagram/v1/api_key.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

// Returns "live", "disabled" or "expired"; a live key can be used.
std::string KeyState(const v1::ApiKey& key, absl::Time now);

// Returns a block of lines, one for each field, as the functions of describe.h
// do.
std::string Describe(const v1::ApiKey& key, absl::Time now,
                     const absl::TimeZone& zone);

// Returns a line of headings, and then one line for each key.
std::string KeyTable(const std::vector<v1::ApiKey>& keys, absl::Time now,
                     const absl::TimeZone& zone);

}  // namespace linktor::cli
