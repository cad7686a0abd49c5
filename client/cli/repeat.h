// A call whose outcome is not known is repeated by the same command line, which
// is said again here. The functions are pure, for any thread.

#pragma once

#include <string>
#include <vector>

namespace linktor::cli {

// Returns `word` so that a shell reads it back to the same bytes. Nothing in
// the result can drive a terminal; control characters become those of $'…',
// which bash, zsh and ksh know.
std::string ShellWord(const std::string& word);

// Returns the command of `words`, which lack the program's name, under the
// request id. The id is added before any "--", unless the words name one
// already.
std::string RepeatCommand(const std::vector<std::string>& words,
                          const std::string& request_id);

}  // namespace linktor::cli
