#include "server/graph/request.h"

#include <boost/json.hpp>

#include "absl/strings/str_cat.h"

namespace linktor {
namespace {

namespace json = boost::json;

// Meta's limit for an answer is not documented; its own SDKs wait this long.
constexpr absl::Duration kSendTimeout = absl::Seconds(30);
constexpr absl::Duration kProfileTimeout = absl::Seconds(20);

bool IsFacebook(const GraphAccount& account) {
  return account.login_type != v1::LOGIN_TYPE_INSTAGRAM_LOGIN;
}

// Facebook Login speaks for the Page, Instagram Login for the account.
std::string Edge(const GraphHosts& hosts, const GraphAccount& account,
                 std::string_view edge) {
  const bool facebook = IsFacebook(account);
  return absl::StrCat(facebook ? hosts.facebook : hosts.instagram, "/",
                      account.api_version, "/",
                      facebook ? account.page_id : account.instagram_account_id,
                      "/", std::string(edge));
}

HttpCall Call(std::string method, std::string url, const GraphAccount& account,
              const json::object& body) {
  HttpCall call{.method = std::move(method), .url = std::move(url)};
  // In a header, so that tokens stay out of URLs and their logs.
  call.headers = {
      {"Authorization",
       absl::StrCat("Bearer ", std::string(account.access_token.Reveal()))},
      {"Accept", "application/json"}};
  if (!body.empty()) {
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = json::serialize(body);
  }
  return call;
}

// Where ice breakers are kept; Facebook Login's Pages have Messenger's too.
std::string ProfileEdge(const GraphHosts& hosts, const GraphAccount& account) {
  return Edge(hosts, account, "messenger_profile") +
         (IsFacebook(account) ? "?platform=instagram" : "");
}

json::array CallsToAction(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers) {
  json::array actions;
  for (const v1::IceBreaker& one : ice_breakers) {
    actions.push_back(
        {{"question", one.question()}, {"payload", one.payload()}});
  }
  return actions;
}

}  // namespace

HttpCall BuildSend(const GraphHosts& hosts, const GraphAccount& account,
                   std::string_view to, const v1::MessageContent& content) {
  json::object body;
  body["recipient"] = {{"id", to}};
  if (IsFacebook(account)) body["messaging_type"] = "RESPONSE";
  json::object message;
  switch (content.content_case()) {
    case v1::MessageContent::kText:
      message["text"] = content.text();
      break;
    case v1::MessageContent::CONTENT_NOT_SET:
      break;
  }
  body["message"] = std::move(message);
  HttpCall call = Call("POST", Edge(hosts, account, "messages"), account, body);
  call.timeout = kSendTimeout;
  return call;
}

HttpCall BuildSetIceBreakers(const GraphHosts& hosts,
                             const GraphAccount& account,
                             const v1::SetIceBreakersRequest& request) {
  json::array sets;
  sets.push_back({{"call_to_actions", CallsToAction(request.ice_breakers())},
                  {"locale", "default"}});
  for (const v1::LocalizedIceBreakers& localized : request.localizations()) {
    sets.push_back(
        {{"call_to_actions", CallsToAction(localized.ice_breakers())},
         {"locale", localized.locale()}});
  }
  json::object body;
  if (IsFacebook(account)) body["platform"] = "instagram";
  body["ice_breakers"] = std::move(sets);
  HttpCall call = Call("POST", ProfileEdge(hosts, account), account, body);
  call.timeout = kProfileTimeout;
  return call;
}

HttpCall BuildGetIceBreakers(const GraphHosts& hosts,
                             const GraphAccount& account) {
  std::string url = ProfileEdge(hosts, account);
  absl::StrAppend(&url, IsFacebook(account) ? "&" : "?", "fields=ice_breakers");
  HttpCall call = Call("GET", std::move(url), account, {});
  call.timeout = kProfileTimeout;
  return call;
}

HttpCall BuildDeleteIceBreakers(const GraphHosts& hosts,
                                const GraphAccount& account) {
  json::object body;
  if (IsFacebook(account)) body["platform"] = "instagram";
  body["fields"] = {"ice_breakers"};
  HttpCall call = Call("DELETE", ProfileEdge(hosts, account), account, body);
  call.timeout = kProfileTimeout;
  return call;
}

}  // namespace linktor
