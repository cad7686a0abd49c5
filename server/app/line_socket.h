// A LineSocket is one side of a connection over a Unix socket. The two sides
// exchange lines of text. The server's BackupSocket has one side, and the
// program that asks for a backup has the other. One thread at a time uses a
// LineSocket, and its calls block.

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
  // ReadLine fails when a line from the other side is longer than this. Without
  // this limit the other side could make this process use all memory. This many
  // bytes are enough for a path and a sentence about the path.
  static constexpr std::size_t kMaxLine = 16 * 1024;

  // Connects to the socket file at `path`. Fails with INVALID_ARGUMENT when the
  // path is too long for the system, and with UNAVAILABLE when nobody listens
  // there; each error has a sentence. The call blocks while the queue of new
  // connections at this socket is full.
  static absl::StatusOr<LineSocket> Connect(const std::string& path);
  // Takes over an open connection, which must be in blocking mode.
  explicit LineSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  // From now on, ReadLine and WriteLine fail when the other side sends or
  // receives no byte for the time `patience`. Without this limit they may block
  // for ever.
  void SetPatience(std::chrono::seconds patience);

  // Returns the next line, without its line feed. Fails with UNAVAILABLE in
  // three cases: the other side has closed the connection, it has sent nothing
  // for the time of SetPatience, or it has sent more than kMaxLine bytes
  // without a line feed.
  absl::StatusOr<std::string> ReadLine();
  // Sends the line and a line feed. Line feeds within the text become spaces,
  // so that the other side gets only one line. Fails with UNAVAILABLE when the
  // other side has closed the connection, or has received nothing for the time
  // of SetPatience.
  absl::Status WriteLine(std::string_view line);

  // Returns whether the other side has closed the connection. It does not wait.
  bool PeerHasEnded() const;

 private:
  UniqueFd fd_;
  // These bytes were received, but ReadLine has not returned them yet.
  std::string received_;
};

}  // namespace linktor::app
