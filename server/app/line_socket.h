// One side of a connection over a Unix socket that exchanges lines of text.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor {

// Used by one thread.
class LineSocket {
 public:
  // A line is at most so long: enough for a path and what is wrong with it.
  static constexpr std::size_t kMaxLine = 16 * 1024;

  // Connects to the socket file. INVALID_ARGUMENT when its path is too long for
  // the system, UNAVAILABLE when nobody listens there; each with a sentence.
  static absl::StatusOr<LineSocket> Connect(const std::string& path);
  // Takes over a blocking connection.
  explicit LineSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  // No call waits longer for the other side; without this it waits for ever.
  void SetPatience(std::chrono::seconds patience);

  // Returns the next line, without its line feed. UNAVAILABLE when the other
  // side has ended, or has sent none in time.
  absl::StatusOr<std::string> ReadLine();
  // Line feeds within the line become spaces.
  absl::Status WriteLine(std::string_view line);

  // Whether the other side has ended. It does not wait.
  bool PeerHasEnded() const;

 private:
  UniqueFd fd_;
  // What was received and not returned yet.
  std::string received_;
};

}  // namespace linktor
