// The only way to write. A record is durable and applied when its callback is
// called with its answer.

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

namespace linktor {

// How an append ended.
struct Ending {
  enum class Kind : std::int8_t {
    // The record is durable and applied; `answer` says what came of it.
    kApplied,
    // It is certainly not stored; `status` says why: RESOURCE_EXHAUSTED
    // (OVERLOADED, DISK_FULL), UNAVAILABLE (DRAINING, STORE_FAILED before it
    // was
    // tried) or INTERNAL (INTERNAL_FAULT: it cannot be applied).
    kRefused,
    // Nobody can know yet whether it is stored: UNAVAILABLE (STORE_FAILED).
    kUnknown,
  };
  Kind kind = Kind::kRefused;
  Answer answer;
  absl::Status status;

  static Ending Applied(Answer answer) {
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

// The answer of an ending of a known kind, or its status.
template <typename T>
absl::StatusOr<T> AnswerAs(Ending ending) {
  if (!ending.applied()) return std::move(ending.status);
  return std::get<T>(std::move(ending.answer));
}

// A record with what rides beside it.
struct Appended {
  journal::Record record;
  ClearEvents clear;
};

// The seam behind which another engine can stand.
class Journal {
 public:
  using Callback = absl::AnyInvocable<void(Ending)>;

  virtual ~Journal() = default;
  // Thread-safe. The caller fills in time and body; the journal fills in the
  // rest of the record. Records of one thread are applied in the order in which
  // they were appended. `done` is called once, on the applying thread, after
  // the views were told, or, when the record is refused at once, on this one;
  // it must not block, or append and wait.
  virtual void Append(Appended appended, Callback done) = 0;
  void Append(journal::Record record, Callback done) {
    Append(Appended{.record = std::move(record), .clear = {}}, std::move(done));
  }
};

// Appends and waits. It must not be called from the applying thread.
Ending AppendAndWait(Journal& journal, journal::Record record);

template <typename T>
absl::StatusOr<T> AppendAs(Journal& journal, journal::Record record) {
  return AnswerAs<T>(AppendAndWait(journal, std::move(record)));
}

// Returns an empty record of that time.
journal::Record NewRecord(std::int64_t time_ms);

// ---- Sealing and appending --------------------------------------------------

// Appends the keys, unless there are none, and when they are durable the record
// whose bytes they have sealed. When the keys are not applied that is the end
// of both: nothing was done with the record.
void AppendSealed(Journal& journal, NewKeys keys, Appended appended,
                  Journal::Callback done);
// The same, and waits.
Ending AppendSealedAndWait(Journal& journal, NewKeys keys,
                           journal::Record record);

template <typename T>
absl::StatusOr<T> AppendSealedAs(Journal& journal, NewKeys keys,
                                 journal::Record record) {
  return AnswerAs<T>(
      AppendSealedAndWait(journal, std::move(keys), std::move(record)));
}

}  // namespace linktor
