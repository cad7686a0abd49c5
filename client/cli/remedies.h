// The remedy of an error speaks of methods and fields, which callers of the API
// have. Here it is in the words of a person with this program.

#pragma once

#include <string>

namespace linktor::cli {

// Returns what to do about an error of this reason; empty where the contract's
// own remedy has no word that such a person could not follow.
std::string OwnRemedyOf(const std::string& reason);

}  // namespace linktor::cli
