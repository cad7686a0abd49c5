// The table of all kinds of events. A new kind is a file in this folder and a
// line in each of the two lists here.
//
// The envelope's item reader, ingest, the state, the filter of subscriptions,
// the command-line client and the emulator ask it. All of it is constant: any
// thread may use it at any time.

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"
#include "server/kinds/kind.h"

namespace linktor::kinds {

// Each is defined in the file that has its name.
extern const Kind kUnsend;
extern const Kind kQuickReply;
extern const Kind kStoryReply;
extern const Kind kStoryMention;
extern const Kind kProductShare;
extern const Kind kMessageReceived;
extern const Kind kMessageEdit;
extern const Kind kPostback;
extern const Kind kReaction;
extern const Kind kReferral;
extern const Kind kMessageSent;
extern const Kind kMessageFailed;
extern const Kind kMessageUnconfirmed;

// In the order of precedence: an item is of the first kind whose key it has and
// which fits.
inline constexpr std::array kTable = {
    &kUnsend,        &kMessageEchoed,      &kQuickReply,      &kStoryReply,
    &kStoryMention,  &kProductShare,       &kMessageReceived, &kMessageEdit,
    &kPostback,      &kReaction,           &kReferral,        &kMessageSent,
    &kMessageFailed, &kMessageUnconfirmed, &kUnknown};

// Returns the row of events of that type or with that payload; kUnknown when
// there is none.
const Kind& FindType(std::string_view type);
const Kind& FindPayload(v1::Event::PayloadCase payload);

// Returns the types of events that this server makes, in the order of their
// payloads in event.proto.
const std::vector<std::string>& Types();

// Returns the message that an event brought or is about; null when it has none.
const v1::Message* MessageOf(const v1::Event& event);

}  // namespace linktor::kinds
