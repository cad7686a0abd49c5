// What a send and its echo have in common, for sends of which Instagram did not
// say how they ended. Pure.

#pragma once

#include <string>

#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"

namespace linktor {

// These are equal for a send and its echo: for a text it is the text, and for
// anything else only what kind of thing it is, because Instagram gives media
// another URL and writes templates anew. Empty when nothing can be matched: an
// echo with several attachments, or with a thing that this server cannot send,
// is nobody's. Kept in the state as a hash: do not change.
std::string MatchTextOf(const v1::MessageContent& content);
std::string MatchTextOf(const v1::Message& echo);

}  // namespace linktor
