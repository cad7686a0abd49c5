// When Instagram did not say how a send ended, the echo of the message can show
// it. An echo is an item of a webhook that tells of a message which the account
// has sent. The functions here return the text that a send and its echo have in
// common. With this text the server finds the send to which an echo belongs.
// The sender takes the text of a send, and ingest takes the text of an echo.
// The sealer hashes both texts (see Sealer::ContentMatch), and the state
// compares the hashes, within one conversation only. The functions are pure.

#pragma once

#include <string>

#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::policy {

// Returns a text that is equal for a send and its echo. For a text message it
// has the words of the message. For all other content it only has the kind of
// the content, because Instagram gives media another URL and changes templates.
// So two different pictures have the same text, and the caller needs more than
// this text to tell them apart.
//
// The text is empty in these cases, because there is nothing to match:
// - The content of the send is not set.
// - The echo has no content.
// - The echo has several attachments, or text beside an attachment.
// - The echo has an attachment that this server cannot send.
//
// The state keeps a hash of the text: do not change the text.
std::string MatchTextOf(const v1::MessageContent& content);
std::string MatchTextOf(const v1::Message& echo);

}  // namespace linktor::policy
