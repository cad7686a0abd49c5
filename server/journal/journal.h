// The journal is the only way to change the state. A caller appends a record;
// when its callback is called with kApplied, the record is on the disk and its
// effects are in the tables. Every part of the server that changes something
// appends here, from any thread. The one engine of production is
// EmbeddedJournal; tests have others, and one conformance suite
// (tests/unit/journal) holds for all.

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
// the caller of the API, so no two of them may be mixed up: after kRefused the
// same request may be repeated, after kUnknown it may have been done.
struct Ending {
  enum class Kind : std::int8_t {
    // The record is durable and applied; `answer` says what came of it.
    kApplied,
    // The record is certainly not stored, and `status` says why:
    // RESOURCE_EXHAUSTED (OVERLOADED, DISK_FULL), UNAVAILABLE (DRAINING, or
    // STORE_FAILED when the disk failed before the record was tried) or
    // INTERNAL (INTERNAL_FAULT: the record cannot be applied).
    kRefused,
    // Nobody can know yet whether the record is stored, because the disk failed
    // during the commit. `status` is UNAVAILABLE (STORE_FAILED); the next start
    // shows which it was.
    kUnknown,
  };
  Kind kind = Kind::kRefused;
  // It is set with kApplied alone.
  state::Answer answer;
  // It is never OK with kRefused and kUnknown, and is not set with kApplied.
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

// Returns the answer of an applied record, which must be of type T: each kind
// of record has one type of answer (state/effects.h). Otherwise it returns the
// status of the ending; the caller cannot tell kRefused from kUnknown by more
// than the reason STORE_FAILED.
template <typename T>
absl::StatusOr<T> AnswerAs(Ending ending) {
  if (!ending.applied()) return std::move(ending.status);
  return std::get<T>(std::move(ending.answer));
}

// An Appended is a record together with the events in the clear that belong to
// it. They save the live ring from opening again what was just sealed; they are
// never stored, and Apply makes the same rows without them.
struct Appended {
  journal::Record record;
  state::ClearEvents clear;
};

// Journal is an interface because a second engine, which replicates its log,
// may stand behind it.
class Journal {
 public:
  using Callback = absl::AnyInvocable<void(Ending)>;

  virtual ~Journal() = default;
  // Appends one record; it may be called from any thread and does not wait for
  // the disk. The caller fills in time and body, and the journal fills in
  // format, instance, incarnation and number. Records of one thread are applied
  // in the order in which they were appended.
  //
  // `done` is called exactly once. It is called on the applying thread after
  // the views were told, or on the calling thread when the record is refused at
  // once. It must not block, and must not append and wait: the applying thread
  // would wait for itself. It must not be empty.
  virtual void Append(Appended appended, Callback done) = 0;
  // Appends a record that has no events in the clear.
  void Append(journal::Record record, Callback done) {
    Append(Appended{.record = std::move(record), .clear = {}}, std::move(done));
  }
};

// Appends a record and blocks until it has ended: for one commit, or longer
// while the disk is slow. It must not be called from the applying thread, which
// would wait for itself, or from a thread that must not block (gRPC's, the
// listener's).
Ending AppendAndWait(Journal& journal, journal::Record record);

// Does the same and returns the answer, as AnswerAs does.
template <typename T>
absl::StatusOr<T> AppendAs(Journal& journal, journal::Record record) {
  return AnswerAs<T>(AppendAndWait(journal, std::move(record)));
}

// Returns a record with no body, whose time is `time_ms`: milliseconds since
// the epoch by the appender's own clock.
journal::Record NewRecord(std::int64_t time_ms);

// ---- Sealing and appending --------------------------------------------------

// Appends first the keys, in a record of their own, and then the record whose
// bytes they have sealed. The order is the point: a sealed byte on the disk
// whose key is not there could never be opened. Without keys it only appends
// the record. When the keys are not applied, `done` gets their ending and the
// record is not appended at all. `journal` must live until `done` was called.
void AppendSealed(Journal& journal, seal::NewKeys keys, Appended appended,
                  Journal::Callback done);
// Does the same and blocks for both commits. The rules of AppendAndWait hold.
Ending AppendSealedAndWait(Journal& journal, seal::NewKeys keys,
                           Appended appended);
inline Ending AppendSealedAndWait(Journal& journal, seal::NewKeys keys,
                                  journal::Record record) {
  return AppendSealedAndWait(
      journal, std::move(keys),
      Appended{.record = std::move(record), .clear = {}});
}

// Does the same and returns the answer, as AnswerAs does.
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
