// The engines that the conformance suite is run with. A new one joins by giving
// an EngineUnderTest to AllEngines and, when several of it can follow one log,
// a LogUnderTest to AllLogs.

#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/journal/data_folder.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/state/recent_rows.h"

namespace linktor::journal {

struct EngineOptions {
  // They say when rows go from memory to their tables.
  state::RunSizes runs;
};

// A data folder, and a journal that is open or not.
class Engine {
 public:
  virtual ~Engine() = default;

  // Opens the folder, which is empty the first time, and begins an incarnation.
  // `view` follows the feed from that on; it may be null.
  virtual absl::Status Open(Feed::View view) = 0;
  // Records that are not applied stay in the log, if there is one.
  virtual void Close() = 0;
  virtual Journal& journal() = 0;
  virtual DataFolder& folder() = 0;

  // Between the two nothing is applied; what was appended is then one batch.
  virtual void Hold() = 0;
  virtual void Release() = 0;
  // Why nothing is applied any more; OK while it is.
  virtual absl::Status stopped() = 0;
};

class EngineUnderTest : public Engine {
 public:
  // Later appends are refused, while the folder stays open.
  virtual void Stop() = 0;
  // Runs SQL in the closed database, and in every other one of the same log.
  virtual void ExecuteClosed(const std::string& sql) = 0;
  // Fails the test when something else than this state is not as it should be.
  // Called at the end of each test, while it is closed.
  virtual void CheckClosed() {}
};

struct EngineKind {
  std::string name;
  std::function<std::unique_ptr<EngineUnderTest>(const EngineOptions&)> make;
};
inline void PrintTo(const EngineKind& kind, std::ostream* out) {
  *out << kind.name;
}
std::vector<EngineKind> AllEngines();

// One log that several instances append to and apply, each with a state of its
// own.
class LogUnderTest {
 public:
  class Instance : public Engine {
   public:
    // Returns when everything in the log is applied.
    virtual void Follow() = 0;
    virtual std::string database_path() const = 0;
  };

  virtual ~LogUnderTest() = default;
  // The log must outlive it.
  virtual std::unique_ptr<Instance> Add(const EngineOptions& options) = 0;
  // Appends what another program has written.
  virtual void AppendBytes(std::string record) = 0;
  // The records so far, as bytes.
  virtual std::vector<std::string> Records() = 0;
};

struct LogKind {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
};
inline void PrintTo(const LogKind& kind, std::ostream* out) {
  *out << kind.name;
}
std::vector<LogKind> AllLogs();

}  // namespace linktor::journal
