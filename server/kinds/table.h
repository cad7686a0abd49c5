// The table of all kinds of events. A new kind is a file in this folder and a
// line in each of the two lists here.
//
// The envelope's item reader, ingest, the state, the filter of subscriptions,
// the command-line client and the emulator ask it. All of it is constant, so
// any thread may use it at any time. All that is returned here lives as long as
// the process, but for MessageOf and WholeMessage.

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

// Each is defined in the file that has its name. Several rows may share a type
// and a payload; they are then in one file, as those of handover.cc are.
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

// The table has the rows in the order of precedence: an item is of the first
// kind whose key it has and which fits. So an unsend comes before all other
// messages, an echo before all that customers write, and message.received,
// which fits every message, after the more special ones. The place of a row
// without a key does not matter, because no messaging item brings its events.
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

// Returns the first row of events of that type or with that payload; kUnknown
// when there is none. Rows that have no event of their own yet are never
// returned, because they share kUnknown's type. Each goes through the whole
// table, which is short.
const Kind& FindType(std::string_view type);
const Kind& FindPayload(v1::Event::PayloadCase payload);

// Returns the row of the changes of that field; null when no kind has it.
const Kind* FindField(std::string_view field);

// Returns the types of events that this server makes, in the order of their
// payloads in event.proto. Each is there once, and instagram.unknown is one of
// them. The first call makes the list.
const std::vector<std::string>& Types();

// Returns the message within an event, which the event brought or is about;
// null when it has none. It points into `event`.
const v1::Message* MessageOf(const v1::Event& event);

// Returns the message that an event brought, with all that the event says of it
// in other fields; nothing when the event brought none. A tap on a button is a
// message, too. It lacks the id where the event does not have it.
std::optional<v1::Message> WholeMessage(const v1::Event& event);

}  // namespace linktor::kinds
