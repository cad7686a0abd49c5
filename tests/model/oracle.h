// What the store is to do, said as simply as possible: vectors and maps, looked
// through from end to end. Written from the design, not from the code, so that
// the two can be compared. Knows specs, not records: no hashes, no sealing.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/store/records.h"
#include "tests/unit/store/record_makers.h"

namespace linktor {

class Oracle {
 public:
  // Events and sends of this user cannot be stored: the database is told so.
  static constexpr char kPoisonUser[] = "666";

  struct Event {
    std::int64_t seq = 0;
    std::string type;
    std::int64_t channel_no = 0;
    std::string user;
    std::string mid;
    std::string text;
    // The send it is about or was recognised as; "" if none.
    RawId message;
    // Of a reaction: the message reacted to.
    std::string target;
    std::int64_t event_ms = 0;
    std::int64_t log_ms = 0;
    // Where its raw item is, if it has one.
    std::int64_t raw = 0;
    std::string raw_json;
  };
  struct Message {
    RawId id;
    TestChannel channel;
    std::string user;
    std::string text;
    bool attachment = false;
    bool human_agent = false;
    std::string request_id;
    v1::MessageState state = v1::MESSAGE_STATE_PENDING;
    v1::SettledBy settled_by = v1::SETTLED_BY_UNSPECIFIED;
    int attempt = 1;
    std::string mid;
    std::int64_t create_ms = 0;
    std::int64_t claim_ms = 0;
    std::int64_t send_ms = 0;
    std::int64_t echo_ms = 0;
  };
  struct LooseEcho {
    std::int64_t channel_no = 0;
    std::string user;
    std::string text;
    std::string mid;
    std::int64_t echo_ms = 0;
    std::int64_t log_ms = 0;
  };
  struct Delivery {
    std::int64_t no = 0;
    std::int64_t receive_ms = 0;
    WebhookOutcome outcome;
  };
  struct Raw {
    std::int64_t no = 0;
    std::int64_t delivery_no = 0;
    std::int64_t bytes = 0;
    std::int64_t receive_ms = 0;
  };
  struct Channel {
    TestChannel channel;
    std::int64_t revision = 1;
    std::string request_id;
    std::string fingerprint;
    bool deleted = false;
    std::int64_t delete_ms = 0;
    std::string credentials = "sealed";
    std::string ice_breakers;
  };
  struct Call {
    std::int64_t channel_no = 0;
    std::string user;
    std::int64_t ms = 0;
  };

  WebhookOutcome Deliver(std::int64_t now_ms,
                         const std::vector<ItemSpec>& items);
  struct Claimed {
    // The record cannot be applied.
    bool poison = false;
    ClaimOutcome::Kind kind = ClaimOutcome::Kind::kRefused;
    std::string reason;
    // As it is afterwards; of kRefused nothing.
    Message message;
  };
  // `id` is what the send is called if it is a new one.
  Claimed Claim(const ClaimSpec& spec, const RawId& id);
  // Whether it was applied.
  bool Settle(const RawId& id, const OutcomeSpec& spec);
  // These return the reason of a refusal.
  std::string Create(const TestChannel& channel, std::int64_t now_ms,
                     const std::string& request_id,
                     const std::string& fingerprint);
  // What is not given stays.
  struct Change {
    std::optional<std::string> credentials;
    std::optional<std::string> ice_breakers;
  };
  std::string Update(const TestChannel& channel, std::int64_t revision,
                     std::int64_t now_ms, const Change& change);
  std::string Delete(const std::string& id, std::int64_t now_ms);
  // These return whether the channel lives.
  bool OptOut(const OptOutSpec& spec);
  bool Name(const TestChannel& channel, const std::string& user,
            const std::string& name, std::int64_t now_ms);
  // How many rows go. The store deletes at most kTrimRows of a kind at once;
  // the oracle deletes all, so it is asked while MostToTrim() is less.
  std::int64_t Trim(const TrimRecord& trim);
  // How many rows there are of the kind of which there are most.
  std::int64_t MostToTrim() const;

  const Message* Find(const RawId& id) const;
  // Calls to the customer within the hour before a claim.
  int CallsOfTheHour(const ClaimSpec& spec) const;
  bool IsMidOfASend(std::int64_t channel_no, const std::string& mid) const;

  std::int64_t last_seq = 0;
  std::int64_t log_ms = 0;
  std::int64_t last_delivery = 0;
  std::int64_t last_raw = 0;
  std::vector<Event> events;
  // "type user" of every event there has been.
  std::vector<std::string> told;
  std::vector<Message> messages;
  std::vector<LooseEcho> loose;
  std::vector<Delivery> deliveries;
  std::vector<Raw> raws;
  std::vector<Channel> channels;
  // By channel and user: when they last wrote, since when they want no
  // messages, their names, and every conversation there is something about.
  using Customer = std::pair<std::int64_t, std::string>;
  std::map<Customer, std::int64_t> activity;
  std::map<Customer, std::int64_t> opted_out;
  std::map<Customer, std::string> names;
  std::set<Customer> known;
  // In the order they were made.
  std::vector<Call> calls;
  // Without a mid: channel, user, kind, text, target and time; when it was
  // added.
  using ItemKey = std::tuple<std::int64_t, std::string, TestItem, std::string,
                             std::string, std::int64_t>;
  std::map<ItemKey, std::int64_t> seen;

 private:
  bool IsLive(std::int64_t channel_no) const;
  bool IsDuplicate(const ItemSpec& item) const;
  // Our own send with that mid; null when there is none.
  const Message* FindByMid(std::int64_t channel_no,
                           const std::string& mid) const;
  // False when it is poison.
  bool DeliverItems(std::int64_t now_ms, const std::vector<ItemSpec>& items,
                    WebhookOutcome& outcome);
  // The reason why policy refuses it; "" when it does not.
  std::string Refuse(const ClaimSpec& spec) const;
  void ReceiveEcho(const ItemSpec& item, Event event);
  void AddEvent(Event event);
  std::int64_t AddRaw(std::int64_t now_ms, const ItemSpec& item);
  void SettleByContent(std::int64_t channel_no, const std::string& user,
                       const std::string& text);
  std::string AccountTaken(const TestChannel& channel) const;

  // How many messages have a request id.
  std::size_t kept_requests_ = 0;
};

}  // namespace linktor
