// This is how the command "linktor-igd backup" asks a running server for a copy
// of its database. The server listens on a Unix socket in the data folder, and
// only the server's own user may connect to it. The program that asks for a
// backup (the asker) and the server exchange lines of text:
//
//   backup 1 /absolute/path/of/an/empty/folder     the asker asks for a copy in
//                                                  this folder
//   copying 37                                     37 percent are copied; the
//                                                  server sends many such lines
//   copied 1795867200123                           the copy is ready, and has
//                                                  everything up to this time,
//                                                  in ms since the epoch
//   failed why                                     there is no copy; a sentence
//                                                  says why
//
// After "copied" the asker makes a backup from the copy (see journal/backup.h).
// When the asker disconnects while the server is copying, the server removes
// the copy. The number 1 is the version of this exchange. A server answers
// every other version with "failed" and a sentence.

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

// Returns the path of the socket through which a program can ask the server
// that uses this data folder.
std::string BackupSocketOf(const std::string& data_dir);

// A BackupSocket is the server's side of the exchange. The App owns one
// BackupSocket, whose thread serves one asker at a time.
class BackupSocket {
 public:
  // Listens from now on. While a copy is being made, every other asker gets the
  // answer "failed". `clock` must outlive this object. `run_on_writer` runs the
  // steps of a copy on the journal's writer thread (see journal/backup.h), so
  // this thread must run until this object is destroyed. Fails with a sentence
  // when no socket can be made in the data folder, for example because its path
  // is too long.
  static absl::StatusOr<std::unique_ptr<BackupSocket>> Start(
      const std::string& data_dir, journal::RunOnWriter run_on_writer,
      const Clock& clock);
  // Calls Start. When Start fails, it logs a warning and returns null, because
  // a server can also serve without this socket.
  static std::unique_ptr<BackupSocket> StartOrWarn(
      const std::string& data_dir, journal::RunOnWriter run_on_writer,
      const Clock& clock);
  // Stops the copy that is being made, if any, and waits for the thread. The
  // wait lasts for one step of the copy. When an asker has connected but sends
  // nothing, the wait lasts for at most 5 s.
  ~BackupSocket();
  BackupSocket(const BackupSocket&) = delete;
  BackupSocket& operator=(const BackupSocket&) = delete;

 private:
  // Starts the thread.
  BackupSocket(rpc::ListeningSockets listening,
               journal::RunOnWriter run_on_writer, const Clock& clock,
               UniqueFd stop);
  // This is the thread's function. It waits for askers and serves one after
  // another, until stop_ is readable.
  void Run();
  // Returns the connection of an asker that has connected and was not accepted
  // yet. When there is none, the result is an invalid descriptor.
  UniqueFd Accept() const;
  // Serves one asker until the exchange has ended. It closes the connection
  // when the asker sends nothing for 5 s. It answers "failed" when the asker's
  // line is not a "backup" line as the top of this file shows it.
  void Serve(LineSocket asker);
  // Copies the database into `folder`, and tells `asker` how many percent are
  // copied. Returns the time up to which the copy is complete. Fails with
  // CANCELLED when the asker has disconnected or this object is being
  // destroyed. Otherwise it fails as CopyForBackup does.
  absl::StatusOr<absl::Time> Copy(const std::string& folder, LineSocket& asker);

  const rpc::ListeningSockets listening_;
  const journal::RunOnWriter run_on_writer_;
  const Clock& clock_;
  // This descriptor becomes readable when the thread must end.
  const UniqueFd stop_;
  // It becomes true just before stop_ becomes readable. The copying code reads
  // this flag between its steps, because it does not wait on descriptors.
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Asks the server that uses the folder `data_dir` for a copy in the folder
// `to`, and blocks until the copy is made. `to` must be an absolute path in the
// file system that the server sees. The function calls `told` with the
// percentage that is copied, each time the server reports it. Returns the time
// up to which the copy is complete. Fails with FAILED_PRECONDITION and a
// sentence when the server cannot be asked or makes no copy.
absl::StatusOr<absl::Time> AskForCopy(const std::string& data_dir,
                                      const std::string& to,
                                      absl::FunctionRef<void(int)> told);

}  // namespace linktor::app
