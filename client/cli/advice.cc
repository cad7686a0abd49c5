#include "client/cli/advice.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace linktor::cli {
namespace {

constexpr char kAsAManager[] = "with a key that may manage access: ";

std::string MetadataOr(const Failure& failure, const char* key,
                       const char* otherwise) {
  const auto found = failure.metadata.find(key);
  return found == failure.metadata.end() ? otherwise : found->second;
}

// Returns a permission as the commands take it: "read-events" for
// "PERMISSION_READ_EVENTS".
std::string AsOption(const std::string& permission) {
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(absl::StripPrefix(permission, "PERMISSION_")),
      {{"_", "-"}});
}

// Adds the commands that help with a key that the server knows but refuses.
void AdviseAboutRefusedKey(Failure& failure) {
  const std::string id = MetadataOr(failure, "api_key_id", "KEY_ID");
  const auto next = [&failure](const auto&... parts) {
    failure.next.push_back(absl::StrCat(kAsAManager, parts...));
  };
  if (failure.reason == "API_KEY_EXPIRED") {
    next("linktor-ig keys update ", id, " --expires 90d");
  } else if (failure.reason == "API_KEY_DISABLED") {
    next("linktor-ig keys enable ", id);
  } else if (failure.reason == "NOT_AUTHORIZED") {
    next("linktor-ig keys get ", id);
    const std::string lacks = AsOption(MetadataOr(failure, "permission", ""));
    if (lacks.empty()) return;
    next("linktor-ig keys update ", id, " --permission ", lacks,
         " and one --permission for each that it has already");
  }
}

// Returns whether gRPC's message contains one of `words`, in upper or lower
// case. The callers use the words of gRPC 1.51 with OpenSSL 3. With another
// version a hint may be missing, but nothing else goes wrong.
bool Says(const Failure& failure, std::initializer_list<const char*> words) {
  const std::string message = absl::AsciiStrToLower(failure.message);
  return std::any_of(words.begin(), words.end(), [&](const char* word) {
    return absl::StrContains(message, word);
  });
}

}  // namespace

void Advise(const Subject& subject, Failure& failure) {
  const auto shown = [](const std::string& id, const char* otherwise) {
    return id.empty() ? otherwise : id;
  };
  const std::string channel = shown(subject.channel_id, "CHANNEL");
  const std::string user = shown(subject.user_id, "USER");
  const auto next = [&failure](const auto&... parts) {
    failure.next.push_back(absl::StrCat(parts...));
  };
  const std::string& reason = failure.reason;
  if (reason == "CHANNEL_NOT_FOUND") {
    next("linktor-ig channels list");
  } else if (reason == "ACCESS_TOKEN_EXPIRED" ||
             reason == "CREDENTIALS_MISSING" ||
             reason == "PERMISSION_MISSING") {
    next("linktor-ig channels set-credentials ", channel,
         " --access-token-file FILE");
  } else if (reason == "RECIPIENT_OPTED_OUT") {
    next("if they have agreed again: linktor-ig conversations opt-in ", channel,
         " ", user);
  } else if (reason == "OUTSIDE_MESSAGING_WINDOW") {
    next("linktor-ig conversations get ", channel, " ", user);
    next("if a person wrote it, the same with --human-agent");
  } else if (reason == "USER_HAS_NOT_WRITTEN" ||
             reason == "USER_CONSENT_REQUIRED" ||
             reason == "HUMAN_AGENT_WINDOW_CLOSED") {
    next("linktor-ig conversations get ", channel, " ", user);
  } else if (reason == "RECIPIENT_NOT_FOUND") {
    next("linktor-ig events tail --from-start --channel ", channel);
  } else if (reason == "API_KEY_NOT_FOUND") {
    next("linktor-ig keys list");
  } else if (reason == "CURSOR_INVALID" || reason == "CURSOR_EXPIRED") {
    next("linktor-ig events tail --from-start");
  } else if (reason == "CURSOR_REWOUND") {
    if (const auto at = failure.metadata.find("restart_cursor");
        at != failure.metadata.end()) {
      next("linktor-ig events tail --after ", at->second);
    }
  }
}

void AdviseAboutKey(const Connection& connection, Failure& failure) {
  if (failure.code != "UNAUTHENTICATED" &&
      failure.code != "PERMISSION_DENIED") {
    return;
  }
  const ApiKeySource& key = connection.api_key;
  failure.metadata["api_key"] =
      key.exists() ? absl::StrCat("from ", key.description) : "none was sent";
  if (failure.reason.empty()) {
    // The server gives a reason whenever it refuses, so another program on the
    // way made this refusal.
    failure.remedy =
        "The refusal was not made by the gateway but on the way to it, by "
        "something such as a proxy: ask whoever runs that.";
    return;
  }
  if (!key.exists()) {
    failure.next.push_back(absl::StrCat(
        "give a key by --api-key-file FILE, in LINKTOR_IG_API_KEY or "
        "LINKTOR_IG_API_KEY_FILE, or as api_key_file of the server in ",
        connection.config_path.empty() ? "the configuration file"
                                       : connection.config_path));
  } else if (failure.reason == "API_KEY_MISSING") {
    failure.next.emplace_back(
        "a key was sent and did not arrive: see whether a proxy on the way "
        "drops the header \"authorization\"");
  }
  AdviseAboutRefusedKey(failure);
}

void AdviseAboutTls(const Connection& connection, Failure& failure) {
  std::string advice;
  if (!connection.tls) {
    if (Says(failure, {"socket closed", "connection reset", "broken pipe"})) {
      advice =
          "something answers there and is not understood; if it speaks TLS, "
          "the same with --tls, or with --ca FILE for an authority of your own";
    }
  } else if (Says(failure, {"wrong_version_number", "wrong version number",
                            "packet length too long"})) {
    advice =
        "something answers there that does not speak TLS: the same without "
        "--tls, --ca, --cert and --tls-name, or with --no-tls";
  } else if (Says(failure,
                  {"certificate_verify_failed", "certificate verify failed"})) {
    advice =
        "the server's certificate is not trusted; if it is of an authority of "
        "your own, the same with --ca FILE, its roots as PEM";
  } else if (Says(failure, {"not in peer certificate"})) {
    advice =
        "the server's certificate is for another name; if that is the server "
        "you want, the same with --tls-name NAME";
  } else if (Says(failure, {"empty address list"})) {
    advice = absl::StrCat(
        "gRPC cannot use the files of TLS: see that they are whole",
        connection.cert.empty()
            ? ""
            : ", and that --cert and --key belong together");
  } else if (connection.cert.empty() &&
             Says(failure, {"socket closed", "connection reset"})) {
    advice =
        "if the server asks for client certificates, the same with --cert FILE "
        "--key FILE";
  }
  if (advice.empty()) return;
  // This replaces the remedy of NotReached(), which says to start the server.
  // That would not help: the server, or another program, is running already.
  failure.remedy = "Nothing was done.";
  failure.next.push_back(std::move(advice));
}

}  // namespace linktor::cli
