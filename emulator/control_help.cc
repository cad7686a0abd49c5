#include "emulator/control_help.h"

#include "absl/strings/str_replace.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// $E stands for the emulator's address. Tests run the commands of this text, in
// its order.
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
  curl $E/emulator/messages -d '{"from":"6101","unsupported":true}'
  curl $E/emulator/messages -d '{"from":"6101","other":{"key":"delivery","value":{"mids":["m_1"]}}}'
An attachment's type is image, video, audio, file, media, share, ig_post, post,
ig_reel, reel, ig_story, story, story_mention, sticker, template, fallback,
unsupported_type, ephemeral, like_heart, or any other. In short, it has the
members that Instagram tells of it; with a "payload" of its own it is sent as given:
  curl $E/emulator/messages -d '{"from":"6101","attachments":[{"type":"ig_reel","url":"https://example.com/reel","title":"Our hats","media_id":"17900000000000004"}]}'
  curl $E/emulator/messages -d '{"from":"6101","attachments":[{"type":"ig_story","url":"https://example.com/story","media_id":"17900000000000003"}]}'
  curl $E/emulator/messages -d '{"from":"6101","attachments":[{"type":"template","name":"generic","elements":[{"title":"Summer Dress"}]}]}'
  curl $E/emulator/messages -d '{"from":"6101","attachments":[{"type":"ephemeral"},{"type":"fallback","payload":{"title":"A page"}}]}'
A text or attachment can have more to it:
  curl $E/emulator/messages -d '{"from":"6101","text":"New Arrivals","quick_reply":{"payload":"BROWSE_NEW"}}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Love this!","story":{"id":"story_xyz789"}}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Still there?","product":{"id":"prod_123"}}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Yes","reply_to":{"mid":"m_1"}}'
A text, an attachment or a postback can come by a link or an ad:
  curl $E/emulator/messages -d '{"from":"6101","text":"In M?","referral":{"ref":"summer","ad_id":"120200000001","ad_title":"Hats"}}'
On some accounts an edit numbered 0 comes before or after each message, or alone:
  curl $E/emulator/messages -d '{"from":"6101","text":"Hello?","edit_zero":"before"}'
  curl $E/emulator/messages -d '{"from":"6101","text":"Hello??","edit_zero":"alone"}'
A reaction is love, laugh, wow, sad, angry, like, or another name with an
"emoji"; without a "mid" it is about the newest message the customer was sent, and
so are a seen mark ("read") and feedback. A handover's "action" is pass, take,
request, metadata or, with "roles":{"2":["primary_receiver"]}, app_roles. A comment
gets an "id" if you give none; "by_account":true is one of the account itself,
"flat":true has it in the entry without "changes", and "id_as":"comment_id" calls
its id as some of Meta's samples do. Reads, edits, unsends, comments and app_roles
come without "from", too, and these have none:
  curl $E/emulator/messages -d '{"mention":{"media_id":"17900000000000001"}}'
  curl $E/emulator/messages -d '{"story_insights":{"media_id":"17900000000000003","reach":44,"replies":-1}}'
  curl $E/emulator/messages -d '{"policy_enforcement":{"action":"block","reason":"spam"}}'
Each may have "timestamp" (milliseconds since 1970), "standby":true (another app
owns the conversation) or "standby":"copy" (it comes under "messaging" and under
"standby"), "to" (another Instagram account than account_id; taps too), and
"leave_out" with names of members that Instagram leaves out now and then: sender,
recipient, timestamp, mid, is_echo. What a customer writes or taps may have a "mid"
of your choice; comments, mentions and insights have none of these but "to".
What is not here is a body for POST /emulator/webhooks (below).

A CUSTOMER TAPS - POST /emulator/taps
What the gateway has really offered: a quick reply or button of a message it
sent to that customer, or an ice breaker. The payload is looked up.
  curl $E/emulator/taps -d '{"from":"6101","title":"Sale Items"}'
"payload" and "message_mid" tell apart what has the same title; an error lists
what there is to tap.

THE OWNER ANSWERS IN THE APP - POST /emulator/answers
The webhook is an echo that belongs to no call of the API. "to" is the customer:
  curl $E/emulator/answers -d '{"to":"6101","text":"Yes, until six."}'
  curl $E/emulator/answers -d '{"to":"6101","attachments":[{"type":"like_heart"}],"reply_to":{"mid":"m_2"}}'
  curl $E/emulator/answers -d '{"to":"6101","text":"Thank you!","story":{"id":"story_xyz789"}}'
  curl $E/emulator/answers -d '{"to":"6101","edit":{"mid":"m_3","text":"Until seven.","num_edit":1}}'
  curl $E/emulator/answers -d '{"to":"6101","reaction":{"mid":"m_2","reaction":"love"}}'
  curl $E/emulator/answers -d '{"to":"6101","unreact":{"mid":"m_2"}}'
  curl $E/emulator/answers -d '{"to":"6101","unsend":{"mid":"m_3"}}'
On some accounts the flag is missing, and who wrote it is all that tells:
  curl $E/emulator/answers -d '{"to":"6101","text":"Sorry!","leave_out":["is_echo"]}'
