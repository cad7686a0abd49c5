// Instagram's limits on what is sent are checked here before any call. Those of
// one kind of content are in its file in kinds/content. Pure.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/ice_breaker.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/status.h"

namespace linktor::policy {

// The messenger_profile reference says so.
inline constexpr int kMaxIceBreakers = 4;
// Meta does not state it; its own tools have it.
inline constexpr std::size_t kMaxQuestionCharacters = 80;
// The quick reply reference says so.
inline constexpr int kMaxQuickReplies = 13;

// Returns every violation, with the field's path under "content".
std::vector<FieldViolation> CheckContent(const v1::MessageContent& content);

// Returns every violation of one list, with paths under `path`, such as
// "ice_breakers[0].question".
std::vector<FieldViolation> CheckIceBreakers(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
    std::string_view path);

}  // namespace linktor::policy
