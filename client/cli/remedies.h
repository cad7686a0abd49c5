// The remedy that the server sends with an error speaks of methods and fields,
// which callers of the API know. This header gives remedies in words for a
// person who uses this program.

#pragma once

#include <string>

namespace linktor::cli {

// Returns what to do about an error of this reason. The result is empty when
// the server's own remedy is already clear to such a person.
std::string OwnRemedyOf(const std::string& reason);

}  // namespace linktor::cli
