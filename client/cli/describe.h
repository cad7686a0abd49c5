// These functions show the contract's resources to a person, as blocks of lines
// or as summaries of one line. Text that came from outside is escaped, so that
// it cannot control the terminal. The functions are pure, for any thread.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/conversation.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/user_profile.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

// These return the content in a few words: "\"Hello\" [2 quick replies]",
// "image https://…".
std::string Summary(const v1::MessageContent& content);
std::string Summary(const v1::Message& message);

std::string Describe(const v1::Channel& channel, const absl::TimeZone& zone);
std::string Describe(const v1::Message& message, const absl::TimeZone& zone);
// `now` decides which messaging windows are still open.
std::string Describe(const v1::Conversation& conversation, absl::Time now,
                     const absl::TimeZone& zone);
std::string Describe(const v1::GetIceBreakersResponse& ice_breakers);
// Facts that Instagram did not supply are left out.
std::string Describe(const v1::UserProfile& profile,
                     const absl::TimeZone& zone);
std::string Describe(const v1::RefreshMediaResponse& media,
                     const absl::TimeZone& zone);

// Each returns one line of a list: of `channels list`, `messages list`, or
// `conversations list`.
std::string OneLine(const v1::Channel& channel);
std::string OneLine(const v1::Message& message, const absl::TimeZone& zone);
std::string OneLine(const v1::Conversation& conversation,
                    const absl::TimeZone& zone);

}  // namespace linktor::cli
