// A FakeWebhookObserver remembers everything that the webhook endpoint and the
// ingest report about webhooks.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/webhook/observer.h"

namespace linktor {

class FakeWebhookObserver final : public webhook::WebhookObserver {
 public:
  void OnAnswer(webhook::WebhookVerdict verdict,
                std::chrono::nanoseconds) override {
    answers.push_back(webhook::AnswerOf(verdict).status);
    reasons.emplace_back(webhook::AnswerOf(verdict).reason);
  }
  void OnOutcome(const state::DeliveryAnswer& outcome) override {
    outcomes.push_back(outcome.events);
  }
  void OnUnknownItem(std::string_view kind) override {
    unknown.emplace_back(kind);
  }
  void OnForeignItem() override { ++foreign; }

  std::vector<int> answers;
  std::vector<std::string> reasons;
  // It has the number of events of each delivery (DeliveryAnswer::events).
  std::vector<std::int64_t> outcomes;
  std::vector<std::string> unknown;
  int foreign = 0;
};

}  // namespace linktor
