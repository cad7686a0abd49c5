// The oracle says as simply as possible what the state is to be: in vectors and
// maps that are looked through from end to end. It is written from the design,
// not from the code, so that the two can be compared. It knows specs, not
// records: there are no hashes and no sealing.

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

#include "server/state/effects.h"
#include "tests/unit/state/record_makers.h"

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
    // It is about this send or was recognised as it; "" when there is none.
    RawId message;
    // A reaction is to the message with this mid.
    std::string target;
    std::int64_t event_ms = 0;
    // Its record was made then.
    std::int64_t time_ms = 0;
    // Its age began then.
    std::int64_t born_ms = 0;
    // This is the sequence of the event before it that is about the same
    // customer, or 0 when there is none.
    std::int64_t before_seq = 0;
    // The event that ends a send tells the time of its echo, when that is
    // known.
    std::int64_t told_echo_ms = 0;
    // It tells the end of this send.
    RawId ended;
    // Its raw item has this number; 0 when it has none.
    std::int64_t raw = 0;
    std::string raw_json;
    bool erased = false;
    // Apply has decided the mid, so that it is there without content, too.
    bool mid_stays = false;
  };
  struct Message {
    RawId id;
    state::TestChannel channel;
    std::string user;
    std::string text;
    bool attachment = false;
    bool human_agent = false;
    std::string request_id;
    v1::MessageState state = v1::MESSAGE_STATE_PENDING;
    v1::SettledBy settled_by = v1::SETTLED_BY_UNSPECIFIED;
    int attempt = 1;
    std::int64_t incarnation = 0;
    std::string mid;
    std::int64_t create_ms = 0;
    std::int64_t claim_ms = 0;
    std::int64_t born_ms = 0;
    std::int64_t send_ms = 0;
    std::int64_t echo_ms = 0;
    bool erased = false;
  };
  // An echo that waits for the end of sends to the person; it has its raw item,
  // and no place in the log.
  struct HeldEcho {
    state::ItemSpec item;
    Event event;
  };
  struct LooseEcho {
    std::int64_t channel_no = 0;
    std::string user;
    std::string text;
    std::string mid;
    std::int64_t echo_ms = 0;
    std::int64_t born_ms = 0;
  };
  struct Delivery {
    std::int64_t no = 0;
    std::int64_t time_ms = 0;
    std::int64_t born_ms = 0;
    state::DeliveryAnswer answer;
  };
  struct Raw {
    std::int64_t no = 0;
    std::int64_t delivery_no = 0;
    std::int64_t bytes = 0;
    // It is as old as its delivery.
    std::int64_t born_ms = 0;
    // An item without an event is found by its mid.
    std::int64_t channel_no = 0;
    std::string mid;
    bool erased = false;
  };
  struct Channel {
    state::TestChannel channel;
    std::int64_t revision = 1;
    std::string request_id;
    std::string fingerprint;
    bool deleted = false;
    // The age of its deletion began then.
    std::int64_t born_ms = 0;
    std::string credentials = "sealed";
    std::string ice_breakers;
  };
  struct Call {
    std::int64_t channel_no = 0;
    std::string user;
    std::int64_t ms = 0;
    std::int64_t born_ms = 0;
  };

  // ---- Webhooks (oracle.cc)
  state::DeliveryAnswer Deliver(std::int64_t now_ms,
                                const std::vector<state::ItemSpec>& items);

  // ---- Sends (oracle_sends.cc)
  struct Claimed {
    // The record cannot be applied.
    bool poison = false;
    state::ClaimAnswer::Kind kind = state::ClaimAnswer::Kind::kClaimed;
    // A refusal says it besides its kind.
    std::int64_t time_ms = 0;
    // It is as the message is afterwards, where the kind has one.
    Message message;
  };
  // `id` is what the send is called if it is a new one.
  Claimed Claim(const state::ClaimSpec& spec, const RawId& id);
  // Returns whether it was applied.
  bool Settle(const RawId& id, const state::OutcomeSpec& spec);
  const Message* Find(const RawId& id) const;
  // Returns when the customer was called within the hour before a claim, the
  // latest first.
  std::vector<std::int64_t> CallsOfTheHour(const state::ClaimSpec& spec) const;
  bool IsMidOfASend(std::int64_t channel_no, const std::string& mid) const;
  bool IsPending(std::int64_t channel_no, const std::string& user) const;

  // ---- Channels and customers (oracle_channels.cc)
  struct Changed {
    state::ChannelAnswer::Kind kind = state::ChannelAnswer::Kind::kApplied;
    std::string owner;
  };
  Changed Create(const state::TestChannel& channel,
                 const std::string& request_id, const std::string& fingerprint);
  Changed Update(const Channel& wanted, std::int64_t expected_revision);
  Changed Delete(const std::string& id, std::int64_t now_ms);
  // These return whether the channel lives.
  bool OptOut(const state::OptOutSpec& spec);
  bool Name(const state::TestChannel& channel, const std::string& user,
            const std::string& name);

  // ---- Housekeeping (oracle_trim.cc)
  // Returns how many rows go. The state deletes at most kTrimRows of a kind at
  // once; the oracle deletes all, so it is asked while MostToTrim() is less.
  std::int64_t Trim(const state::TrimSpec& trim);
  // Moves the expiry time.
  void PassTime(const state::TrimSpec& trim);
  // Returns how many rows there are of the kind of which there are most.
  std::int64_t MostToTrim() const;
  // Erases what names the mid.
  void Erase(std::int64_t channel_no, const std::string& mid);
  void Erased(std::int64_t through_no);
  // Returns the first event that is kept and came then or later; the next one
  // when there is none.
  std::int64_t FirstSince(std::int64_t time_ms) const;
  std::int64_t OldestSeq() const;

  // The expiry time is that of the first record.
  std::int64_t expiry_ms = 0;
  // A clock is believed that is no further from it, with this offset.
  static constexpr std::int64_t kMostAheadMs = 31 * state::kDayMs;
  std::int64_t clock_offset_ms = 0;
  // Claims are made by this start of the process.
  std::int64_t incarnation = 0;
  std::int64_t last_seq = 0;
  std::int64_t last_delivery = 0;
  std::int64_t last_raw = 0;
  std::vector<Event> events;
  // Every event that there has been is here as "type user".
  std::vector<std::string> told;
  std::vector<Message> messages;
  std::vector<HeldEcho> held;
  std::vector<LooseEcho> loose;
  std::vector<Delivery> deliveries;
  std::vector<Raw> raws;
  std::vector<Channel> channels;
  // These tell of a customer of a channel when they last wrote, since when they
  // want no messages, their name, and whether anything is known.
  using Customer = std::pair<std::int64_t, std::string>;
  std::map<Customer, std::int64_t> activity;
  // The last event about the customer.
  std::map<Customer, std::int64_t> heads;
  std::map<Customer, std::int64_t> opted_out;
  std::map<Customer, std::string> names;
  std::set<Customer> known;
  // They are in the order in which they were made.
  std::vector<Call> calls;
  // An item without a mid is known by channel, user, kind, text, target and
  // time. The value is when its age began.
  using ItemKey = std::tuple<std::int64_t, std::string, state::TestItem,
                             std::string, std::string, std::int64_t>;
  std::map<ItemKey, std::int64_t> seen;
  // These events were erased, whether they are kept or not.
  std::set<std::int64_t> erased;
  std::int64_t last_erasure = 0;
  std::int64_t erased_through = 0;
  // The report tells how many echoes were held, became a send's, and became
  // events of elsewhere.
  int held_ever = 0;
  int held_ours = 0;
  int held_others = 0;

 private:
  // Returns when the age of what is written at that time begins.
  std::int64_t Born(std::int64_t time_ms) const;
  bool IsLive(std::int64_t channel_no) const;
  bool IsDuplicate(const state::ItemSpec& item) const;
  // Returns our own send with that mid; null when there is none.
  Message* FindByMid(std::int64_t channel_no, const std::string& mid);
  // Returns false when it is poison.
  bool DeliverItems(std::int64_t now_ms,
                    const std::vector<state::ItemSpec>& items,
                    state::DeliveryAnswer& answer);
  void NoteActivity(const state::ItemSpec& item, std::int64_t now_ms);
  // Adds the event of an echo. Returns whether it belongs to no send, and may
  // be that of one whose outcome is unknown.
  bool TellEcho(const state::ItemSpec& item, Event event);
  void AddEvent(Event event);
  std::int64_t AddRaw(std::int64_t now_ms, const state::ItemSpec& item,
                      bool has_event);
  // Returns why policy refuses it; kClaimed when it does not.
  Claimed Decide(const state::ClaimSpec& spec) const;
  void Move(Message& message, v1::MessageState state);
  void NameMid(Message& message, const std::string& mid);
  void Release(const Message& settled, std::int64_t now_ms);
  void SettleByContent(std::int64_t channel_no, const std::string& user,
                       const std::string& text, std::int64_t now_ms);
  // Returns the channel that has its account or page; "" when none has.
  std::string OwnerOf(const state::TestChannel& channel) const;
  void EraseEvent(Event& event);
  void EraseRaw(std::int64_t no);

  // So many messages that have ended have a request id.
  std::int64_t ended_requests_ = 0;
};

inline bool IsOpen(v1::MessageState state) {
  return state == v1::MESSAGE_STATE_PENDING ||
         state == v1::MESSAGE_STATE_UNCONFIRMED;
}

}  // namespace linktor
