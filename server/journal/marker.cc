#include "server/journal/marker.h"

#include <array>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/journal/durable_file.h"

namespace linktor::journal {
namespace {

constexpr std::size_t kChecksumSize = 8;
constexpr std::size_t kLogIdDigits = 16;

std::string WithChecksum(std::string text) {
  const Digest digest = Sha256(text);
  absl::StrAppend(
      &text, "checksum ",
      absl::BytesToHexString(ToAbsl(AsBytes(digest).substr(0, kChecksumSize))),
      "\n");
  return text;
}

std::string Lines(const LogPosition& log) {
  return absl::StrCat("log ", absl::BytesToHexString(log.log_id), "\nepoch ",
                      log.epoch, "\nlast_seq ", log.last_seq, "\n");
}

std::string Render(const Marker& marker) {
  return WithChecksum(absl::StrCat("linktor marker 1\n", Lines(marker.log),
                                   "checkpointed_seq ", marker.checkpointed_seq,
                                   "\n"));
}

std::string Render(const BackupManifest& manifest) {
  return WithChecksum(absl::StrCat(
      "linktor backup 1\n", Lines(manifest.log), "time_ms ",
      absl::ToUnixMillis(manifest.time), "\nbytes ", manifest.bytes, "\n"));
}

// Returns what follows the name on a line of its own; "" when no line has it.
std::string ValueOf(const std::string& text, std::string_view name) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (parts.first == name) return parts.second;
  }
  return "";
}

std::int64_t NumberOf(const std::string& text, std::string_view name) {
  std::int64_t value = 0;
  return absl::SimpleAtoi(ValueOf(text, name), &value) ? value : -1;
}

LogPosition ParseLog(const std::string& text) {
  const std::string log_id = ValueOf(text, "log");
  return {.log_id = log_id.size() == kLogIdDigits
                        ? absl::HexStringToBytes(log_id)
                        : std::string(),
          .epoch = NumberOf(text, "epoch"),
          .last_seq = NumberOf(text, "last_seq")};
}

absl::Status Damaged(const std::string& path, std::string_view advice) {
  return absl::FailedPreconditionError(absl::StrCat(
      path, " is damaged, or a newer program has written it", ToAbsl(advice)));
}

}  // namespace

absl::Status WriteMarker(const std::string& data_dir, const Marker& marker) {
  return WriteDurably(data_dir, kMarkerFile, Render(marker));
}

absl::StatusOr<std::optional<Marker>> ReadMarker(const std::string& data_dir) {
  const std::string path = absl::StrCat(data_dir, "/", kMarkerFile);
  LINKTOR_ASSIGN(const std::optional<std::string> text, ReadSmallFile(path));
  if (!text.has_value()) return std::nullopt;
  Marker marker{.log = ParseLog(*text),
                .checkpointed_seq = NumberOf(*text, "checkpointed_seq")};
  // There is one spelling: a text that differs in anything is not what was
  // written.
  if (Render(marker) != *text) {
    return Damaged(path,
                   "; put back the one that belongs here, or back the database "
                   "up as it is (linktor-igd backup) and restore that into "
                   "another folder");
  }
  return marker;
}

absl::Status WriteManifest(const std::string& folder,
                           const BackupManifest& manifest) {
  return WriteDurably(folder, kManifestFile, Render(manifest));
}

absl::StatusOr<BackupManifest> ReadManifest(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kManifestFile);
  LINKTOR_ASSIGN(const std::optional<std::string> text, ReadSmallFile(path));
  if (!text.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, " is no backup: it has no ", kManifestFile,
        ", which is written when a backup is whole and was verified"));
  }
  BackupManifest manifest{
      .log = ParseLog(*text),
      .time = absl::FromUnixMillis(NumberOf(*text, "time_ms")),
      .bytes = NumberOf(*text, "bytes")};
  if (Render(manifest) != *text) return Damaged(path, "; use another backup");
  return manifest;
}

}  // namespace linktor::journal
