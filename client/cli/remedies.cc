#include "client/cli/remedies.h"

#include <string_view>

#include "linktor/instagram/constants.h"

namespace linktor::cli {
namespace {

namespace reason = ::linktor::instagram::reason;

struct OwnRemedy {
  std::string_view reason;
  const char* text;
};

constexpr OwnRemedy kOwnRemedies[] = {
    {reason::kInvalidRequest, "Correct what the message names."},
    {reason::kInvalidContent,
     "Correct the content: every field that is named breaks a limit; what "
     "Instagram itself said is in the message."},
    {reason::kChannelNotFound,
     "Use an id of linktor-ig channels list, or create the channel."},
    {reason::kAccountAlreadyConnected,
     "Use the channel that channel_id names, or delete it first."},
    {reason::kChannelChanged,
     "Read the channel again by linktor-ig channels get, and decide anew."},
    {reason::kConversationNotFound,
     "Use the customer of an event of this channel or of linktor-ig "
     "conversations list: a customer is known from the first event about them "
     "on."},
    {reason::kCredentialsMissing, "Give the channel an access token."},
    {reason::kMessageNotFound,
     "Use an id that a send or an event of this channel gave."},
    {reason::kMessageNotUnconfirmed,
     "Nothing: the message has its outcome, which linktor-ig messages get "
     "shows."},
    {reason::kOutsideMessagingWindow,
     "Wait until the customer writes. If a person writes the message and Meta "
     "has approved the Human Agent feature, send it with --human-agent within "
     "7 days."},
    {reason::kRecipientNotFound,
     "Send to a customer whom an event of this same channel names: "
     "Instagram-scoped ids of other accounts or apps do not work."},
    {reason::kRateLimited,
     "Try again later; send less to this customer or from this account."},
    {reason::kRequestIdReused, "Use a new --request-id for a new message."},
    {reason::kRequestInFlight,
     "Ask again with the same --request-id, or by linktor-ig messages get."},
    {reason::kSendOutcomeUnknown,
     "Do not send it again. Wait for the echo, or look into Instagram and tell "
     "what you saw by linktor-ig messages resolve."},
    {reason::kAccessTokenExpired,
     "Generate a new access token at Meta and give it to the channel."},
    {reason::kCursorInvalid,
     "Give a cursor exactly as it was printed, or start with --from-start."},
    {reason::kCursorExpired,
     "Start with --from-start, knowing that events are missing."},
    {reason::kCursorRewound, "Go on after the cursor that restart_cursor has."},
    {reason::kDeadlineTooShort,
     "Give the call more time by --timeout: sending takes up to 30 s, with "
     "media 90 s."},
    {reason::kGraphError,
     "See graph_code and the message; check page id, account id and login type "
     "of the channel."},
    {reason::kRecipientOptedOut,
     "Do not write to this customer unless they have agreed again."},
    {reason::kApiKeyMissing, "Give linktor-ig an API key."},
    {reason::kApiKeyExpired, "Use a newer key, or have this one prolonged."},
    {reason::kApiKeyDisabled, "Use another key, or have this one enabled."},
    {reason::kNotAuthorized,
     "Use a key that may do this, or have the permission or the channel "
     "granted "
     "to this one."},
    {reason::kApiKeyNotFound, "Use an id of linktor-ig keys list."},
    {reason::kAccountNotLinked,
     "Compare page id, account id and login type of the channel with Meta's "
     "Business Suite, and link Page and account there."},
    {reason::kAppSecretRefused,
     "Set the app secret of the app that the access token is of, by linktor-ig "
     "channels set-credentials: calls of Facebook Login are proved by it. With "
     "Instagram Login switch off Require App Secret in Meta's App Dashboard."},
};

}  // namespace

std::string OwnRemedyOf(const std::string& reason) {
  for (const OwnRemedy& one : kOwnRemedies) {
    if (one.reason == reason) return one.text;
  }
  return "";
}

}  // namespace linktor::cli
