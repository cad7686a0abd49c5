#include "emulator/local_instagram.h"

#include <cstddef>
#include <future>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "emulator/owner_event.h"
#include "emulator/webhook_body.h"
#include "server/base/ids.h"
#include "server/base/try.h"

namespace linktor::emulator {
// Each answer's callback shares it with the next.
struct LocalInstagram::Sequence {
  // They are sent in this order.
  std::vector<Parcel> parcels;
  std::size_t next = 0;
  // The answer to this one is the event's.
  std::size_t told = 0;
  Played played;
  PlayedCallback done;
};

LocalInstagram::LocalInstagram(const EmulatorConfig& config)
    : accounts_(config, profiles_, messages_),
      sender_(accounts_),
      courier_(accounts_, sender_),
      echoes_(courier_, config.hold_echoes),
      endpoint_({.accounts = accounts_,
                 .calls = calls_,
                 .faults = faults_,
                 .echoes = echoes_,
                 .timers = timers_}) {}

void LocalInstagram::Configure(const ConfigChange& change) {
  accounts_.first().settings.Apply(change);
  if (change.hold_echoes.has_value()) echoes_.SetHeld(*change.hold_echoes);
}

absl::StatusOr<std::string> LocalInstagram::Complete(
    CustomerEvent& event) const {
  std::string account = AccountOr(event.to);
  if (event.self && event.from.empty()) event.from = OwnScopedId(account);
  if (!IsNumericId(event.from) &&
      !(event.from.empty() && MayBeOfNobody(event))) {
    return absl::InvalidArgumentError(
        "an event is of a customer: an id of 1 to 32 digits");
  }
  UserList& users = UsersOf(account);
  if (event.mid.empty() && IsMessage(event)) {
    event.mid = FormatId(kMidPrefix, NewRawId());
  } else if (event.mid.empty() && IsAboutAMessage(event)) {
    const auto user = users.Find(event.from);
    // What the owner does is about a message of the customer's.
    if (user.has_value() && !event.by_account) {
      event.mid = user->last_received_mid;
    }
    if (event.mid.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("no message was sent to ", event.from,
                       " yet; give the \"mid\" of the message it is about"));
    }
  }
  if (event.messenger) {
    std::string page = accounts_.ConfigOf(account).page_id;
    if (page.empty()) {
      return absl::InvalidArgumentError(
          "Messenger's webhooks are about a page, and the account has no "
          "\"page_id\"");
    }
    // Messenger's ids are of another space, so nobody has written here.
    return page;
  }
  if (IsMessage(event) && !event.by_account) {
    users.Wrote(event.from, event.time.value_or(absl::Now()));
  } else if (IsMessage(event) && !event.self) {
    users.Received(event.from, event.mid, {});
  }
  return account;
}

absl::Status LocalInstagram::StartEvent(CustomerEvent event,
                                        PlayedCallback done) {
  LINKTOR_ASSIGN(const std::string entry_id, Complete(event));
  const absl::Time now = absl::Now();
  // Messenger's messages cannot be asked for here.
  if (!event.messenger) {
    messages_.Note(event, accounts_.ConfigOf(entry_id).account_id, entry_id,
                   now);
  }
  EventItems items = CustomerEventItems(event, entry_id, now);
  auto sequence = std::make_shared<Sequence>();
  sequence->told = items.told;
  sequence->played.mid = std::move(event.mid);
  sequence->done = std::move(done);
  for (WebhookItem& item : items.items) {
    sequence->parcels.push_back(
        {.account = entry_id, .kind = event.kind, .item = std::move(item)});
  }
  SendNext(sequence);
  return absl::OkStatus();
}

void LocalInstagram::SendNext(const std::shared_ptr<Sequence>& sequence) {
  const std::size_t n = sequence->next++;
  if (n == sequence->parcels.size()) {
    return sequence->done(std::move(sequence->played));
  }
  courier_.Deliver(std::move(sequence->parcels[n]),
                   [this, sequence, n](WebhookAnswer answer) {
                     if (n == sequence->told) {
                       sequence->played.webhook = std::move(answer);
                     }
                     SendNext(sequence);
                   });
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::Play(
    CustomerEvent event) {
  // The promise is shared, because it is still in use for a moment after it has
  // woken this thread.
  auto promise = std::make_shared<std::promise<Played>>();
  std::future<Played> played = promise->get_future();
  absl::Status status = StartEvent(std::move(event), [promise](Played result) {
    promise->set_value(std::move(result));
  });
  if (!status.ok()) return status;
  return played.get();
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::PlayMessage(
    CustomerMessage message) {
  LINKTOR_TRY(CheckCustomerMessage(message));
  return Play(MessageEvent(std::move(message)));
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::PlayText(
    std::string_view from, std::string_view text) {
  return PlayMessage({.from = std::string(from), .text = std::string(text)});
}

absl::StatusOr<CustomerEvent> LocalInstagram::Tapped(const Tap& tap) const {
  return ResolveTap(tap, FindUser(tap.from, tap.to), profiles_,
                    AccountOr(tap.to));
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::PlayTap(const Tap& tap) {
  LINKTOR_ASSIGN(CustomerEvent event, Tapped(tap));
  return Play(std::move(event));
}

absl::Status LocalInstagram::StartTest(const DashboardTest& test,
                                       Courier::Callback done) {
  LINKTOR_ASSIGN(std::string body, DashboardTestBody(test, absl::Now()));
  courier_.Deliver(
      {.account = test.account, .kind = "test", .body = std::move(body)},
      std::move(done));
  return absl::OkStatus();
}

absl::Status LocalInstagram::ChangeUser(std::string_view id,
                                        const UserChange& change,
                                        std::string_view account) {
  if (!IsNumericId(id)) {
    return absl::InvalidArgumentError(
        "a user's id is an Instagram-scoped id: 1 to 32 digits");
  }
  return UsersOf(account).Change(id, change, absl::Now());
}

WebhookAnswer LocalInstagram::SendWebhook(std::string body) {
  auto promise = std::make_shared<std::promise<WebhookAnswer>>();
  std::future<WebhookAnswer> answer = promise->get_future();
  courier_.Deliver({.kind = "raw", .body = std::move(body)},
                   [promise](WebhookAnswer result) {
                     promise->set_value(std::move(result));
                   });
  return answer.get();
}

absl::Status LocalInstagram::AddFault(Fault fault) {
  if (faults_.Add(std::move(fault))) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("there are ", FaultQueue::kMaxFaults,
                   " faults already; DELETE /emulator/faults clears them"));
}

std::string LocalInstagram::AccountOr(std::string_view account) const {
  if (const Account* known = accounts_.Find(account)) {
    return known->settings.Get().account_id;
  }
  return account.empty() ? config().account_id : std::string(account);
}

void LocalInstagram::StopWaiting() {
  timers_.Stop();
  sender_.Stop();
  courier_.Stop();
  echoes_.Stop();
}

}  // namespace linktor::emulator