The account may write to itself, to try an app:
  curl $E/emulator/answers -d '{"self":true,"text":"Does it work?"}'
  curl $E/emulator/answers -d '{"self":true,"postback":{"title":"Start","payload":"START"}}'
"mid", "timestamp", "standby" and "leave_out" are as above; "account" says which
account's owner it is.

THE DASHBOARD'S TEST BUTTON - POST /emulator/tests
  curl $E/emulator/tests -d '{"field":"messages"}'
  curl $E/emulator/tests -d '{"field":"messaging_seen","form":"messaging"}'
  curl $E/emulator/tests -d '{"field":"comments","form":"bare"}'
  curl $E/emulator/tests -d '{"field":"message_reactions","entry_id":"17841400000000001"}'
"form" is changes, messaging or bare; the account is "0". An unknown field's error
lists the fields.

SEVERAL ACCOUNTS - GET /emulator/accounts, GET PUT /emulator/accounts/{id}
The first account is that of /emulator/config. Another one has its own page, tokens
and users; everything else is as the first one's until it is set: webhook_url,
app_secret, verify_token, and what Meta refuses (below).
  curl -X PUT $E/emulator/accounts/17841400000000002 -d '{"page_id":"100200302","access_token":"second","other_tokens":["third"]}'
  curl $E/emulator/accounts
  curl $E/emulator/messages -d '{"to":"17841400000000002","from":"6201","text":"Hi!"}'
  curl $E/emulator/answers -d '{"account":"17841400000000002","to":"6201","text":"Hello!"}'
  curl $E/emulator/users?account=17841400000000002
  curl -X POST $E/emulator/verify -d '{"account":"17841400000000002"}'
A Graph call is for the account of its path, or else of its token, or else the first.
One URL may be set up for Messenger, too, whose webhooks name the page:
  curl $E/emulator/messages -d '{"to":"17841400000000002","from":"6301","text":"On Messenger","messenger":true}'

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
Also webhook_url, app_secret, verify_token, account_id, page_id, other_tokens,
hold_echoes, echo_before_answer, echo_delay_ms.

HOW WEBHOOKS ARE DELIVERED - GET PUT POST DELETE /emulator/delivery
Each at once, alone, and once, until you say otherwise. What is not answered 200 is
delivered again, at once and then after pauses that double; after
"give_up_after_ms", a thousandth of Meta's 36 hours, it is given up:
  curl -X PUT $E/emulator/delivery -d '{"redeliver":true,"first_pause_ms":1000,"give_up_after_ms":129600}'
Up to 1000 updates come in one webhook, also of several accounts that have one URL
and secret; they wait for each other, so their controls answer "waits":true:
  curl -X PUT $E/emulator/delivery -d '{"batch":100,"gather_ms":200}'
They come in another order, and some of them twice. One seed repeats what it did; it
is in the answer and in the log:
  curl -X PUT $E/emulator/delivery -d '{"reorder":true,"duplicate_percent":10,"seed":42}'
They wait until you ask for them. A POST sends what waits, and answers when all of
it was answered; "ahead_ms" moves the deliveries' clock, so that pauses are over:
  curl -X PUT $E/emulator/delivery -d '{"hold":true}'
  curl -X POST $E/emulator/delivery
  curl $E/emulator/delivery -d '{"ahead_ms":60000}'
  curl $E/emulator/delivery  # the settings, the seed, and what waits
  curl -X DELETE $E/emulator/delivery  # forgets what waits
  curl -X PUT $E/emulator/delivery -d '{"hold":false,"redeliver":false,"batch":1,"reorder":false,"duplicate_percent":0}'

WHAT ELSE GOES WRONG - GET POST DELETE /emulator/faults
  curl $E/emulator/faults -d '{"on":"messages","kind":"accept_then_close"}'
  curl $E/emulator/faults -d '{"on":"*","kind":"close"}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"delay","ms":5000}'
  curl $E/emulator/faults -d '{"on":"user_profile","kind":"status","status":503,"times":2}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"graph_error","code":100,"subcode":2018008}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"graph_error","code":613,"message":"(#613) Too many calls"}'
  curl $E/emulator/faults -d '{"on":"messages","kind":"graph_error","status":403,"code":200,"message":"(#200) The account owner has disabled access to Instagram Direct messages","localized_message":"(#200) O acesso foi desativado","type":"IGApiException"}'
  curl $E/emulator/faults -d '{"on":"messages","account":"17841400000000002","kind":"close"}'
The one before the last answers in the language of the token's owner unless the call has
locale=en_US. "on" is messages, messenger_profile, user_profile, message or *;
"account" may be another account; "times":0 lasts until
  curl -X DELETE $E/emulator/faults

LOOKING
  curl $E/emulator/graph-calls  # what the gateway asked of Meta; DELETE clears
  curl $E/emulator/webhooks  # what was sent to the gateway
  curl $E/emulator/webhooks?account=17841400000000002 -d '{"object":"instagram","entry":[]}'
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
