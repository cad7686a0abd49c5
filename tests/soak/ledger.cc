#include "tests/soak/ledger.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/strings.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

// More would hide the first, which say most.
constexpr std::size_t kMaxNotes = 20;
constexpr std::uint8_t kMaxTimes = 255;

// Where a cursor has its sequence, big-endian.
constexpr std::size_t kSequenceAt = 13;
constexpr std::size_t kSequenceEnd = kSequenceAt + 8;

// The mid that an event tells, wherever it does.
std::string MidIn(const v1::Event& event) {
  if (event.has_postback()) return event.postback().mid();
  if (event.has_reaction()) return event.reaction().mid();
  if (event.has_message_read()) return event.message_read().mid();
  return MessageOf(event).mid();
}

}  // namespace

std::int64_t SequenceOf(const std::string& cursor) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(cursor, &bytes) ||
      bytes.size() < kSequenceEnd) {
    return -1;
  }
  std::int64_t sequence = 0;
  for (std::size_t i = kSequenceAt; i < kSequenceEnd; ++i) {
    sequence = sequence << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return sequence;
}

void Ledger::Take(const v1::Event& event) {
  ++events_;
  const std::int64_t sequence = SequenceOf(event.cursor());
  if (sequence <= last_sequence_) {
    Wrong(event, absl::StrCat("comes after sequence ", last_sequence_));
  }
  last_sequence_ = sequence;
  const auto number = catalogue_.NumberAt(
      google::protobuf::util::TimeUtil::TimestampToMilliseconds(
          event.event_time()));
  if (!number.has_value() || catalogue_.EventTypeOf(*number).empty()) {
    return Wrong(event, "is of nothing that makes an event");
  }
  order_hash_ =
      Mix(order_hash_ ^ *number, static_cast<std::uint64_t>(sequence));
  CheckContent(event, *number);
  if (times_[*number] < kMaxTimes) ++times_[*number];
}

void Ledger::CheckContent(const v1::Event& event, std::uint32_t number) {
  if (event.type() != catalogue_.EventTypeOf(number)) {
    return Wrong(event, absl::StrCat("is of ", catalogue_.NameOf(number)));
  }
  if (event.user_id() != catalogue_.UserOf(number)) {
    return Wrong(event, absl::StrCat("is of ", catalogue_.NameOf(number)));
  }
  const std::string mid = catalogue_.MidOf(number);
  const bool told = event.has_unknown()
                        ? event.raw_json().find(mid) != std::string::npos
                        : MidIn(event) == mid;
  if (!told) {
    Wrong(event,
          absl::StrCat("should tell the mid of ", catalogue_.NameOf(number)));
  }
}

void Ledger::Wrong(const v1::Event& event, std::string_view why) {
  ++wrong_;
  if (notes_.size() >= kMaxNotes) return;
  notes_.push_back(absl::StrCat("event ", event.id(), " (", event.type(),
                                ", user ", event.user_id(), ", mid ",
                                MidIn(event), ", sequence ",
                                SequenceOf(event.cursor()), ") ", ToAbsl(why)));
}

Ledger::Verdict Ledger::Judge() const {
  Verdict verdict{.wrong = wrong_, .report = {}};
  std::vector<std::string> notes = notes_;
  const auto note = [&](std::uint32_t number, absl::string_view what) {
    if (notes.size() >= 2 * kMaxNotes) return;
    notes.push_back(absl::StrCat(catalogue_.NameOf(number), " ", what));
  };
  for (std::uint32_t number = 0; number < catalogue_.size(); ++number) {
    if (catalogue_.EventTypeOf(number).empty()) continue;
    const unsigned times = times_[number];
    if (times == 0) {
      ++verdict.missing;
      note(number, "is missing");
    } else if (times > 1) {
      verdict.duplicates += times - 1;
      note(number, absl::StrCat("came ", times, " times"));
    }
  }
  verdict.report = absl::StrJoin(notes, "\n");
  return verdict;
}

}  // namespace linktor::testing
