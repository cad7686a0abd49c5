// The running server's side of "linktor-igd backup": a Unix socket in the data
// folder, which only the server's user may connect to. The exchange is lines:
//
//   backup 1 /absolute/path/of/an/empty/folder     the question
//   copying 37                                     percent, now and then
//   copied 1795867200123                           the end: everything up to
//                                                  this time, in ms since the
//                                                  epoch, is in the copy
//   failed why                                     or this end, a sentence
//
// The asker then makes a backup of the copy (journal/backup.h). When it goes
// away before the end, the copy is removed. The 1 is the number of the
// exchange; a server refuses another number with a sentence.

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/app/line_socket.h"
#include "server/base/clock.h"
#include "server/base/unique_fd.h"
#include "server/journal/backup.h"
#include "server/rpc/listening_sockets.h"

namespace linktor::app {

// Returns the path of the socket where the server of a data folder can be
// asked.
std::string BackupSocketOf(const std::string& data_dir);

// The App owns one. Its thread serves one asker at a time.
class BackupSocket {
 public:
  // Listens from now on. While a copy is being made, further askers are told
  // so. `clock` must outlive this, and the writer that `run_on_writer` uses
  // must go on until this has ended. It fails with a sentence when there can be
  // no socket in the folder, such as for a path that is too long.
  static absl::StatusOr<std::unique_ptr<BackupSocket>> Start(
      const std::string& data_dir, journal::RunOnWriter run_on_writer,
      const Clock& clock);
  // Does the same, but a server without the socket serves all the same: a
  // failure is a line of the log, and the result is null.
  static std::unique_ptr<BackupSocket> StartOrWarn(
      const std::string& data_dir, journal::RunOnWriter run_on_writer,
      const Clock& clock);
  // Gives up the copy that is being made, and waits for the thread: for a step
  // of the copy, or for the 5 s for which an asker may be silent.
  ~BackupSocket();
  BackupSocket(const BackupSocket&) = delete;
  BackupSocket& operator=(const BackupSocket&) = delete;

 private:
  // Starts the thread.
  BackupSocket(rpc::ListeningSockets listening,
               journal::RunOnWriter run_on_writer, const Clock& clock,
               UniqueFd stop);
  // This is the thread: it waits for askers and serves each, until stop_ is
  // readable.
  void Run();
  // Returns an asker that waits; an invalid descriptor when none does.
  UniqueFd Accept() const;
  // Answers one asker, to its end. An asker that says nothing for 5 s, or
  // something that is no question, is let go.
  void Serve(LineSocket asker);
  // Copies into `folder` and tells `asker` how far it is. CANCELLED when the
  // asker has gone, or this is to end.
  absl::StatusOr<absl::Time> Copy(const std::string& folder, LineSocket& asker);

  const rpc::ListeningSockets listening_;
  const journal::RunOnWriter run_on_writer_;
  const Clock& clock_;
  // It is readable when it is time to end.
  const UniqueFd stop_;
  // It says the same to the steps of a copy, which do not wait on descriptors.
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Asks the server that uses the folder for a copy in `to`, which is an absolute
// path as that server sees it, and blocks until it is made. `told` hears how
// many percent are copied. Returns the time up to which everything is in the
// copy; FAILED_PRECONDITION with a sentence when there is none.
absl::StatusOr<absl::Time> AskForCopy(const std::string& data_dir,
                                      const std::string& to,
                                      absl::FunctionRef<void(int)> told);

}  // namespace linktor::app
