// The running server's side of "linktor-igd backup": a Unix socket in the data
// folder, which only the server's user may connect to. The exchange is lines:
//
//   backup 1 /absolute/path/of/an/empty/folder     asked
//   copying 37                                     percent, now and then
//   copied 1795867200123                           the end: everything up to
//   that
//                                                  time, in ms, is in the copy
//   failed why                                     or this end, a sentence
//
// The asker makes a backup of the copy then (journal/backup.h). One that goes
// away before the end gets none, and what was copied is removed.

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

namespace linktor {

// Where the server of a data folder can be asked.
std::string BackupSocketOf(const std::string& data_dir);

class BackupSocket {
 public:
  // Listens from now on, one asker at a time; others are told so. `clock` must
  // outlive it, and what `run_on_writer` runs on must go on until it has ended.
  // Fails with a sentence when there can be no socket in the folder.
  static absl::StatusOr<std::unique_ptr<BackupSocket>> Start(
      const std::string& data_dir, RunOnWriter run_on_writer,
      const Clock& clock);
  // The same; a server without the socket serves all the same, so a failure is
  // a line of the log, and null.
  static std::unique_ptr<BackupSocket> StartOrWarn(const std::string& data_dir,
                                                   RunOnWriter run_on_writer,
                                                   const Clock& clock);
  // Gives up the copy that is being made.
  ~BackupSocket();
  BackupSocket(const BackupSocket&) = delete;
  BackupSocket& operator=(const BackupSocket&) = delete;

 private:
  BackupSocket(ListeningSockets listening, RunOnWriter run_on_writer,
               const Clock& clock, UniqueFd stop);
  void Run();
  // An asker that waits; nothing when none does.
  UniqueFd Accept() const;
  void Serve(LineSocket asker);
  absl::StatusOr<absl::Time> Copy(const std::string& folder, LineSocket& asker);

  const ListeningSockets listening_;
  const RunOnWriter run_on_writer_;
  const Clock& clock_;
  // Readable when it is time to end.
  const UniqueFd stop_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Asks the server that uses the folder for a copy in `to`, which is an absolute
// path as that server sees it. `told` hears how many percent are copied.
// Returns the time up to which everything is in the copy; FAILED_PRECONDITION
// with a sentence when there is none.
absl::StatusOr<absl::Time> AskForCopy(const std::string& data_dir,
                                      const std::string& to,
                                      absl::FunctionRef<void(int)> told);

}  // namespace linktor
