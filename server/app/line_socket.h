// A LineSocket is one side of a connection over a Unix socket that exchanges
// lines of text. The backup's server and its asker each have one. One thread
// uses it, and its calls block.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/unique_fd.h"

namespace linktor::app {

class LineSocket {
 public:
  // A longer line of the other side is refused, so that it cannot take all
  // memory. So many bytes are enough for a path and a sentence about it.
  static constexpr std::size_t kMaxLine = 16 * 1024;

  // Connects to the socket file. It fails with INVALID_ARGUMENT when its path
  // is too long for the system, UNAVAILABLE when nobody listens there; each
  // with a sentence. It waits while the server's queue of connections is full.
  static absl::StatusOr<LineSocket> Connect(const std::string& path);
  // Takes over a connection, which must be blocking.
  explicit LineSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  // Lets no later call wait longer for the other side; without this a call
  // waits for ever.
  void SetPatience(std::chrono::seconds patience);

  // Returns the next line, without its line feed. It fails with UNAVAILABLE
  // when the other side has ended, has sent none in time, or sends more than
  // kMaxLine without an end.
  absl::StatusOr<std::string> ReadLine();
  // Sends the line. Line feeds within it become spaces, so that it stays one
  // line. It fails with UNAVAILABLE when the other side has ended or takes
  // nothing in time.
  absl::Status WriteLine(std::string_view line);

  // Returns whether the other side has ended. It does not wait.
  bool PeerHasEnded() const;

 private:
  UniqueFd fd_;
  // These are the bytes that were received and not returned yet.
  std::string received_;
};

}  // namespace linktor::app
