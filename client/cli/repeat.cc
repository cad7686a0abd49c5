#include "client/cli/repeat.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"

namespace linktor::cli {
namespace {

constexpr char kRequestId[] = "--request-id";

// Returns whether `c` is an ordinary character for a shell, at any place in a
// word.
bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("_-./:@%+,=").find(c) != absl::string_view::npos;
}

}  // namespace

std::string ShellWord(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), IsPlain)) {
    return word;
  }
  if (EscapeControls(word) == word) {
    std::string out = "'";
    for (const char c : word) {
      absl::StrAppend(&out, c == '\'' ? "'\\''" : std::string(1, c));
    }
    return out + "'";
  }
  std::string out = "$'";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else if (absl::ascii_isprint(byte)) {
      out += c;
    } else {
      // An octal escape has at most three digits, so it cannot take in the next
      // character. An escape with \x could.
      absl::StrAppendFormat(&out, "\\%03o", byte);
    }
  }
  return out + "'";
}

std::string RepeatCommand(const std::vector<std::string>& words,
                          const std::string& request_id) {
  const auto end = std::find(words.begin(), words.end(), "--");
  const bool given =
      std::any_of(words.begin(), end, [](const std::string& word) {
        return word == kRequestId ||
               absl::StartsWith(word, absl::StrCat(kRequestId, "="));
      });
  std::string out = "linktor-ig";
  for (auto word = words.begin(); word != end; ++word) {
    absl::StrAppend(&out, " ", ShellWord(*word));
  }
  if (!given)
    absl::StrAppend(&out, " ", kRequestId, " ", ShellWord(request_id));
  for (auto word = end; word != words.end(); ++word) {
    absl::StrAppend(&out, " ", ShellWord(*word));
  }
  return out;
}

}  // namespace linktor::cli
