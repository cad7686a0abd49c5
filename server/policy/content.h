// Checks Instagram's limits on messages and ice breakers, before any call to
// Instagram. The limits of one kind of message content are in the file of that
// kind in kinds/content. The functions are pure.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/ice_breaker.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/status.h"

namespace linktor::policy {

// A list of ice breakers has at most this many. Meta's reference of
// messenger_profile states this limit.
inline constexpr int kMaxIceBreakers = 4;
// A question of an ice breaker has at most this many characters. Meta does not
// state this limit, but Meta's own tools have it.
inline constexpr std::size_t kMaxQuestionCharacters = 80;
// A message has at most this many quick replies. Meta's reference of quick
// replies states this limit.
inline constexpr int kMaxQuickReplies = 13;

// Returns every violation of a limit, with the path of the field. The path
// begins with "content". The result is empty when there is no violation.
std::vector<FieldViolation> CheckContent(const v1::MessageContent& content);

// Returns every violation in one list of ice breakers. The path of each
// violation begins with `path`, such as "ice_breakers[0].question".
std::vector<FieldViolation> CheckIceBreakers(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
    std::string_view path);

}  // namespace linktor::policy
