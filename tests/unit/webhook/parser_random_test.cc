// Random bodies: nothing crashes, nothing is lost, and whatever comes out can
// be sent to subscribers.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <optional>

#include "server/webhook/parser.h"
#include "tests/support/golden.h"
#include "tests/support/seed.h"
#include "tests/unit/webhook/bodies.h"
#include "tests/unit/webhook/render.h"

namespace linktor::webhook {
namespace {

namespace json = boost::json;

constexpr int kByteRounds = 20'000;
constexpr int kTreeRounds = 20'000;

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const std::string& path :
       ListFiles(SourceDir() + "/tests/golden/webhooks", ".json")) {
    seeds.push_back(ReadFile(path));
  }
  EXPECT_FALSE(seeds.empty());
  return seeds;
}

bool IsUtf8(const std::string& text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

// What holds for every item of every body.
void ExpectSound(const std::string& body, const Parsed& parsed) {
  ASSERT_GE(parsed.items.size(), 1U) << body;
  const std::string_view all = parsed.body.view();
  for (const ParsedItem& item : parsed.items) {
    ASSERT_GE(item.raw.data(), all.data()) << body;
    ASSERT_LE(item.raw.data() + item.raw.size(), all.data() + all.size())
        << body;
    ASSERT_LT(item.message.ByteSizeLong() + item.payload.ByteSizeLong(),
              300'000U)
        << body;
    ASSERT_GE(item.event_ms, 0) << body;
    ASSERT_LT(item.event_ms, 253'402'300'800'000) << body;
    if (TypeOf(item) != ItemType::kIssue) {
      for (const std::string& text : StringsOf(item)) {
        ASSERT_TRUE(IsUtf8(text)) << body;
      }
    }
    const bool has_mid = !MidOf(item).empty();
    if (TypeOf(item) != ItemType::kIssue && !has_mid) {
      ASSERT_EQ(item.content_hash.size(), 32U) << body;
    }
    if (TypeOf(item) == ItemType::kUnknown ||
        TypeOf(item) == ItemType::kIssue) {
      ASSERT_FALSE(has_mid) << body;
    }
  }
}

constexpr std::string_view kFragments[] = {"\"",
                                           "{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           ":",
                                           "\\",
                                           "\\u0000",
                                           "\\ud800",
                                           "\\",
                                           "null",
                                           "true",
                                           "1e999",
                                           "-",
                                           "0.1",
                                           "\x80",
                                           "\xed\xa0\x80",
                                           "\xc3",
                                           "\"id\":",
                                           "\"message\":",
                                           "\"0\"",
                                           "[[[[[[",
                                           "\n",
                                           "\"messaging\":",
                                           "18446744073709551616",
                                           R"("timestamp":"infinite-future")"};

std::string MutateBytes(std::string body, Random& random) {
  for (std::size_t n = 1 + random.Below(4); n-- > 0 && !body.empty();) {
    const std::size_t at = random.Below(body.size());
    switch (random.Below(5)) {
      case 0:
        body[at] = static_cast<char>(random.Below(256));
        break;
      case 1:
        body.erase(at, 1 + random.Below(20));
        break;
      case 2:
        body.insert(at, kFragments[random.Below(std::size(kFragments))]);
        break;
      case 3:
        body.insert(
            at, body.substr(random.Below(body.size()), 1 + random.Below(60)));
        break;
      default:
        body[at] = static_cast<char>(body[at] ^ (1 << random.Below(8)));
        break;
    }
  }
  return body;
}

TEST(ParserRandomTest, MutatedBytes) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE("LINKTOR_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  const std::vector<std::string> seeds = Seeds();
  for (int i = 0; i < kByteRounds && !HasFatalFailure(); ++i) {
    const std::string body =
        MutateBytes(seeds[random.Below(seeds.size())], random);
    ExpectSound(body, Parsed(body));
  }
}

// How many items an envelope has, counted by another JSON library.
std::optional<std::size_t> CountItems(const json::value& root) {
  const auto list = [](const json::value& value) {
    return value.is_array() ? value.get_array().size() : 1;
  };
  const json::object& object = root.get_object();
  const json::value* name = object.if_contains("object");
  const json::value* entries = object.if_contains("entry");
  if (name == nullptr || entries == nullptr || !entries->is_array() ||
      *name != "instagram") {
    return std::nullopt;
  }
  std::size_t count = 0;
  for (const json::value& entry : entries->get_array()) {
    std::size_t items = 0;
    bool flat = false;
    for (const auto& member :
         entry.is_object() ? entry.get_object() : json::object()) {
      const std::string_view key(member.key().data(), member.key().size());
      if (key == "messaging" || key == "standby" || key == "changes") {
        items += list(member.value());
      } else if (key == "field") {
        flat =
            flat || (member.value() != "" && !member.value().is_structured());
      } else if (key == "value") {
        flat = true;
      } else if (key != "id" && key != "time" && key != "uid" &&
                 key != "changed_fields") {
        ++items;
      }
    }
    if (flat) ++items;
    count += std::max<std::size_t>(items, 1);
  }
  return count == 0 ? std::nullopt : std::optional(count);
}

json::value RandomValue(Random& random) {
  const json::value values[] = {nullptr,
                                true,
                                7,
                                -3,
                                0.25,
                                1e300,
                                "",
                                "text",
                                "0",
                                "\0x",
                                "\u20ac",
                                json::array(),
                                json::object(),
                                json::array{1, json::object()},
                                json::object{{"id", "1"}},
                                json::object{{"message", 5}},
                                18446744073709551615ULL};
  return values[random.Below(std::size(values))];
}

// Changes one value somewhere below `value`.
void MutateTree(json::value& value, Random& random) {
  constexpr std::string_view kKeys[] = {"message", "field",    "value", "id",
                                        "standby", "changes",  "mid",   "new",
                                        "is_echo", "timestamp"};
  const bool array = value.is_array() && !value.get_array().empty();
  const bool object = value.is_object() && !value.get_object().empty();
  if (random.OneIn(6) || !(array || object)) {
    value = RandomValue(random);
  } else if (array) {
    json::array& items = value.get_array();
    const std::size_t at = random.Below(items.size());
    if (random.OneIn(4)) {
      items.push_back(json::value(items[at]));
    } else if (random.OneIn(4)) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      MutateTree(items[at], random);
    }
  } else {
    json::object& members = value.get_object();
    auto* const it = members.begin() +
                     static_cast<std::ptrdiff_t>(random.Below(members.size()));
    if (random.OneIn(5)) {
      members[kKeys[random.Below(std::size(kKeys))]] = RandomValue(random);
    } else if (random.OneIn(6)) {
      members.erase(it);
    } else {
      MutateTree(it->value(), random);
    }
  }
}

TEST(ParserRandomTest, EveryItemOfAMutatedEnvelopeIsAccountedFor) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE("LINKTOR_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  std::vector<json::value> trees;
  for (const std::string& body : Seeds()) {
    json::error_code failed;
    json::value tree = json::parse(body, failed);
    // Numbers too large for it are left to the other tests.
    if (failed || !tree.is_object() ||
        json::serialize(tree).find("Infinity") != std::string::npos) {
      continue;
    }
    trees.push_back(std::move(tree));
  }
  for (int i = 0; i < kTreeRounds && !HasFatalFailure(); ++i) {
    json::value tree = trees[random.Below(trees.size())];
    for (std::size_t n = random.Below(4); n-- > 0;) MutateTree(tree, random);
    const std::string body = json::serialize(tree);
    const Parsed parsed(body);
    ExpectSound(body, parsed);
    const auto expected =
        tree.is_object() ? CountItems(tree) : std::optional<std::size_t>();
    ASSERT_EQ(parsed.items.size(), expected.value_or(1)) << body;
    for (const ParsedItem& item : parsed.items) {
      // It is JSON, so nothing of it is an issue unless all of it is, or an
      // entry is no object.
      ASSERT_TRUE(TypeOf(item) != ItemType::kIssue || !expected.has_value() ||
                  item.form == EnvelopeForm::kEntry)
          << body;
    }
  }
}

}  // namespace
}  // namespace linktor::webhook
