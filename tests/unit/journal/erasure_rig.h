// What the tests of erasures share: the sealed bytes that are to be gone, and a
// journal that carries erasures out.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "google/protobuf/message.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/journal/erasure_worker.h"
#include "tests/fakes/fake_clock.h"

namespace linktor::journal {

// Keeps everything that was sealed, and finds parts of it in files.
class SealedCopies {
 public:
  // So many bytes in a row of what was erased are something of it.
  static constexpr std::size_t kWindow = 24;

  // Adds what is sealed or wrapped anywhere in a message.
  void Add(const google::protobuf::Message& message);
  // The files of the folder that hold something of it, with the place.
  std::vector<std::string> In(const std::string& folder) const;

 private:
  std::unordered_set<std::string, StringHash, std::equal_to<>> windows_;
};

// A journal with its worker, on a folder that it opens.
class ErasingJournal {
 public:
  explicit ErasingJournal(const std::string& path);
  ~ErasingJournal();

  DataFolder& folder() { return *folder_; }
  // Appends the record and returns how that ended; it must be applied.
  Ending Append(const journal::Record& record);
  // Waits until nothing is due and no row is to be cleaned; fails the test when
  // that is too long.
  void AwaitErased();

 private:
  bool IsErased();

  FakeClock clock_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<EmbeddedJournal> journal_;
  std::unique_ptr<ErasureWorker> worker_;
  Mutex mutex_;
  CondVar changed_;
};

}  // namespace linktor::journal
