// Small webhook bodies for tests.

#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/webhook/parser.h"
#include "tests/support/padded_body.h"
#include "tests/support/parse_all.h"

namespace linktor::webhook {

inline constexpr char kAccount[] = "17841400000000001";
inline constexpr char kCustomer[] = "1000200030004001";

// Returns an item from the customer:
// {"sender": …, "recipient": …, "timestamp": …, `rest`}.
inline std::string Inbound(const std::string& rest) {
  return absl::StrCat(R"({"sender":{"id":")", kCustomer,
                      R"("},"recipient":{"id":")", kAccount,
                      R"("},"timestamp":1700000000000,)", rest, "}");
}

inline std::string TextItem(const std::string& mid,
                            const std::string& text = "hello") {
  return Inbound(absl::StrCat(R"("message":{"mid":")", mid, R"(","text":")",
                              text, R"("})"));
}

// Returns one entry that has `members` beside its id and time.
inline std::string Entry(const std::string& members,
                         const std::string& id = kAccount) {
  return absl::StrCat(R"({"id":")", id, R"(","time":1700000001000,)", members,
                      "}");
}

inline std::string Envelope(const std::vector<std::string>& entries) {
  return absl::StrCat(R"({"object":"instagram","entry":[)",
                      absl::StrJoin(entries, ","), "]}");
}

inline std::string Messaging(const std::vector<std::string>& items,
                             const std::string& id = kAccount) {
  return Envelope({Entry(
      absl::StrCat(R"("messaging":[)", absl::StrJoin(items, ","), "]"), id)});
}

// Returns a body whose only entry has one change of that field.
inline std::string Change(const std::string& field, const std::string& value) {
  return Envelope({Entry(absl::StrCat(R"("changes":[{"field":")", field,
                                      R"(","value":)", value, "}]"))});
}

// Parsed has the parsed items, and the bytes into which they point.
struct Parsed {
  explicit Parsed(const std::string& text)
      : body(text), items(ParseAll(body.view())) {}
  const ParsedItem& only() const { return items.front(); }

  PaddedBody body;
  std::vector<ParsedItem> items;
};

}  // namespace linktor::webhook
