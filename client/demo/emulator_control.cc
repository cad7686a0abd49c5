#include "client/demo/emulator_control.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace linktor::demo {
namespace {

namespace json = boost::json;

// A call may have to wait for the emulator, which waits up to 15 s for the
// server's answer to a webhook.
constexpr long kTimeoutSeconds = 25;

// curl calls this function with what it has received.
std::size_t Append(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

}  // namespace

absl::StatusOr<json::object> EmulatorControl::Call(
    const char* method, std::string_view path, const json::value& body) const {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(),
                                                    curl_easy_cleanup);
  const std::string url =
      absl::StrCat("http://", address_, "/emulator/", std::string(path));
  const std::string request = body.is_null() ? "" : json::serialize(body);
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  // The emulator is on this machine, so no proxy is used, even if the
  // environment names one.
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  if (std::string_view(method) != "GET") {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return absl::UnavailableError(
        absl::StrCat("no answer from ", url, ": ", curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  json::error_code error;
  const json::value value = json::parse(answer, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (status != 200 || object == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(url, " answered ", status, ": ", answer));
  }
  return *object;
}

std::string Text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->c_str());
}

}  // namespace linktor::demo
