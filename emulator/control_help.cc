#include "emulator/control_help.h"

#include "absl/strings/str_replace.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// $E stands for the address. Tests run the commands of this text.
constexpr char kHelp[] = R"(Linktor Instagram emulator

A CUSTOMER WRITES - POST /emulator/messages
Sends the webhook that Instagram would send, and answers with its mid and with
what the gateway said. "from" is any id of 1 to 32 digits; with it exactly one
of:
  curl $E/emulator/messages -d '{"from":"6101","text":"Do you have this in M?"}'
  curl $E/emulator/messages -d '{"from":"6101","attachments":[{"type":"image","url":"https://example.com/a.jpg"}]}'
  curl $E/emulator/messages -d '{"from":"6101","story_mention":{"url":"https://example.com/story.jpg"}}'
  curl $E/emulator/messages -d '{"from":"6101","attachments":[{"type":"audio","url":"https://example.com/voice.m4a"}]}'
  curl $E/emulator/messages -d '{"from":"6101","product_share":{"elements":[{"id":"prod_123","title":"Summer Dress"}]}}'
  curl $E/emulator/messages -d '{"from":"6101","postback":{"title":"Learn More","payload":"SUMMER_INFO"}}'
  curl $E/emulator/messages -d '{"from":"6101","reaction":{"reaction":"love","mid":"m_1"}}'
  curl $E/emulator/messages -d '{"from":"6101","unreact":{"mid":"m_1"}}'
  curl $E/emulator/messages -d '{"from":"6101","referral":{"ref":"flyer7"}}'
  curl $E/emulator/messages -d '{"from":"6101","read":{"mid":"m_1"}}'
  curl $E/emulator/messages -d '{"from":"6101","edit":{"mid":"m_2","text":"In L?","num_edit":1}}'
  curl $E/emulator/messages -d '{"from":"6101","unsend":{"mid":"m_2"}}'
  curl $E/emulator/messages -d '{"from":"6101","feedback":{"mid":"m_1","positive":true}}'
  curl $E/emulator/messages -d '{"from":"6101","optin":{"title":"Weekly Deals","payload":"DEALS"}}'
  curl $E/emulator/messages -d '{"from":"6101","handover":{"action":"pass","new_owner_app_id":"2"}}'
  curl $E/emulator/messages -d '{"from":"6101","comment":{"text":"How much?","username":"customer_user","media_id":"17900000000000001"}}'
  curl $E/emulator/messages -d '{"from":"6101","live_comment":{"text":"Hello","media_id":"17900000000000002"}}'
A text or attachment can have more to it:
  curl $E/emulator/messages -d '{"from":"6101","text":"New Arrivals","quick_reply":{"payload":"BROWSE_NEW"}}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Love this!","story":{"id":"story_xyz789"}}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Still there?","product":{"id":"prod_123"}}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Yes","reply_to":{"mid":"m_1"}}'
A text, an attachment or a postback can come by a link or an ad:
  curl $E/emulator/messages -d '{"from":"6101","text":"In M?","referral":{"ref":"summer","ad_id":"120200000001","ad_title":"Hats"}}'
A reaction is love, laugh, wow, sad, angry, like, or another name with an
"emoji"; without a "mid" it is about the newest message the customer was sent, and
so are a seen mark ("read") and feedback. A handover's "action" is pass, take,
request, metadata or, with "roles":{"2":["primary_receiver"]}, app_roles. A comment
gets an "id" if you give none. Reads, edits, comments and app_roles come without
"from", too, and these have none:
  curl $E/emulator/messages -d '{"mention":{"media_id":"17900000000000001"}}'
  curl $E/emulator/messages -d '{"story_insights":{"media_id":"17900000000000003","reach":44,"replies":-1}}'
  curl $E/emulator/messages -d '{"policy_enforcement":{"action":"block","reason":"spam"}}'
Each may have "timestamp" (milliseconds since 1970), "standby":true (another app
owns the conversation), "to" (another Instagram account than account_id; taps
too). What a customer writes or taps may have a "mid" of your choice; comments,
mentions and insights have no time and no standby. An attachment with a "payload" of
its own is sent as given. What is not here is a body for POST /emulator/webhooks
(below).

