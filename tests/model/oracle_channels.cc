// The oracle's part that says what becomes of channels, and what is known of
// customers.

#include "tests/model/oracle.h"

namespace linktor {
namespace {

// The id of a deleted channel is not given again for so long.
constexpr std::int64_t kRestMs = 72 * state::kHourMs;

using ChannelKind = state::ChannelAnswer::Kind;

}  // namespace

std::string Oracle::OwnerOf(const state::TestChannel& channel) const {
  std::set<std::string> owners;
  for (const Channel& other : channels) {
    if (other.deleted || other.channel.no == channel.no) continue;
    for (const std::string& mine : {channel.account, channel.page}) {
      if (!mine.empty() &&
          (mine == other.channel.account || mine == other.channel.page)) {
        owners.insert(other.channel.id);
      }
    }
  }
  return owners.empty() ? "" : *owners.begin();
}

Oracle::Changed Oracle::Create(const state::TestChannel& channel,
                               const std::string& request_id,
                               const std::string& fingerprint) {
  for (const Channel& other : channels) {
    if (request_id.empty() || other.request_id != request_id) continue;
    const bool same = !other.deleted && other.fingerprint == fingerprint;
    return {.kind = same ? ChannelKind::kReplayed : ChannelKind::kReused};
  }
  for (const Channel& other : channels) {
    if (other.channel.id == channel.id &&
        (!other.deleted || expiry_ms < other.born_ms + kRestMs)) {
      return {.kind = ChannelKind::kIdTaken};
    }
  }
  if (std::string owner = OwnerOf(channel); !owner.empty()) {
    return {.kind = ChannelKind::kAccountTaken, .owner = std::move(owner)};
  }
  channels.push_back({.channel = channel,
                      .request_id = request_id,
                      .fingerprint = fingerprint});
  return {};
}

Oracle::Changed Oracle::Update(const Channel& wanted,
                               std::int64_t expected_revision) {
  for (Channel& mine : channels) {
    if (mine.channel.no != wanted.channel.no || mine.deleted) continue;
    if (mine.revision != expected_revision)
      return {.kind = ChannelKind::kChanged};
    if (std::string owner = OwnerOf(wanted.channel); !owner.empty()) {
      return {.kind = ChannelKind::kAccountTaken, .owner = std::move(owner)};
    }
    mine.channel = wanted.channel;
    mine.credentials = wanted.credentials;
    mine.ice_breakers = wanted.ice_breakers;
    ++mine.revision;
    return {};
  }
  return {.kind = ChannelKind::kNotFound};
}

Oracle::Changed Oracle::Delete(const std::string& id, std::int64_t now_ms) {
  for (Channel& channel : channels) {
    if (channel.channel.id != id || channel.deleted) continue;
    channel.deleted = true;
    channel.born_ms = Born(now_ms);
    channel.credentials.clear();
    channel.ice_breakers.clear();
    ++channel.revision;
    return {};
  }
  return {.kind = ChannelKind::kNotFound};
}

bool Oracle::OptOut(const state::OptOutSpec& spec) {
  if (!IsLive(spec.channel.no)) return false;
  const Customer customer{spec.channel.no, spec.user};
  if (spec.opted_out) {
    opted_out.try_emplace(customer, spec.now_ms);
    known.insert(customer);
  } else {
    opted_out.erase(customer);
  }
  return true;
}

bool Oracle::Name(const state::TestChannel& channel, const std::string& user,
                  const std::string& name) {
  if (!IsLive(channel.no)) return false;
  names[{channel.no, user}] = name;
  known.insert({channel.no, user});
  return true;
}

}  // namespace linktor
