// Instagram's limits on what is sent, checked before any call. Pure.

#pragma once

#include <cstddef>
#include <vector>

#include "linktor/instagram/v1/ice_breaker.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/base/status.h"

namespace linktor {

// Meta counts bytes of UTF-8 (send API reference).
inline constexpr std::size_t kMaxTextBytes = 1000;
// messenger_profile reference.
inline constexpr int kMaxIceBreakers = 4;
// Not stated by Meta; the limits of its own tools.
inline constexpr std::size_t kMaxQuestionCharacters = 80;
inline constexpr std::size_t kMaxPayloadBytes = 1000;
inline constexpr std::size_t kMaxUrlBytes = 2000;
// Generic template and quick reply references.
inline constexpr int kMaxElements = 10;
inline constexpr int kMaxButtons = 3;
inline constexpr int kMaxQuickReplies = 13;
inline constexpr std::size_t kMaxElementCharacters = 80;
inline constexpr std::size_t kMaxButtonCharacters = 20;

// Every violation, with the field's path under "content".
std::vector<FieldViolation> CheckContent(const v1::MessageContent& content);

// Every violation of one list, with paths under `path`, such as
// "ice_breakers[0].question".
std::vector<FieldViolation> CheckIceBreakers(
    const google::protobuf::RepeatedPtrField<v1::IceBreaker>& ice_breakers,
    std::string_view path);

// Code points of valid UTF-8.
std::size_t CountCharacters(std::string_view utf8);

}  // namespace linktor
