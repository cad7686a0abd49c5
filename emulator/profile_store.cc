#include "emulator/profile_store.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace linktor::emulator {
namespace {

constexpr std::size_t kMaxIceBreakers = 4;
// There is room for any test; above it a new account is refused.
constexpr std::size_t kMaxAccounts = 1000;

// Checks a list of {"question", "payload"}.
std::optional<GraphError> CheckQuestions(const json::array& questions) {
  if (questions.empty() || questions.size() > kMaxIceBreakers) {
    return InvalidParameter(absl::StrCat("Between 1 and ", kMaxIceBreakers,
                                         " ice breakers are allowed, there "
                                         "are ",
                                         questions.size()));
  }
  for (const json::value& entry : questions) {
    const json::object* object = entry.if_object();
    for (const char* name : {"question", "payload"}) {
      const json::string* text =
          object == nullptr ? nullptr : FindString(*object, name);
      if (text == nullptr || text->empty()) {
        return InvalidParameter(
            absl::StrCat("Every ice breaker needs a non-empty string ", name));
      }
    }
  }
  return std::nullopt;
}

std::optional<GraphError> CheckLocalised(const json::array& entries) {
  std::set<std::string_view> locales;
  for (const json::value& entry : entries) {
    const json::object* object = entry.if_object();
    const json::string* locale =
        object == nullptr ? nullptr : FindString(*object, "locale");
    const json::array* questions =
        object == nullptr ? nullptr : FindArray(*object, "call_to_actions");
    if (locale == nullptr || locale->empty() || questions == nullptr) {
      return InvalidParameter(
          "Every entry of ice_breakers needs locale and call_to_actions");
    }
    if (!locales.insert(AsView(*locale)).second) {
      return InvalidParameter(
          absl::StrCat("Locale ", locale->c_str(), " is given twice"));
    }
    if (std::optional<GraphError> error = CheckQuestions(*questions)) {
      return error;
    }
  }
  if (!locales.contains("default")) {
    return InvalidParameter("The locale default is required");
  }
  return std::nullopt;
}

bool IsLocalised(const json::value& entry) {
  const json::object* object = entry.if_object();
  return object != nullptr &&
         (object->contains("call_to_actions") || object->contains("locale"));
}

// Adds a checked list of {"question", "payload"}.
void Append(const json::array& questions, std::vector<IceBreaker>& out) {
  for (const json::value& entry : questions) {
    const json::object& object = entry.get_object();
    out.push_back(
        {.question = std::string(AsView(*FindString(object, "question"))),
         .payload = std::string(AsView(*FindString(object, "payload")))});
  }
}

}  // namespace

std::optional<GraphError> ProfileStore::Set(std::string_view account,
                                            const json::value& body) {
  const json::object* object = body.if_object();
  const json::array* entries =
      object == nullptr ? nullptr : FindArray(*object, "ice_breakers");
  if (entries == nullptr || entries->empty()) {
    return InvalidParameter("The parameter ice_breakers is required");
  }
  // One request uses one form: an entry of the other form lacks required
  // members.
  if (std::optional<GraphError> error = IsLocalised(entries->front())
                                            ? CheckLocalised(*entries)
                                            : CheckQuestions(*entries)) {
    return error;
  }
  MutexLock lock(mutex_);
  if (ice_breakers_.size() >= kMaxAccounts &&
      ice_breakers_.find(account) == ice_breakers_.end()) {
    return InvalidParameter("The emulator keeps no more accounts");
  }
  ice_breakers_[std::string(account)] = *entries;
  return std::nullopt;
}

json::value ProfileStore::Get(std::string_view account) const {
  json::array data;
  MutexLock lock(mutex_);
  if (const auto it = ice_breakers_.find(account); it != ice_breakers_.end()) {
    if (IsLocalised(it->second.front())) {
      data = it->second;
    } else {
      data.push_back(json::object{{"ice_breakers", it->second}});
    }
  }
  return json::object{{"data", std::move(data)}};
}

std::vector<IceBreaker> ProfileStore::IceBreakers(
    std::string_view account) const {
  std::vector<IceBreaker> list;
  MutexLock lock(mutex_);
  const auto it = ice_breakers_.find(account);
  if (it == ice_breakers_.end()) return list;
  if (!IsLocalised(it->second.front())) {
    Append(it->second, list);
    return list;
  }
  for (const json::value& entry : it->second) {
    Append(*FindArray(entry.get_object(), "call_to_actions"), list);
  }
  return list;
}

void ProfileStore::Delete(std::string_view account) {
  MutexLock lock(mutex_);
  if (const auto it = ice_breakers_.find(account); it != ice_breakers_.end()) {
    ice_breakers_.erase(it);
  }
}

}  // namespace linktor::emulator
