#include "client/cli/stretch.h"

#include "absl/time/clock.h"
#include "client/cli/times.h"

namespace linktor::cli {

const CLI::Validator& NotEmpty() {
  static const auto& validator = *new CLI::Validator(
      [](const std::string& value) {
        return std::string(value.empty() ? "is empty" : "");
      },
      "");
  return validator;
}

void AddStretch(CLI::App& command, Stretch& stretch, const std::string& what) {
  command
      .add_option("--since", stretch.since,
                  "only " + what +
                      " since then: how long ago, such as 2h, or a time "
                      "with its zone")
      ->check(NotEmpty());
  command
      .add_option("--until", stretch.until,
                  "only " + what + " before then, written as for --since")
      ->check(NotEmpty());
  command.add_flag("--oldest-first", stretch.oldest_first,
                   "begin with the oldest that is kept");
  command
      .add_option("--limit", stretch.limit,
                  "print at most so many; 20 unless it is given")
      ->check(CLI::Range(1, 1'000'000'000));
}

absl::Status SetTime(const std::string& text, const char* option,
                     google::protobuf::Timestamp& time) {
  const auto read = ParseSince(text, absl::Now());
  if (!read.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": ", read.status().message()));
  }
  time = *read;
  return absl::OkStatus();
}

ExitCode OutputClosed(const Session& session) {
  if (errno == EPIPE) return ExitCode::kOk;
  session.Notice(absl::StrCat("standard output cannot be written: ",
                              std::strerror(errno)));
  return ExitCode::kOutput;
}

}  // namespace linktor::cli