A CUSTOMER TAPS - POST /emulator/taps
What the gateway has really offered: a quick reply or button of a message it
sent to that customer, or an ice breaker. The payload is looked up.
  curl $E/emulator/taps -d '{"from":"6101","title":"Sale Items"}'
"payload" and "message_mid" tell apart what has the same title; an error lists
what there is to tap.

CUSTOMERS - GET /emulator/users, GET PUT /emulator/users/{id}
  curl $E/emulator/users/6101
  curl -X PUT $E/emulator/users/6101 -d '{"username":"customer_user","name":"Ana"}'
A profile also has profile_pic, follower_count, is_user_follow_business,
is_business_follow_user and is_verified_user. Without consent it is refused:
  curl -X PUT $E/emulator/users/6101 -d '{"profile_consent":false}'  # 230
These make sends to one customer fail, in any mode:
  curl -X PUT $E/emulator/users/6101 -d '{"blocked":true}'  # 551/1545041
  curl -X PUT $E/emulator/users/6101 -d '{"messages_allowed":false}'  # 10/2018108
  curl -X PUT $E/emulator/users/6101 -d '{"exists":false}'  # 100/2534014
and in strict mode:
  curl -X PUT $E/emulator/users/6101 -d '{"last_message_age_s":90000}'  # 10/2534022
null for never; "app_role":true for someone with a role in the app.

WHAT META REFUSES - GET PUT /emulator/config
  curl -X PUT $E/emulator/config -d '{"strict":true}'
From then on: a page or account other than page_id and account_id, 100/33; 24 h
after a customer's latest message, or before the first, 10/2534022; 7 days with
the tag HUMAN_AGENT; an id that never wrote and that nobody PUT, 100/2534014; the
profile of someone who never wrote, 230; and these:
  curl -X PUT $E/emulator/config -d '{"access_token":"the only good one"}'  # 190/463
  curl -X PUT $E/emulator/config -d '{"permissions":["instagram_basic"]}'  # 200
  curl -X PUT $E/emulator/config -d '{"app_approved":false}'  # 200/2018028
  curl -X PUT $E/emulator/config -d '{"access_to_messages":false}'  # 200/2534041
The app's setting "Require App Secret", in any mode; calls need an
appsecret_proof by app_secret:
  curl -X PUT $E/emulator/config -d '{"require_app_secret":true}'  # 100
Also webhook_url, app_secret, verify_token, account_id, page_id, hold_echoes,
echo_before_answer, echo_delay_ms.

WHAT ELSE GOES WRONG - GET POST DELETE /emulator/faults
  curl $E/emulator/faults -d '{"on":"messages","kind":"accept_then_close"}'
  curl $E/emulator/faults -d '{"on":"*","kind":"close"}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"delay","ms":5000}'
  curl $E/emulator/faults -d '{"on":"user_profile","kind":"status","status":503,"times":2}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"graph_error","code":100,"subcode":2018008}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"graph_error","code":613,"message":"(#613) Too many calls"}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"graph_error","status":403,"code":200,"message":"(#200) The account owner has disabled access to Instagram Direct messages","localized_message":"(#200) O acesso foi desativado","type":"IGApiException"}'
The last answers in the language of the token's owner unless the call has
locale=en_US. "on" is messages, messenger_profile, user_profile, message or *;
"times":0 lasts until
  curl -X DELETE $E/emulator/faults

LOOKING
  curl $E/emulator/graph-calls  # what the gateway asked of Meta; DELETE clears
  curl $E/emulator/webhooks  # what was sent to the gateway
  curl -X POST $E/emulator/webhooks/1/redeliver
  curl -X POST $E/emulator/verify  # Meta's verification of the webhook URL
  curl $E/emulator/webhooks -d '{"object":"instagram","entry":[]}'  # any body, signed

Every other path is the Graph API: POST /{version}/{id}/messages, GET POST
DELETE /{version}/{id}/messenger_profile, GET /{version}/{user}?fields=username,
GET /{version}/{mid}?fields=story,attachments, which makes each link anew; the
story of a message can be seen for 24 h.
)";

}  // namespace

std::string ControlHelp(std::string_view address) {
  return absl::StrReplaceAll(kHelp, {{"$E", ToAbsl(address)}});
}

}  // namespace linktor::emulator
