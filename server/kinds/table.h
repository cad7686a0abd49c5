// This is the table of all kinds of events. A new kind needs a file in this
// folder and a line in each of the two lists here.
//
// The item reader, ingest, the state, the filter of SubscribeEvents and
// ListEvents, the command-line client and the emulator use the table. The table
// is constant, so any thread may use it at any time. The results of the
// functions live as long as the process, except for the results of MessageOf
// and WholeMessage.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"
#include "server/kinds/kind.h"

namespace linktor::kinds {

// Each row is defined in the file that has its name. Several rows may have the
// same type and payload. Then one file defines all of them, as handover.cc
// does.
extern const Kind kUnsend;
extern const Kind kQuickReply;
extern const Kind kStoryReply;
extern const Kind kStoryMention;
extern const Kind kProductShare;
extern const Kind kMessageReceived;
extern const Kind kMessageEdited;
extern const Kind kPostback;
extern const Kind kReaction;
extern const Kind kReferral;
extern const Kind kMessageRead;
extern const Kind kOptin;
extern const Kind kPassThreadControl;
extern const Kind kTakeThreadControl;
extern const Kind kRequestThreadControl;
extern const Kind kPassThreadMetadata;
extern const Kind kAppRoles;
extern const Kind kFeedback;
extern const Kind kPolicyEnforcement;
extern const Kind kComment;
extern const Kind kLiveComment;
extern const Kind kMention;
extern const Kind kStoryInsights;
extern const Kind kMessageSent;
extern const Kind kMessageFailed;
extern const Kind kMessageUnconfirmed;
extern const Kind kChannelCreated;
extern const Kind kChannelUpdated;
extern const Kind kChannelDeleted;

// The rows are in the order of precedence. When an item has the keys of several
// rows, it is of the first kind that it also fits (Kind::fits). So an unsend
// comes before all other messages, and an echo before all messages of
// customers. message.received fits every message, so it comes after the more
// special kinds. The position of a row without a key does not matter, because
// no messaging item becomes an event of that kind.
inline constexpr std::array kTable = {&kUnsend,
                                      &kMessageEchoed,
                                      &kQuickReply,
                                      &kStoryReply,
                                      &kStoryMention,
                                      &kProductShare,
                                      &kMessageReceived,
                                      &kMessageEdited,
                                      &kPostback,
                                      &kReaction,
                                      &kReferral,
                                      &kMessageRead,
                                      &kOptin,
                                      &kPassThreadControl,
                                      &kTakeThreadControl,
                                      &kRequestThreadControl,
                                      &kPassThreadMetadata,
                                      &kAppRoles,
                                      &kFeedback,
                                      &kPolicyEnforcement,
                                      &kComment,
                                      &kLiveComment,
                                      &kMention,
                                      &kStoryInsights,
                                      &kMessageSent,
                                      &kMessageFailed,
                                      &kMessageUnconfirmed,
                                      &kChannelCreated,
                                      &kChannelUpdated,
                                      &kChannelDeleted,
                                      &kUnknown};

// These return the first row with that event type, or with that payload. They
// return kUnknown when there is no such row. A row that has no event type of
// its own yet is never returned, because such rows share kUnknown's type. Each
// function searches the whole table, which is short.
const Kind& FindType(std::string_view type);
const Kind& FindPayload(v1::Event::PayloadCase payload);

// Returns the row for the elements of entry.changes that have that field.
// Returns null when no kind has the field.
const Kind* FindField(std::string_view field);

// Returns the types of all events that this server makes. Their order is the
// order of the payloads in event.proto. Each type is in the list once, also
// instagram.unknown. The first call makes the list.
const std::vector<std::string>& Types();

// Returns the message within an event: the message that the event brought or is
// about. Returns null when the event has no message in it. The result points
// into `event`.
const v1::Message* MessageOf(const v1::Event& event);

// Returns a copy of the message that an event brought, together with what the
// event says about the message in other fields. Returns nullopt when the event
// brought no message. A tap on a button counts as a message, too. The message
// has no id when the event does not contain the id.
std::optional<v1::Message> WholeMessage(const v1::Event& event);

}  // namespace linktor::kinds
