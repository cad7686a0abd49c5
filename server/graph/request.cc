#include "server/graph/request.h"

#include <boost/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/kinds/content/table.h"

namespace linktor::graph {
namespace {

namespace json = boost::json;

// Meta's limit for an answer is not documented; its own SDKs wait this long.
constexpr absl::Duration kSendTimeout = absl::Seconds(30);
// Meta fetches media before it answers; a video may take it 75 s.
constexpr absl::Duration kMediaTimeout = absl::Seconds(90);
constexpr absl::Duration kProfileTimeout = absl::Seconds(20);

// One field that Meta does not know fails them all: its documents have these.
constexpr char kProfileFields[] =
    "name,username,profile_pic,follower_count,is_user_follow_business,"
    "is_business_follow_user,is_verified_user";

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

// Adds what every call says. Meta's texts come in the language of the token's
// owner unless another is asked for, and some errors are known by their text
// alone. The proof is only read from the query.
void AddCommonParameters(std::string& url, const GraphAccount& account) {
  absl::StrAppend(&url, url.find('?') == std::string::npos ? "?" : "&",
                  "locale=en_US");
  if (!account.app_secret_proof.empty()) {
    absl::StrAppend(&url, "&appsecret_proof=", account.app_secret_proof);
  }
}

http::HttpCall Call(std::string method, std::string url,
                    const GraphAccount& account, const json::object& body) {
  AddCommonParameters(url, account);
  http::HttpCall call{.method = std::move(method), .url = std::move(url)};
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

// Returns the text as one segment of a path: Instagram's ids of messages may
// have characters that mean something in a URL.
std::string PathSegment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
        c == '_' || c == '.') {
      out += c;
    } else {
      const std::string hex = absl::BytesToHexString({&c, 1});
      absl::StrAppend(&out, "%", absl::AsciiStrToUpper(hex));
    }
  }
  return out;
}

// Reads fields of something that the path names by its id alone.
http::HttpCall GetObject(const GraphHosts& hosts, const GraphAccount& account,
                         const std::string& id, const char* fields) {
  http::HttpCall call =
      Call("GET",
           absl::StrCat(IsFacebook(account) ? hosts.facebook : hosts.instagram,
                        "/", account.api_version, "/", id, "?fields=", fields),
           account, {});
  call.timeout = kProfileTimeout;
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

// `kind` is null for a message without content, which the limits refuse before.
json::object MessageBody(const v1::MessageContent& content,
                         const kinds::ContentKind* kind) {
  json::object message;
  if (kind != nullptr) message = kind->graph_message(content);
  json::array replies;
  for (const auto& reply : content.quick_replies()) {
    replies.push_back({{"content_type", "text"},
                       {"title", reply.title()},
                       {"payload", reply.payload()}});
  }
  if (!replies.empty()) message["quick_replies"] = std::move(replies);
  return message;
}

}  // namespace

http::HttpCall BuildSend(const GraphHosts& hosts, const GraphAccount& account,
                         std::string_view to, const v1::MessageContent& content,
                         v1::MessageTag tag) {
  json::object body;
  body["recipient"] = {{"id", to}};
  const bool tagged = tag == v1::MESSAGE_TAG_HUMAN_AGENT;
  if (IsFacebook(account)) {
    body["messaging_type"] = tagged ? "MESSAGE_TAG" : "RESPONSE";
  } else if (!tagged && !content.quick_replies().empty()) {
    // Among Instagram Login's samples only the one with quick replies has it.
    body["messaging_type"] = "RESPONSE";
  }
  if (tagged) body["tag"] = "HUMAN_AGENT";
  const kinds::ContentKind* kind =
      kinds::FindContentKind(content.content_case());
  body["message"] = MessageBody(content, kind);
  http::HttpCall call =
      Call("POST", Edge(hosts, account, "messages"), account, body);
  const bool media = kind != nullptr && kind->fetch == kinds::Fetch::kMedia;
  call.timeout = media ? kMediaTimeout : kSendTimeout;
  return call;
}

http::HttpCall BuildGetUserProfile(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   std::string_view user_id) {
  return GetObject(hosts, account, std::string(user_id), kProfileFields);
}

http::HttpCall BuildGetMessageMedia(const GraphHosts& hosts,
                                    const GraphAccount& account,
                                    std::string_view mid,
                                    const MediaFields& fields) {
  const char* names = "story,attachments";
  if (!fields.story) names = "attachments";
  if (!fields.attachments) names = "story";
  return GetObject(hosts, account, PathSegment(mid), names);
}

http::HttpCall BuildSetIceBreakers(const GraphHosts& hosts,
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
  http::HttpCall call =
      Call("POST", ProfileEdge(hosts, account), account, body);
  call.timeout = kProfileTimeout;
  return call;
}

http::HttpCall BuildGetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account) {
  std::string url = ProfileEdge(hosts, account);
  absl::StrAppend(&url, IsFacebook(account) ? "&" : "?", "fields=ice_breakers");
  http::HttpCall call = Call("GET", std::move(url), account, {});
  call.timeout = kProfileTimeout;
  return call;
}

http::HttpCall BuildDeleteIceBreakers(const GraphHosts& hosts,
                                      const GraphAccount& account) {
  json::object body;
  if (IsFacebook(account)) body["platform"] = "instagram";
  body["fields"] = json::array{"ice_breakers"};
  http::HttpCall call =
      Call("DELETE", ProfileEdge(hosts, account), account, body);
  call.timeout = kProfileTimeout;
  return call;
}

}  // namespace linktor::graph
