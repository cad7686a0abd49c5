#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/envelope_oracle.h"
#include "tests/fuzz/json_slices.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_checks.h"
#include "tests/fuzz/webhook_rig.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"

namespace linktor::fuzz {
namespace {

// An event has to fit into a response of 4 MiB with others: 256 KiB of what
// people wrote, and what this server adds.
constexpr std::size_t kMaxEvent = 300'000;
constexpr std::size_t kMaxKind = 64;
constexpr std::size_t kMaxId = 128;
constexpr std::size_t kMaxMid = 1024;
// What this server says itself is short.
constexpr std::size_t kMaxSentence = 256;
// The year 10000, where timestamps end.
constexpr std::int64_t kEndOfTimeMs = 253'402'300'800'000;

// One input in so many is also made larger than the limits, which inputs of
// this size never reach: those of a mid, of an attachment's payload, of an
// event; and one gets more items than come out one by one.
constexpr std::size_t kInflateOneIn = 16;
constexpr std::size_t kInflations[] = {1100, 70'000, 540'000};

Violation CheckItem(std::string_view body, const kinds::ParsedItem& item) {
  if (item.raw.data() < body.data() ||
      item.raw.data() + item.raw.size() > body.data() + body.size()) {
    return "an item is not within the body";
  }
  for (const std::string* text : {&item.entry_id, &item.user_id, &item.kind,
                                  &item.problem, &item.json_path}) {
    if (TypeOf(item) != ItemType::kIssue && !IsUtf8(*text)) {
      return "an item has text that is not UTF-8";
    }
  }
  if (item.entry_id.size() > kMaxId || item.user_id.size() > kMaxId ||
      item.kind.size() > kMaxKind || kinds::MidOf(item).size() > kMaxMid ||
      item.problem.size() > kMaxSentence ||
      item.json_path.size() > kMaxSentence) {
    return "an item has too long a name";
  }
  if (item.event_ms < 0 || item.event_ms >= kEndOfTimeMs) {
    return "an item is of no time";
  }
  const bool named = !kinds::MidOf(item).empty();
  if (named && (TypeOf(item) == ItemType::kUnknown ||
                TypeOf(item) == ItemType::kIssue)) {
    return "an item that was not understood has a mid";
  }
  if (!named && TypeOf(item) != ItemType::kIssue &&
      item.content_hash.size() != sizeof(Digest)) {
    return "an item has neither mid nor hash, and would be a duplicate";
  }
  return std::nullopt;
}

// What is unknown beyond the limit comes out together: `issue` stands for the
// next of `expected`, which are taken off.
Violation CheckFolded(const kinds::ParsedItem& issue,
                      std::span<const ExpectedItem>& expected) {
  if (issue.count < 1 ||
      static_cast<std::size_t>(issue.count) > expected.size()) {
    return "more is kept together than there is";
  }
  const auto together = expected.first(static_cast<std::size_t>(issue.count));
  expected = expected.subspan(together.size());
  const char* begin = together.front().raw.data();
  const char* end = begin;
  for (const ExpectedItem& one : together) {
    begin = std::min(begin, one.raw.data());
    end = std::max(end, one.raw.data() + one.raw.size());
  }
  const std::string_view raw = TrimJson(issue.raw);
  return raw.data() == begin && raw.data() + raw.size() == end
             ? Violation()
             : "what is kept together is not the text from first to last";
}

Violation CheckExpected(const kinds::ParsedItem& item,
                        const ExpectedItem& wanted) {
  // simdjson counts the white space behind an object as part of it.
  const std::string_view raw = TrimJson(item.raw);
  if (raw.data() != wanted.raw.data() || raw.size() != wanted.raw.size()) {
    return "not the text expected";
  }
  if (item.form != wanted.form) return "in another form of the envelope";
  if ((TypeOf(item) == ItemType::kIssue) != wanted.issue) {
    return wanted.issue ? "should be an issue" : "should not be an issue";
  }
  return item.count == 1 ? Violation() : "stands for more than one";
}

// The items are those that the oracle finds, no more and no fewer.
Violation CheckItems(std::string_view body,
                     const std::vector<kinds::ParsedItem>& items) {
  if (items.empty()) return "nothing came out";
  for (const kinds::ParsedItem& item : items) {
    if (Violation bad = CheckItem(body, item)) return bad;
  }
  const auto all = ExpectedItems(body);
  if (!all.has_value()) return std::nullopt;
  std::span<const ExpectedItem> expected = *all;
  int unknown = 0;
  for (const kinds::ParsedItem& item : items) {
    const std::string number = absl::StrCat("item ", &item - items.data());
    if (expected.empty()) return number + " is one too many";
    const bool folded = TypeOf(item) == ItemType::kIssue &&
                        item.form == kinds::EnvelopeForm::kBody &&
                        unknown >= webhook::kMaxUnknownItems;
    Violation bad;
    if (folded) {
      bad = CheckFolded(item, expected);
    } else {
      bad = CheckExpected(item, expected.front());
      expected = expected.subspan(1);
    }
    if (bad) return absl::StrCat(number, ": ", *bad);
    if (TypeOf(item) == ItemType::kIssue ||
        TypeOf(item) == ItemType::kUnknown) {
      ++unknown;
    }
  }
  if (!expected.empty()) {
    return absl::StrCat(expected.size(), " items did not come out");
  }
  return std::nullopt;
}

Violation CheckEvent(WebhookRig& rig, const kinds::ParsedItem& parsed,
                     const journal::WebhookItem& item,
                     const std::string* clear) {
  if (clear == nullptr) return "an event was not encoded";
  if (clear->size() > kMaxEvent) return "an event is too large";
  const auto opened = rig.OpenSealed(item.event());
  if (!opened.ok() || *opened != *clear) return "another event was sealed";
  v1::Event event;
  if (!event.ParseFromString(*clear)) return "an event cannot be read again";
  if (Violation bad = CheckBinary(event)) return "of an event: " + *bad;
  if (Violation bad = CheckJson(event)) return "of an event: " + *bad;
  if (event.type() != std::string(parsed.row->type)) {
    return "an event has another type than its item";
  }
  if (event.payload_case() == v1::Event::PAYLOAD_NOT_SET) {
    return "an event says nothing";
  }
  const bool unknown = TypeOf(parsed) == ItemType::kUnknown;
  if (event.has_unknown() != unknown) return "an event has another's payload";
  if (unknown && event.raw_json() != parsed.raw &&
      event.raw_size() != static_cast<std::int64_t>(parsed.raw.size())) {
    return "an unknown event does not say what came";
  }
  // A mid that several items name does not tell them apart.
  const bool by_mid = !item.mid().empty() && !parsed.row->repeats_mid;
  if (by_mid == !item.dedupe_key().empty() && !event.test()) {
    return "an event has no identity, or two";
  }
  return std::nullopt;
}

Violation CheckKept(WebhookRig& rig, const webhook::Delivery& delivery,
                    int position, const kinds::ParsedItem& parsed) {
  const journal::Webhook& webhook = delivery.appended.record.webhook();
  const journal::WebhookItem& item = webhook.items(position);
  if (item.fate() == journal::ITEM_FATE_IGNORED) {
    return TypeOf(parsed) == ItemType::kWaits
               ? Violation()
               : "an item was ignored that says something";
  }
  const auto kept = rig.OpenRaw(webhook, position);
  if (!kept.ok() || *kept != parsed.raw) return "what was received is not kept";
  if (item.fate() == journal::ITEM_FATE_ISSUE) {
    return item.issue().empty() ? "an issue says nothing" : Violation();
  }
  if (item.fate() == journal::ITEM_FATE_WAITS) {
    return TypeOf(parsed) == ItemType::kWaits && !item.mid_key().empty()
               ? Violation()
               : "an item waits for no message";
  }
  const auto index = static_cast<std::size_t>(position);
  return CheckEvent(rig, parsed, item, delivery.appended.clear[index].get());
}

Violation CheckBody(const std::string& text) {
  static WebhookRig rig;
  const PaddedBody padded(text);
  const std::string_view body = padded.view();
  const std::vector<kinds::ParsedItem> items = ParseAll(body);
  if (Violation bad = CheckItems(body, items)) return bad;
  const auto delivery = rig.Ingest(body);
  if (!delivery.ok()) return "the body cannot be recorded";
  const journal::Webhook& webhook = delivery->appended.record.webhook();
  if (static_cast<std::size_t>(webhook.items_size()) != items.size()) {
    return "items were lost before the journal";
  }
  if (delivery->appended.clear.size() != items.size()) {
    return "the events in the clear are not one for each item";
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (Violation bad =
            CheckKept(rig, *delivery, static_cast<int>(i), items[i])) {
      return bad;
    }
  }
  return std::nullopt;
}

// With one of the texts that are values longer, if there is any.
std::string Inflate(std::string body, std::size_t choice) {
  constexpr std::string_view kTextBegins = ":\"";
  std::vector<std::size_t> texts;
  for (std::size_t at = body.find(kTextBegins); at != std::string::npos;
       at = body.find(kTextBegins, at + 1)) {
    texts.push_back(at + kTextBegins.size());
  }
  if (texts.empty()) return body;
  const std::size_t size = kInflations[choice % std::size(kInflations)];
  choice /= std::size(kInflations);
  body.insert(texts[choice % texts.size()], size, '1');
  return body;
}

// With as many entries that are not understood before the others as come out
// one by one.
std::string Crowd(std::string body) {
  constexpr std::string_view kEntriesBegin = "\"entry\":[";
  const std::size_t at = body.find(kEntriesBegin);
  if (at == std::string::npos) return body;
  std::string crowd;
  for (int i = 0; i < webhook::kMaxUnknownItems; ++i) crowd += "7,";
  body.insert(at + kEntriesBegin.size(), crowd);
  return body;
}

bool Understood(const kinds::ParsedItem& item) {
  return TypeOf(item) != ItemType::kUnknown && TypeOf(item) != ItemType::kIssue;
}

// What is understood does not depend on what comes before it.
Violation CheckCrowd(const std::string& body) {
  const std::string crowd = Crowd(body);
  const PaddedBody alone(body);
  const PaddedBody crowded(crowd);
  if (std::ranges::count_if(ParseAll(alone.view()), Understood) !=
      std::ranges::count_if(ParseAll(crowded.view()), Understood)) {
    return "a crowd before them changes what is understood";
  }
  return CheckBody(crowd);
}

}  // namespace

Violation CheckWebhook(std::string_view input) {
  if (Violation bad = CheckBody(std::string(input))) return bad;
  const std::size_t hash = std::hash<std::string_view>()(input);
  const std::size_t choice = hash / kInflateOneIn;
  switch (hash % kInflateOneIn) {
    case 0:
      return CheckBody(Inflate(std::string(input), choice));
    case 1:
      return CheckCrowd(std::string(input));
    default:
      return std::nullopt;
  }
}

}  // namespace linktor::fuzz
