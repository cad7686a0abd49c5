#include "server/policy/content_match.h"

#include <string_view>

#include "server/kinds/content/table.h"

namespace linktor::policy {
namespace {

// The prefixes keep the name of a kind from being equal to somebody's text.
std::string OfText(const std::string& text) { return "text:" + text; }
std::string OfKind(std::string_view kind) {
  return "kind:" + std::string(kind);
}

}  // namespace

std::string MatchTextOf(const v1::MessageContent& content) {
  const kinds::ContentKind* kind =
      kinds::FindContentKind(content.content_case());
  if (kind == nullptr) return "";
  return kind->echo.text != nullptr ? OfText(kind->echo.text(content))
                                    : OfKind(kind->echo.type);
}

std::string MatchTextOf(const v1::Message& echo) {
  if (echo.attachments().empty()) {
    return echo.text().empty() ? "" : OfText(echo.text());
  }
  if (!echo.text().empty() || echo.attachments_size() != 1) return "";
  const std::string_view type = echo.attachments(0).type();
  if (type.empty()) return "";
  for (const kinds::ContentKind* kind : kinds::kContentKinds) {
    if (type == kind->echo.type || type == kind->echo.other_type) {
      return OfKind(kind->echo.type);
    }
  }
  return "";
}

}  // namespace linktor::policy
