#include "server/store/checkpointer.h"

#include <sqlite3.h>

#include <string>
#include <utility>

#include "server/base/log.h"
#include "server/base/try.h"

namespace linktor {
namespace {

// As far as that goes without waiting for anybody. Returns how many pages of
// the log are in the database now.
int Copy(sqlite3* database) {
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      database, nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
  if (code == SQLITE_OK) return copied;
  if ((code & 0xFF) != SQLITE_BUSY) {
    // Nothing is lost: it is all in the log.
    Log(LogLevel::kError, "checkpoint failed",
        {{"error", sqlite3_errmsg(database)}});
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpointer>> Checkpointer::Start(
    const std::string& path, const Options& options) {
  LINKTOR_ASSIGN(std::unique_ptr<Database> database,
                 Database::Open(path, Database::Mode::kReadWrite));
  return std::unique_ptr<Checkpointer>(
      new Checkpointer(std::move(database), options));
}

Checkpointer::Checkpointer(std::unique_ptr<Database> database,
                           const Options& options)
    : options_(options),
      database_(std::move(database)),
      begin_at_(options.begin),
      thread_([this] { Run(); }) {}

Checkpointer::~Checkpointer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.Signal();
  thread_.join();
}

void Checkpointer::Follow(Database& writer) {
  sqlite3_wal_hook(
      writer.handle(),
      [](void* self, sqlite3* database, const char*, int pages) {
        static_cast<Checkpointer*>(self)->OnCommit(database, pages);
        return SQLITE_OK;
      },
      this);
}

void Checkpointer::OnCommit(sqlite3* writer, int pages) {
  if (pages < last_pages_) begin_at_ = options_.begin;
  last_pages_ = pages;
  bool tail = false;
  bool begin = false;
  {
    MutexLock lock(mutex_);
    if (state_ == State::kCopied) {
      state_ = State::kResting;
      tail = pages - copied_ <= options_.tail;
    }
    begin = !tail && state_ == State::kResting && pages >= begin_at_;
    if (begin) state_ = State::kCopying;
  }
  if (tail) (void)Copy(writer);
  // Not at once again, if there was more, a reader was in the way, or the disk
  // is full.
  if (tail || begin) begin_at_ = pages + options_.step;
  if (begin) wake_.Signal();
}

void Checkpointer::Run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (state_ != State::kCopying && !stopping_) wake_.Wait(mutex_);
      if (stopping_) return;
    }
    const int copied = Copy(database_->handle());
    MutexLock lock(mutex_);
    copied_ = copied;
    state_ = State::kCopied;
  }
}

}  // namespace linktor
