// The journal is the only way to change the state of the server. A caller
// appends a record. When the journal calls the caller's callback with kApplied,
// the record is on the disk, and the tables have its effects. Every part of the
// server that changes the state appends records here, on any thread.
//
// The server has one engine (implementation) of the journal: EmbeddedJournal.
// The tests have other engines, and one set of tests (tests/unit/journal)
// checks all of them.

#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/state/effects.h"

namespace linktor::journal {

// An Ending says how an append ended. The three kinds are different promises to
// the caller of the API, so code must keep them apart. After kRefused the
// caller may repeat the request, because nothing was stored. After kUnknown the
// record may be stored already.
struct Ending {
  enum class Kind : std::int8_t {
    // The record is on the disk and applied. `answer` is the result that Apply
    // gives to the appender (state/effects.h).
    kApplied,
    // The record is certainly not stored, and `status` says why:
    // - It is RESOURCE_EXHAUSTED with the reason OVERLOADED or DISK_FULL.
    // - It is UNAVAILABLE with DRAINING, or with STORE_FAILED when the disk
    //   failed before the journal tried to store the record.
    // - It is INTERNAL with INTERNAL_FAULT when the record cannot be applied.
    kRefused,
    // Nobody can know yet whether the record is stored, because the disk failed
    // during the commit. `status` is UNAVAILABLE with STORE_FAILED. When the
    // server has started again, its tables show whether the record is stored.
    kUnknown,
  };
  Kind kind = Kind::kRefused;
  // It is set only with kApplied.
  state::Answer answer;
  // It is an error with kRefused and kUnknown, and it is OK with kApplied.
  absl::Status status;

  static Ending Applied(state::Answer answer) {
    return {.kind = Kind::kApplied, .answer = std::move(answer)};
  }
  static Ending Refused(absl::Status why) {
    return {.kind = Kind::kRefused, .status = std::move(why)};
  }
  static Ending Unknown(absl::Status why) {
    return {.kind = Kind::kUnknown, .status = std::move(why)};
  }
  bool applied() const { return kind == Kind::kApplied; }
};

// Returns the answer of an applied record. The answer must be of type T: each
// kind of record has one type of answer (state/effects.h). If the record was
// not applied, the function returns the status of the ending. After a status
// with STORE_FAILED the caller cannot tell whether the ending was kRefused or
// kUnknown. Every other error means kRefused.
template <typename T>
absl::StatusOr<T> AnswerAs(Ending ending) {
  if (!ending.applied()) return std::move(ending.status);
  return std::get<T>(std::move(ending.answer));
}

// An Appended is a record together with the events in the clear (not encrypted)
// that belong to it. The live ring (events/live_ring.h) takes these events, so
// it need not decrypt bytes that this process encrypted a moment before. The
// journal never stores these events in the clear, and Apply makes the same rows
// without them.
struct Appended {
  journal::Record record;
  state::ClearEvents clear;
};

// Journal is an interface, so that another engine can take the place of
// EmbeddedJournal. For example, that engine could replicate the records to
// other machines.
class Journal {
 public:
  using Callback = absl::AnyInvocable<void(Ending)>;

  virtual ~Journal() = default;
  // Appends one record. Any thread may call it, and it does not wait for the
  // disk. The caller fills in the time and the body of the record. The journal
  // fills in the record's format, instance, incarnation and number
  // (record.proto). The journal applies the records of one thread in the order
  // in which that thread appended them.
  //
  // The journal calls `done` exactly once. When it refuses the record at once,
  // it calls `done` on the calling thread. Otherwise it calls `done` on the
  // applying thread, which is the one thread that applies records. If the
  // record was applied, the journal tells the views (feed.h) before it calls
  // `done`. `done` must not be empty, and it must not block. It may append a
  // record, but it must not wait for the end of that append, because the
  // applying thread would then wait for itself.
  virtual void Append(Appended appended, Callback done) = 0;
  // Appends a record without events in the clear.
  void Append(journal::Record record, Callback done) {
    Append(Appended{.record = std::move(record), .clear = {}}, std::move(done));
  }
};

// Appends a record and blocks until the append has ended. That takes one
// commit, or longer while the disk is slow. The applying thread must not call
// it, because that thread would wait for itself. Threads that must not block
// must not call it either, such as the threads of gRPC and of the HTTP
// listener.
Ending AppendAndWait(Journal& journal, journal::Record record);

// Appends a record and blocks as AppendAndWait does, and returns the answer as
// AnswerAs does.
template <typename T>
absl::StatusOr<T> AppendAs(Journal& journal, journal::Record record) {
  return AnswerAs<T>(AppendAndWait(journal, std::move(record)));
}

// Returns a record without a body. Its time is `time_ms`: milliseconds since
// the epoch by the clock of the process that appends the record.
journal::Record NewRecord(std::int64_t time_ms);

// ---- Sealing and appending --------------------------------------------------

// Appends the data keys first, in a record of their own. When that record is
// applied, it appends `appended`, which has bytes that were sealed (encrypted)
// under these keys (seal/sealer.h). The order matters: if sealed bytes were on
// the disk and their key were not, nobody could ever open them. When there are
// no keys, it only appends `appended`. When the record with the keys is not
// applied, it does not append `appended`, and `done` gets the ending of that
// record. `journal` must live until `done` has been called.
void AppendSealed(Journal& journal, seal::NewKeys keys, Appended appended,
                  Journal::Callback done);
// Appends as AppendSealed does, and blocks until both records have ended. A
// thread that must not call AppendAndWait must not call this function either.
Ending AppendSealedAndWait(Journal& journal, seal::NewKeys keys,
                           Appended appended);
inline Ending AppendSealedAndWait(Journal& journal, seal::NewKeys keys,
                                  journal::Record record) {
  return AppendSealedAndWait(
      journal, std::move(keys),
      Appended{.record = std::move(record), .clear = {}});
}

// Appends and blocks as AppendSealedAndWait does, and returns the answer as
// AnswerAs does.
template <typename T>
absl::StatusOr<T> AppendSealedAs(Journal& journal, seal::NewKeys keys,
                                 Appended appended) {
  return AnswerAs<T>(
      AppendSealedAndWait(journal, std::move(keys), std::move(appended)));
}
template <typename T>
absl::StatusOr<T> AppendSealedAs(Journal& journal, seal::NewKeys keys,
                                 journal::Record record) {
  return AppendSealedAs<T>(journal, std::move(keys),
                           Appended{.record = std::move(record), .clear = {}});
}

}  // namespace linktor::journal
