#include "server/graph/error_table.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/base/strings.h"

namespace linktor::graph {
namespace {

using Code = absl::StatusCode;

constexpr char kMediaOnceMore[] =
    "Try once more after the delay in RetryInfo. If that fails too, give a "
    "public, direct URL of a file of a type and size that Instagram takes; it "
    "must answer fast.";

constexpr GraphMeaning Unclear(int code, int subcode) {
  return {code,
          subcode,
          Code::kUnavailable,
          v1::ERROR_REASON_GRAPH_UNAVAILABLE,
          "Meta failed without saying whether it acted",
          nullptr,
          kAgainInAMinute,
          GraphEffect::kUnclear};
}

constexpr GraphMeaning Limited(int code, int subcode, const char* remedy) {
  return {code,
          subcode,
          Code::kResourceExhausted,
          v1::ERROR_REASON_RATE_LIMITED,
          "Meta limits this app or account; nothing was done",
          remedy,
          kAgainInAMinute};
}

constexpr GraphMeaning WindowClosed(int subcode) {
  return {10, subcode, Code::kFailedPrecondition,
          v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW,
          "Instagram says the 24-hour messaging window is closed; it opens "
          "again when the customer writes"};
}

constexpr GraphMeaning ThreadElsewhere(int code, int subcode) {
  return {code, subcode, Code::kFailedPrecondition,
          v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
          "another app has control of this conversation"};
}

constexpr GraphMeaning PersonGone(int code, int subcode) {
  return {code, subcode, Code::kFailedPrecondition,
          v1::ERROR_REASON_RECIPIENT_UNAVAILABLE,
          "the customer has blocked the account, is deactivated or cannot "
          "receive messages"};
}

constexpr GraphMeaning NoSuchPerson(int code, int subcode) {
  return {code, subcode, Code::kNotFound, v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
          "Instagram knows no such user for this account"};
}

constexpr GraphMeaning MediaRefused(int code, int subcode, const char* text) {
  return {code, subcode, Code::kInvalidArgument,
          v1::ERROR_REASON_MEDIA_REJECTED, text};
}

// A server that was slow once may be fast enough the next time.
constexpr GraphMeaning MediaNotFetched(int code, int subcode,
                                       const char* text) {
  GraphMeaning meaning = MediaRefused(code, subcode, text);
  meaning.remedy = kMediaOnceMore;
  meaning.retry_seconds = kAgainInAMinute;
  return meaning;
}

constexpr GraphMeaning TokenRefused(int code, int subcode, const char* text,
                                    const char* remedy = nullptr) {
  return {code,
          subcode,
          Code::kFailedPrecondition,
          v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED,
          text,
          remedy};
}

constexpr GraphMeaning NotLinked(int code, int subcode, const char* text,
                                 const char* remedy) {
  return {code,
          subcode,
          Code::kFailedPrecondition,
          v1::ERROR_REASON_ACCOUNT_NOT_LINKED,
          text,
          remedy};
}

constexpr GraphMeaning NotApproved(int code, int subcode) {
  return {code,
          subcode,
          Code::kFailedPrecondition,
          v1::ERROR_REASON_APP_NOT_APPROVED,
          "Meta has not given the app Advanced Access to this",
          "Have the app's developers request Advanced Access in Meta's App "
          "Review; until then write only with people who have a role in the "
          "app. A new token does not help."};
}

constexpr GraphMeaning Blocked(int code, int subcode, const char* text,
                               const char* remedy = nullptr) {
  return {
      code, subcode, Code::kFailedPrecondition, v1::ERROR_REASON_ACTION_BLOCKED,
      text, remedy};
}

constexpr GraphMeaning PermissionMissing(int code) {
  return {code, kAnySubcode, Code::kFailedPrecondition,
          v1::ERROR_REASON_PERMISSION_MISSING,
          "the token lacks a permission for this"};
}

constexpr GraphMeaning ReplyUnavailable(int code, int subcode) {
  return {code, subcode, Code::kFailedPrecondition,
          v1::ERROR_REASON_COMMENT_REPLY_UNAVAILABLE,
          "the comment has had its private reply, is older than 7 days or has "
          "gone"};
}

constexpr GraphMeaning Archived(int code, int subcode) {
  return {code, subcode, Code::kFailedPrecondition,
          v1::ERROR_REASON_RECIPIENT_UNAVAILABLE,
          "the conversation is archived or deleted"};
}

constexpr char kAppLimit[] =
    "Try again after the delay in RetryInfo. All channels of this Meta app "
    "share the limit: have its developers look at the app's rate limits in "
    "Meta's App Dashboard.";
constexpr char kAccountLimit[] =
    "Try again after the delay in RetryInfo; send less from this account.";
constexpr char kDashboard[] =
    "Have the app's developers look at the alerts in Meta's App Dashboard: "
    "neither a new token nor other content helps.";
constexpr char kAccountQuality[] =
    "Have the account's owner look at its Account Status in Instagram and at "
    "Account Quality at Meta.";

// The rows are in Meta's order of numbers within each code; see
// FindGraphMeaning for errors without a subcode.
constexpr std::array kMeanings = {
    Unclear(1, kAnySubcode),
    Unclear(2, kAnySubcode),
    GraphMeaning{3, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_APP_NOT_APPROVED,
                 "the Meta app lacks the capability to send messages",
                 "Have the app's developers add Instagram messaging to the app "
                 "and complete Meta's App Review."},
    GraphMeaning{4, 2018354, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED,
                 "Meta allows no more marketing messages to this person",
                 "Send this person no more marketing messages for now."},
    Limited(4, kAnySubcode, kAppLimit),
    GraphMeaning{9, 2018352, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED,
                 "Meta allows no more marketing messages to this person",
                 "Send this person no more marketing messages for now."},
    Blocked(10, 2022,
            "Meta has taken messages about commerce from this account",
            kAccountQuality),
    Blocked(10, 1404170, "Meta keeps this account from asking for opt-ins",
            kAccountQuality),
    GraphMeaning{10, 1893063, Code::kFailedPrecondition,
                 v1::ERROR_REASON_ACCOUNT_RESTRICTED,
                 "Meta has restricted the account from sending"},
    WindowClosed(2018065),
    PersonGone(10, 2018108),
    WindowClosed(2018278),
    ThreadElsewhere(10, 2018300),
    ThreadElsewhere(10, 2018321),
    Archived(10, 2534001),
    WindowClosed(2534022),
    NotApproved(10, 2534048),
    NotLinked(10, 2534077,
              "Meta cannot verify the connection of account, user and Page",
              "Have the owner connect Page and Instagram account again, with "
              "two-factor authentication where Meta asks for it, and set a new "
              "token with SetChannelCredentials."),
    PermissionMissing(10),
    Limited(17, kAnySubcode, kAccountLimit),
    GraphMeaning{27, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
                 "taking control of a conversation needs conversation routing",
                 "Have the Page's administrator set up conversation routing in "
                 "the Page's settings."},
    Limited(32, kAnySubcode, kAccountLimit),
    GraphMeaning{100, 33, Code::kNotFound, v1::ERROR_REASON_GRAPH_ERROR,
                 "Meta knows no such page or account under this token"},
    GraphMeaning{100, 1893061, Code::kInvalidArgument,
                 v1::ERROR_REASON_INVALID_CONTENT,
                 "Meta has withdrawn this message tag",
                 "Send without a tag within 24 hours of the customer's last "
                 "message, or with MESSAGE_TAG_HUMAN_AGENT within 7 days."},
    NoSuchPerson(100, 2018001),
    MediaNotFetched(100, 2018008, "Meta could not fetch the media"),
    MediaRefused(100, 2018047,
                 "Meta could not use the media: its type does not fit"),
    MediaRefused(100, 2018074, "Meta knows no such media"),
    MediaRefused(100, 2018109, "the media is too large for Meta"),
    MediaNotFetched(100, 2018294, "Meta could not fetch the media in time"),
    Archived(100, 2534001),
    NotLinked(100, 2534013,
              "Meta says that no Instagram account belongs to this Page",
              "Compare page_id, instagram_account_id and login_type of the "
              "channel with Meta's Business Suite: the Page must be linked to "
              "this account, and the account must be a professional one."),
    NoSuchPerson(100, 2534014),
    GraphMeaning{100, 2534015, Code::kInvalidArgument,
                 v1::ERROR_REASON_INVALID_CONTENT,
                 "Instagram does not take this kind of content here"},
    ReplyUnavailable(100, 2534025),
    Blocked(100, 2534029,
            "Meta has blocked the app or account from Instagram messaging",
            kDashboard),
    ThreadElsewhere(100, 2534037),
    GraphMeaning{100, kAnySubcode, Code::kInvalidArgument,
                 v1::ERROR_REASON_INVALID_CONTENT,
                 "Instagram does not take this request"},
    TokenRefused(102, kAnySubcode, "the session of the access token has ended"),
    TokenRefused(190, 458, "the token's owner has removed the app",
                 "Have the account's owner log in to the app again, and set "
                 "the new token with SetChannelCredentials."),
    TokenRefused(190, 459, "Meta wants the token's owner to log in",
                 "Have the token's owner log in at www.facebook.com and do "
                 "what Meta asks there; then set a new token with "
                 "SetChannelCredentials."),
    TokenRefused(190, 460, "the token's owner has changed the password"),
    TokenRefused(190, 463, "the access token has expired"),
    TokenRefused(190, 464, "the token's owner is not confirmed",
                 "Have the token's owner log in at www.facebook.com and "
                 "confirm the account; then set a new token with "
                 "SetChannelCredentials."),
    TokenRefused(190, 467, "the access token is no longer valid"),
    TokenRefused(190, kAnySubcode, "Meta refuses the access token"),
    PersonGone(200, 1545041),
    GraphMeaning{200, 2018028, Code::kFailedPrecondition,
                 v1::ERROR_REASON_APP_NOT_APPROVED,
                 "the recipient has no role in an app that Meta has not "
                 "approved"},
    GraphMeaning{200, 2534041, Code::kFailedPrecondition,
                 v1::ERROR_REASON_MESSAGING_DISABLED,
                 "the account's owner has switched off \"Allow access to "
                 "messages\""},
    NotApproved(200, 2534048),
    PermissionMissing(200),
    GraphMeaning{230, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_USER_CONSENT_REQUIRED,
                 "the customer has not consented to their profile being read"},
    MediaRefused(324, kAnySubcode, "Meta could not use the media"),
    Blocked(368, kAnySubcode,
            "Meta blocks this action for a time because of how it was used"),
    Blocked(508, 2534122, "Meta does not let a link of this message through",
            "Send the text without the link, or try again some hours later: "
            "Meta has only this link against it."),
    Blocked(508, kAnySubcode, "Meta does not let this content through",
            "Change the content, or try again some hours later."),
    PersonGone(551, kAnySubcode),
    GraphMeaning{613, 2018338, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED,
                 "Meta allows no more tagged messages to this person for now",
                 "Send this person less; a message without a tag is allowed "
                 "within 24 hours of their last one.",
                 kAgainInAnHour},
    Limited(613, kAnySubcode, kAccountLimit),
    GraphMeaning{803, kAnySubcode, Code::kNotFound,
                 v1::ERROR_REASON_GRAPH_ERROR,
                 "Meta knows no such page or account"},
    GraphMeaning{1200, kAnySubcode, Code::kUnavailable,
                 v1::ERROR_REASON_GRAPH_UNAVAILABLE,
                 "Meta could not send for now; nothing was sent", nullptr,
                 kAgainInAMinute},
    Blocked(2022, kAnySubcode,
            "Meta has taken messages about commerce from this account",
            kAccountQuality),
    GraphMeaning{2500, kAnySubcode, Code::kInvalidArgument,
                 v1::ERROR_REASON_GRAPH_ERROR,
                 "Meta does not understand the path of the call"},
    NoSuchPerson(9010, kAnySubcode),
    ReplyUnavailable(10900, kAnySubcode),
    ReplyUnavailable(10903, kAnySubcode),
    MediaRefused(36000, kAnySubcode, "the image is too large for Meta"),
    GraphMeaning{36103, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_ACCOUNT_RESTRICTED,
                 "Meta says that this account may not use the API",
                 "Have the account's owner check that it is a professional "
                 "account, and look at its Account Status in Instagram."},
    Limited(80001, kAnySubcode, kAccountLimit),
    Limited(80002, kAnySubcode, kAccountLimit),
    Limited(80006, kAnySubcode, kAccountLimit),
    Archived(2534001, kAnySubcode),
    GraphMeaning{9000001, kAnySubcode, Code::kNotFound,
                 v1::ERROR_REASON_MESSAGE_NOT_FOUND,
                 "the message has been deleted by the customer or the account",
                 "Do without the deleted message."},
};

// This is an error that comes without a subcode, and is known by these words.
struct Worded {
  int code;
  // The words are in lower case; empty words fit every text.
  absl::string_view words;
  GraphMeaning meaning;
  // An empty type fits every type.
  std::string_view type;
};

constexpr int kDisabledSubcode = 2534041;
constexpr int kAdvancedAccessSubcode = 2534048;
constexpr int kUnknownObjectSubcode = 33;

// Instagram Login's errors have this type.
constexpr std::string_view kInstagramType = "IGApiException";

// Returns the row of exactly these numbers, which must exist: the compiler
// refuses a constant that has none.
constexpr const GraphMeaning& Row(int code, int subcode) {
  return *std::find_if(
      kMeanings.begin(), kMeanings.end(), [&](const GraphMeaning& meaning) {
        return meaning.code == code && meaning.subcode == subcode;
      });
}

constexpr std::array kWorded = {
    Worded{10, "advanced access", Row(10, kAdvancedAccessSubcode)},
    Worded{100,
           "appsecret_proof",
           {100, kAnySubcode, Code::kFailedPrecondition,
            v1::ERROR_REASON_APP_SECRET_REFUSED,
            "the Meta app requires a proof by its app secret, and none that "
            "fits came"}},
    Worded{
        100,
        "unsupported request - method type",
        {100, kAnySubcode, Code::kInvalidArgument, v1::ERROR_REASON_GRAPH_ERROR,
         "Meta does not take this call for this account under this token",
         "Compare login_type, page_id and instagram_account_id of the "
         "channel with its token: each login has its own host and ids, and "
         "answers those of the other so."}},
    Worded{190, "cannot parse access token",
           TokenRefused(
               190, kAnySubcode,
               "Meta cannot read the access token; one of the other login, or "
               "one that is incomplete, is answered so",
               "Compare the token with login_type of the channel: tokens of "
               "Facebook Login begin with EAA, tokens of Instagram Login with "
               "IGAA, and neither works for the other. Set the right one with "
               "SetChannelCredentials, or correct login_type.")},
    // Instagram Login gives this error without its subcode.
    Worded{200, "disabled access", Row(200, kDisabledSubcode)},
    Worded{200, "advanced access", Row(200, kAdvancedAccessSubcode)},
    Worded{200, "api access",
           Blocked(200, kAnySubcode,
                   "Meta has blocked the app or its developer account",
                   kDashboard)},
    Worded{200, "permission", PermissionMissing(200)},
    // English is asked for, but an account whose owner has another language may
    // be answered in that one. Instagram Login has several errors with this
    // code and without a subcode; only this one has been seen in other
    // languages.
    Worded{200, "", Row(200, kDisabledSubcode), kInstagramType},
};

// This is what an unknown object means where the call is about a message: Meta
// calls those that it shows no more deleted, or does not know them.
constexpr GraphMeaning kUnknownMessage = {
    100,
    kUnknownObjectSubcode,
    Code::kNotFound,
    v1::ERROR_REASON_MESSAGE_NOT_FOUND,
    "Instagram does not show this message: it was deleted, or newer ones have "
    "come since",
    "Do without it: Instagram shows no deleted message, and of each "
    "conversation only the newest 20."};
constexpr int kUnknownUserSubcode = 2534014;

constexpr char kNotMetas[] =
    "The answer has no error of Meta's: look first at graph_proxy and at what "
    "else is between this server and Meta, then do what the reason asks for "
    "(docs/errors.md).";

// Returns what a status of 3xx or 4xx means by itself; nothing was done then.
GraphMeaning RefusedByStatus(int http_status) {
  switch (http_status) {
    case 401:
      return TokenRefused(0, 0, "Meta refuses the access token");
    case 403:
      return {0, 0, Code::kFailedPrecondition,
              v1::ERROR_REASON_PERMISSION_MISSING, "Meta does not permit this"};
    case 404:
      return {0, 0, Code::kNotFound, v1::ERROR_REASON_GRAPH_ERROR,
              "Meta knows no such object"};
    case 429:
      return Limited(0, 0, nullptr);
    default:
      return {0, 0, Code::kInternal, v1::ERROR_REASON_GRAPH_ERROR,
              "Meta refused for a reason this server does not know"};
  }
}

// Returns whether a subcode is one of Instagram's for media, whatever its code.
constexpr bool IsOfMedia(int subcode) { return subcode / 1000 == 2207; }

}  // namespace

std::span<const GraphMeaning> GraphMeanings() { return kMeanings; }

const GraphMeaning* FindGraphMeaning(int code, int subcode,
                                     std::string_view text,
                                     std::string_view type) {
  if (subcode == 0) {
    const std::string lower = absl::AsciiStrToLower(ToAbsl(text));
    for (const Worded& one : kWorded) {
      if (one.code == code && absl::StrContains(lower, one.words) &&
          (one.type.empty() || one.type == type)) {
        return &one.meaning;
      }
    }
  }
  const auto* const it = std::find_if(
      kMeanings.begin(), kMeanings.end(), [&](const GraphMeaning& meaning) {
        return meaning.code == code &&
               (meaning.subcode == kAnySubcode || meaning.subcode == subcode);
      });
  const bool exact = it != kMeanings.end() && it->subcode == subcode;
  // Subcodes of media come with codes that nobody lists, and with code 100.
  constexpr int kParameterCode = 100;
  if (IsOfMedia(subcode) && !exact &&
      (it == kMeanings.end() || code == kParameterCode)) {
    return &Row(324, kAnySubcode);
  }
  return it == kMeanings.end() ? nullptr : it;
}

GraphMeaning MeaningOfHttpStatus(int http_status, bool refused,
                                 bool transient) {
  // A success without what belongs to one, a fault of Meta's machines, and half
  // of an error that may pass say nothing of whether Meta acted.
  const bool not_taken = http_status >= 300 && http_status < 500;
  if (!not_taken || (transient && !refused)) return Unclear(0, 0);
  if (refused && transient) {
    return {0,
            0,
            Code::kUnavailable,
            v1::ERROR_REASON_GRAPH_UNAVAILABLE,
            "Meta could not do this for now; nothing was done",
            nullptr,
            kAgainInAMinute};
  }
  GraphMeaning meaning = RefusedByStatus(http_status);
  // Something between this server and Meta may have answered.
  if (!refused && meaning.retry_seconds == kNeverAgain) {
    meaning.remedy = kNotMetas;
  }
  return meaning;
}

const char* RemedyForMediaOnceMore() { return kMediaOnceMore; }

const GraphMeaning& UnknownPageMeaning() {
  return Row(100, kUnknownObjectSubcode);
}

const GraphMeaning& UnknownUserMeaning() {
  return Row(100, kUnknownUserSubcode);
}

const GraphMeaning& UnknownMessageMeaning() { return kUnknownMessage; }

}  // namespace linktor::graph
