// When Instagram did not say how a send ended, its echo can show it. This gives
// what a send and its echo have in common, by which they find each other. The
// sender takes the text of a send, ingest that of an echo; the sealer hashes
// both (ContentMatch), and the state compares the hashes, within one
// conversation only. Pure.

#pragma once

#include <string>

#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor::policy {

// Returns a text that is equal for a send and its echo: the words of a text
// message; for anything else only what kind of thing it is, because Instagram
// gives media another URL and writes templates anew. Two different pictures
// therefore have the same text, and the caller needs more than this to tell
// them apart.
//
// It is empty when nothing can be matched: content that is not set, or an echo
// with several attachments or with a thing that this server cannot send. The
// state keeps a hash of it: do not change.
std::string MatchTextOf(const v1::MessageContent& content);
std::string MatchTextOf(const v1::Message& echo);

}  // namespace linktor::policy
