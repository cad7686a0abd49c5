#include "server/graph/error_table.h"

#include <algorithm>
#include <array>

namespace linktor {
namespace {

using Code = absl::StatusCode;

constexpr char kWindowText[] =
    "Instagram says the 24-hour messaging window is closed; it opens again "
    "when the customer writes";
constexpr char kThreadText[] =
    "another app has control of this conversation; send when it has passed "
    "control";
constexpr char kGoneText[] =
    "the customer has blocked the account, is deactivated or cannot receive "
    "messages; wait until they write";
constexpr char kNoUserText[] =
    "Instagram knows no such user for this account; use the user_id of a "
    "webhook event of this channel";
constexpr char kRateText[] =
    "Meta limits this app or account; nothing was done";
constexpr char kMediaText[] =
    "Meta could not fetch or use the media; it must be public, of a type and "
    "size that Instagram takes";
constexpr char kTokenText[] =
    "Meta refuses the access token; set a new one by SetChannelCredentials";
constexpr char kNoObjectText[] =
    "Meta knows no such page or account under this token; check the channel's "
    "page_id, instagram_account_id and login_type";
constexpr char kUnclearText[] = "Meta failed without saying whether it acted";

constexpr std::array kMeanings = {
    GraphMeaning{1, kAnySubcode, Code::kUnavailable,
                 v1::ERROR_REASON_GRAPH_UNAVAILABLE, kUnclearText, true},
    GraphMeaning{2, kAnySubcode, Code::kUnavailable,
                 v1::ERROR_REASON_GRAPH_UNAVAILABLE, kUnclearText, true},
    GraphMeaning{1200, kAnySubcode, Code::kUnavailable,
                 v1::ERROR_REASON_GRAPH_UNAVAILABLE,
                 "Meta could not send for now; try again"},
    GraphMeaning{
        3, kAnySubcode, Code::kFailedPrecondition,
        v1::ERROR_REASON_APP_NOT_APPROVED,
        "the Meta app lacks the capability; add Instagram messaging to it "
        "and complete App Review"},
    GraphMeaning{4, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{9, 2018352, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{17, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{32, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{613, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{80001, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{80002, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{80006, kAnySubcode, Code::kResourceExhausted,
                 v1::ERROR_REASON_RATE_LIMITED, kRateText},
    GraphMeaning{10, 2534022, Code::kFailedPrecondition,
                 v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, kWindowText},
    GraphMeaning{10, 2018278, Code::kFailedPrecondition,
                 v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, kWindowText},
    GraphMeaning{10, 2018065, Code::kFailedPrecondition,
                 v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, kWindowText},
    GraphMeaning{10, 2018108, Code::kFailedPrecondition,
                 v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, kGoneText},
    GraphMeaning{10, 2018300, Code::kFailedPrecondition,
                 v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
                 kThreadText},
    GraphMeaning{10, 2018321, Code::kFailedPrecondition,
                 v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
                 kThreadText},
    GraphMeaning{
        10, 1893063, Code::kFailedPrecondition,
        v1::ERROR_REASON_ACCOUNT_RESTRICTED,
        "Meta has restricted the account from sending; see its Account "
        "Quality page"},
    GraphMeaning{
        10, kAnySubcode, Code::kFailedPrecondition,
        v1::ERROR_REASON_PERMISSION_MISSING,
        "the token lacks a permission; grant instagram_manage_messages "
        "(Facebook Login) or instagram_business_manage_messages (Instagram "
        "Login)"},
    GraphMeaning{27, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
                 kThreadText},
    GraphMeaning{100, 2534037, Code::kFailedPrecondition,
                 v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
                 kThreadText},
    GraphMeaning{100, kNoObjectSubcode, Code::kNotFound,
                 v1::ERROR_REASON_GRAPH_ERROR, kNoObjectText},
    GraphMeaning{100, 2018001, Code::kNotFound,
                 v1::ERROR_REASON_RECIPIENT_NOT_FOUND, kNoUserText},
    GraphMeaning{100, 2534014, Code::kNotFound,
                 v1::ERROR_REASON_RECIPIENT_NOT_FOUND, kNoUserText},
    GraphMeaning{
        100, 2534029, Code::kFailedPrecondition,
        v1::ERROR_REASON_ACTION_BLOCKED,
        "Meta has blocked the app or account from Instagram messaging"},
    GraphMeaning{100, 2018008, Code::kInvalidArgument,
                 v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    GraphMeaning{100, 2018047, Code::kInvalidArgument,
                 v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    GraphMeaning{100, 2018074, Code::kInvalidArgument,
                 v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    GraphMeaning{100, 2018109, Code::kInvalidArgument,
                 v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    GraphMeaning{100, 2018294, Code::kInvalidArgument,
                 v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    GraphMeaning{100, kAnySubcode, Code::kInvalidArgument,
                 v1::ERROR_REASON_INVALID_CONTENT,
                 "Instagram does not take this request"},
    GraphMeaning{36000, kAnySubcode, Code::kInvalidArgument,
                 v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    GraphMeaning{102, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, kTokenText},
    GraphMeaning{190, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, kTokenText},
    GraphMeaning{
        200, 2018028, Code::kFailedPrecondition,
        v1::ERROR_REASON_APP_NOT_APPROVED,
        "the recipient has no role in an app that Meta has not approved; "
        "complete App Review"},
    GraphMeaning{200, 2534041, Code::kFailedPrecondition,
                 v1::ERROR_REASON_MESSAGING_DISABLED,
                 "the account's owner has switched off \"Allow access to "
                 "messages\"; have it switched on"},
    GraphMeaning{200, 1545041, Code::kFailedPrecondition,
                 v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, kGoneText},
    GraphMeaning{
        200, kAnySubcode, Code::kFailedPrecondition,
        v1::ERROR_REASON_PERMISSION_MISSING,
        "the token lacks a permission for this; grant it and set the new "
        "token"},
    GraphMeaning{551, kAnySubcode, Code::kFailedPrecondition,
                 v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, kGoneText},
    GraphMeaning{
        368, kAnySubcode, Code::kFailedPrecondition,
        v1::ERROR_REASON_ACTION_BLOCKED,
        "Meta blocks this action for a time because of how it was used; "
        "stop sending"},
    GraphMeaning{803, kAnySubcode, Code::kNotFound,
                 v1::ERROR_REASON_RECIPIENT_NOT_FOUND, kNoUserText},
    GraphMeaning{9010, kAnySubcode, Code::kNotFound,
                 v1::ERROR_REASON_RECIPIENT_NOT_FOUND, kNoUserText},
};

}  // namespace

std::span<const GraphMeaning> GraphMeanings() { return kMeanings; }

const GraphMeaning* FindGraphMeaning(int code, int subcode) {
  const auto* const it = std::find_if(
      kMeanings.begin(), kMeanings.end(), [&](const GraphMeaning& meaning) {
        return meaning.code == code &&
               (meaning.subcode == kAnySubcode || meaning.subcode == subcode);
      });
  return it == kMeanings.end() ? nullptr : it;
}

GraphMeaning MeaningOfHttpStatus(int http_status, bool transient) {
  if (transient || http_status >= 500) {
    return {0,
            0,
            Code::kUnavailable,
            v1::ERROR_REASON_GRAPH_UNAVAILABLE,
            kUnclearText,
            true};
  }
  switch (http_status) {
    case 401:
      return {0, 0, Code::kFailedPrecondition,
              v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, kTokenText};
    case 403:
      return {0, 0, Code::kFailedPrecondition,
              v1::ERROR_REASON_PERMISSION_MISSING, "Meta does not permit this"};
    case 404:
      return {0, 0, Code::kNotFound, v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
              "Meta knows no such object"};
    case 429:
      return {0, 0, Code::kResourceExhausted, v1::ERROR_REASON_RATE_LIMITED,
              kRateText};
    default:
      return {0, 0, Code::kInternal, v1::ERROR_REASON_GRAPH_ERROR,
              "Meta refused for a reason this server does not know"};
  }
}

}  // namespace linktor
