#include "emulator/call_log.h"

#include <boost/url.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/redaction.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

constexpr char kToken[] = "access_token";
constexpr char kProof[] = "appsecret_proof";
constexpr char kLocale[] = "locale";

// Returns the path and query without the parameters that every call has. When
// they cannot be parsed, it returns the text with its secrets hidden.
std::string WithoutCommon(std::string_view target) {
  const auto parsed =
      boost::urls::parse_origin_form({target.data(), target.size()});
  if (!parsed.has_value()) return Redact(target);
  boost::urls::url url(*parsed);
  std::size_t erased = 0;
  for (const char* name : {kToken, kProof, kLocale}) {
    erased += url.params().erase(name, boost::urls::ignore_case);
  }
  if (erased > 0 && url.params().empty()) url.remove_query();
  return url.buffer();
}

// Returns the body as JSON without the access token. A body that is not JSON
// becomes a string in which secrets are hidden.
json::value BodyWithoutToken(std::string_view body) {
  if (body.empty()) return nullptr;
  absl::StatusOr<json::value> value = ParseJson(body);
  if (!value.ok()) {
    const std::string text = Redact(body);
    return json::string(text);
  }
  if (json::object* object = value->if_object()) object->erase(kToken);
  return *std::move(value);
}

}  // namespace

std::uint64_t CallLog::Begin(const http::HttpRequest& request,
                             std::string account) {
  GraphCall call{.account = std::move(account),
                 .method = request.method,
                 .path = WithoutCommon(request.target),
                 .body = BodyWithoutToken(request.body)};
  if (http::HttpTarget target; http::ParseTarget(request.target, target)) {
    call.locale = std::string(target.Parameter(kLocale));
    call.proved = !target.Parameter(kProof).empty();
  }
  request.headers.ForEach(
      [&call](std::string_view name, std::string_view value) {
        std::string lower = absl::AsciiStrToLower(ToAbsl(name));
        if (lower == "authorization") return;
        call.headers.emplace_back(std::move(lower), std::string(value));
      });
  const std::size_t bytes = request.target.size() + request.body.size();
  MutexLock lock(mutex_);
  const std::uint64_t n = log_.Add(std::move(call), bytes);
  changed_.SignalAll();
  return n;
}

void CallLog::Answered(std::uint64_t n, int status) {
  MutexLock lock(mutex_);
  if (GraphCall* call = log_.Find(n)) call->status = status;
}

CallLog::List CallLog::Get() const {
  List list;
  MutexLock lock(mutex_);
  for (const auto& item : log_.items()) list.calls.push_back(item.entry);
  list.dropped = log_.dropped();
  return list;
}

void CallLog::Clear() {
  MutexLock lock(mutex_);
  log_.Clear();
}

bool CallLog::WaitForCount(std::size_t count, absl::Duration timeout) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  MutexLock lock(mutex_);
  while (log_.items().size() < count) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) return false;
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

}  // namespace linktor::emulator
