#include "server/policy/content.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/content/limits.h"
#include "server/kinds/content/table.h"

namespace linktor::policy {

namespace {

// Names the fields of the oneof: "text, image, video".
std::string KnownKinds() {
  std::string names;
  for (const kinds::ContentKind* kind : kinds::kContentKinds) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(kind->name));
  }
  return names;
}

void CheckQuickReplies(const v1::MessageContent& content, bool allowed,
                       kinds::Violations& found) {
  const auto& replies = content.quick_replies();
  if (!replies.empty() && !allowed) {
    found.Add("content.quick_replies", "can only be given with text");
  }
  found.Count(replies.size(), 0, kMaxQuickReplies, "content.quick_replies");
  for (int i = 0; i < replies.size(); ++i) {
    const std::string at = absl::StrCat("content.quick_replies[", i, "]");
    found.Characters(replies[i].title(), 1, kinds::kMaxButtonCharacters,
                     at + ".title");
    found.Payload(replies[i].payload(), at + ".payload");
  }
}

}  // namespace

std::vector<FieldViolation> CheckContent(const v1::MessageContent& content) {
  kinds::Violations found;
  const kinds::ContentKind* kind =
      kinds::FindContentKind(content.content_case());
  if (kind != nullptr) {
    kind->check(content, found);
  } else {
    found.Add("content", "must have one of: " + KnownKinds());
  }
  CheckQuickReplies(
      content,
      kind != nullptr && kind->quick_replies == kinds::QuickReplies::kAllowed,
      found);
  return found.Take();
}

std::vector<FieldViolation> CheckIceBreakers(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
    std::string_view path) {
  std::vector<FieldViolation> found;
  if (ice_breakers.empty() || ice_breakers.size() > kMaxIceBreakers) {
    found.push_back({std::string(path),
                     absl::StrCat("must have 1 to ", kMaxIceBreakers,
                                  " entries; it has ", ice_breakers.size())});
  }
  for (int i = 0; i < ice_breakers.size(); ++i) {
    const v1::IceBreaker& entry = ice_breakers[i];
    const std::string at = absl::StrCat(ToAbsl(path), "[", i, "]");
    const std::size_t characters = kinds::CountCharacters(entry.question());
    if (characters == 0 || characters > kMaxQuestionCharacters) {
      found.push_back({absl::StrCat(at, ".question"),
                       absl::StrCat("must have 1 to ", kMaxQuestionCharacters,
                                    " characters; it has ", characters)});
    }
    if (entry.payload().empty() ||
        entry.payload().size() > kinds::kMaxPayloadBytes) {
      found.push_back(
          {absl::StrCat(at, ".payload"),
           absl::StrCat("must have 1 to ", kinds::kMaxPayloadBytes,
                        " bytes; it has ", entry.payload().size())});
    }
  }
  return found;
}

}  // namespace linktor::policy
