#include "client/cli/reasons.h"

#include <google/protobuf/descriptor.h>

#include <map>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "linktor/instagram/v1/error_reason.pb.h"

namespace linktor::cli {
namespace {

namespace v1 = ::linktor::instagram::v1;

constexpr char kReasonPrefix[] = "ERROR_REASON_";

// Returns the comment above each enum value, as one line. The keys are the
// names of the values without their prefix.
std::map<std::string, std::string> Comments() {
  std::map<std::string, std::string> comments;
  std::string comment;
  for (absl::string_view line : absl::StrSplit(kErrorReasonProto, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&line, "//")) {
      absl::StrAppend(&comment, comment.empty() ? "" : " ",
                      absl::StripAsciiWhitespace(line));
      continue;
    }
    if (absl::ConsumePrefix(&line, kReasonPrefix)) {
      comments[std::string(line.substr(0, line.find(' ')))] = comment;
    }
    comment.clear();
  }
  return comments;
}

// Takes the code and the meaning from a comment such as "NOT_FOUND: no such
// channel. Example metadata: {…}.", and stores them in `reason`.
void ReadComment(const std::string& comment, Reason& reason) {
  absl::string_view text = comment;
  text = text.substr(0, text.find("Example metadata:"));
  // The code is in capitals: "OUT_OF_RANGE", or "INTERNAL or NOT_FOUND".
  const std::size_t colon = text.find(": ");
  if (colon != absl::string_view::npos) {
    const absl::string_view code = text.substr(0, colon);
    const bool is_code = absl::c_all_of(
        std::vector<std::string>(absl::StrSplit(code, ' ')),
        [](const std::string& word) {
          return word == "or" || absl::c_all_of(word, [](char c) {
                   return absl::ascii_isupper(static_cast<unsigned char>(c)) ||
                          c == '_';
                 });
        });
    if (is_code) {
      reason.code = std::string(code);
      text.remove_prefix(colon + 2);
    }
  }
  reason.meaning = std::string(absl::StripAsciiWhitespace(text));
  if (!reason.meaning.empty()) {
    reason.meaning[0] =
        absl::ascii_toupper(static_cast<unsigned char>(reason.meaning[0]));
  }
}

}  // namespace

std::vector<Reason> AllReasons() {
  const std::map<std::string, std::string> comments = Comments();
  const auto* descriptor = v1::ErrorReason_descriptor();
  std::vector<Reason> reasons;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const auto* value = descriptor->value(i);
    if (value->number() == 0) continue;
    Reason reason{
        .name = std::string(absl::StripPrefix(value->name(), kReasonPrefix)),
        .remedy = value->options().GetExtension(v1::remedy)};
    if (const auto it = comments.find(reason.name); it != comments.end()) {
      ReadComment(it->second, reason);
    }
    reasons.push_back(std::move(reason));
  }
  return reasons;
}

std::optional<Reason> FindReason(const std::string& name) {
  const std::string upper = absl::AsciiStrToUpper(name);
  for (Reason& reason : AllReasons()) {
    if (reason.name == absl::StripPrefix(upper, kReasonPrefix)) {
      return std::move(reason);
    }
  }
  return std::nullopt;
}

std::string RemedyOf(const std::string& name) {
  v1::ErrorReason value{};
  if (!v1::ErrorReason_Parse(absl::StrCat(kReasonPrefix, name), &value))
    return "";
  return v1::ErrorReason_descriptor()
      ->FindValueByNumber(value)
      ->options()
      .GetExtension(v1::remedy);
}

std::string ReasonsToText(const std::vector<Reason>& reasons) {
  std::string out;
  for (const Reason& reason : reasons) {
    absl::StrAppend(&out, out.empty() ? "" : "\n", reason.name,
                    reason.code.empty() ? "" : " (", reason.code,
                    reason.code.empty() ? "" : ")", "\n  ", reason.meaning,
                    "\n  what to do: ", reason.remedy, "\n");
  }
  return out;
}

}  // namespace linktor::cli
