// TypeOf() gives the type of a parsed webhook item as one value. Tests compare
// this value, and golden files contain it.

#pragma once

#include <array>
#include <cstdint>

#include "server/kinds/parsed_item.h"
#include "server/kinds/table.h"

namespace linktor {

enum class ItemType : std::int8_t {
  kMessage,
  kEcho,
  kQuickReply,
  kStoryReply,
  kStoryMention,
  kProductShare,
  kPostback,
  kReaction,
  kReferral,
  kMessageRead,
  kMessageEdited,
  kMessageUnsent,
  kOptin,
  kHandover,
  kFeedback,
  kPolicyEnforcement,
  kComment,
  kLiveComment,
  kMention,
  kStoryInsights,
  kWaits,
  kUnknown,
  kIssue,
};

inline ItemType TypeOf(const kinds::ParsedItem& item) {
  struct Row {
    v1::Event::PayloadCase payload;
    ItemType type;
  };
  constexpr std::array<Row, 20> kRows = {
      {{v1::Event::kMessageReceived, ItemType::kMessage},
       {v1::Event::kMessageEchoed, ItemType::kEcho},
       {v1::Event::kQuickReply, ItemType::kQuickReply},
       {v1::Event::kStoryReply, ItemType::kStoryReply},
       {v1::Event::kStoryMention, ItemType::kStoryMention},
       {v1::Event::kProductShare, ItemType::kProductShare},
       {v1::Event::kPostback, ItemType::kPostback},
       {v1::Event::kReaction, ItemType::kReaction},
       {v1::Event::kReferral, ItemType::kReferral},
       {v1::Event::kMessageRead, ItemType::kMessageRead},
       {v1::Event::kMessageEdited, ItemType::kMessageEdited},
       {v1::Event::kMessageUnsent, ItemType::kMessageUnsent},
       {v1::Event::kOptin, ItemType::kOptin},
       {v1::Event::kHandover, ItemType::kHandover},
       {v1::Event::kFeedback, ItemType::kFeedback},
       {v1::Event::kPolicyEnforcement, ItemType::kPolicyEnforcement},
       {v1::Event::kComment, ItemType::kComment},
       {v1::Event::kLiveComment, ItemType::kLiveComment},
       {v1::Event::kMention, ItemType::kMention},
       {v1::Event::kStoryInsights, ItemType::kStoryInsights}}};
  if (item.fate == kinds::Fate::kIssue) return ItemType::kIssue;
  if (item.fate == kinds::Fate::kWaits) return ItemType::kWaits;
  for (const Row& row : kRows) {
    if (row.payload == item.row->payload) return row.type;
  }
  return ItemType::kUnknown;
}

}  // namespace linktor
