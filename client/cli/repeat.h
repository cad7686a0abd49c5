// When the outcome of a call is not known, the user can repeat the call with
// the same command line. These functions write that command line. They are
// pure, for any thread.

#pragma once

#include <string>
#include <vector>

namespace linktor::cli {

// Returns `word` quoted, so that a shell reads it back to the same bytes.
// Nothing in the result can control a terminal: control characters are written
// as escapes within $'…', which bash, zsh and ksh understand.
std::string ShellWord(const std::string& word);

// Returns the command line of `words`, with the request id added. `words` do
// not include the program's name; the result does. The id is added before any
// "--". It is not added when the words have a --request-id already.
std::string RepeatCommand(const std::vector<std::string>& words,
                          const std::string& request_id);

}  // namespace linktor::cli
