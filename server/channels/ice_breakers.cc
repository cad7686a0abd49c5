#include "server/channels/ice_breakers.h"

#include <string_view>
#include <utility>

#include "server/base/log.h"
#include "server/base/try.h"
#include "server/channels/graph_account.h"
#include "server/graph/failure_log.h"
#include "server/graph/observer.h"

namespace linktor::channels {
namespace {

void LogIfFailed(std::string_view operation, const std::string& channel_id,
                 const absl::Status& status) {
  if (!status.ok()) graph::LogGraphFailure(operation, channel_id, status);
}

}  // namespace

absl::StatusOr<graph::GraphAccount> IceBreakers::AccountOf(
    const std::string& channel_id) const {
  const ChannelRegistry::EntryPtr channel = registry_.Find(channel_id);
  if (channel == nullptr) return ChannelNotFound(channel_id);
  return GraphAccountOf(*channel);
}

void IceBreakers::Set(
    const v1::SetIceBreakersRequest& request,
    absl::AnyInvocable<void(absl::StatusOr<v1::SetIceBreakersResponse>)> done) {
  const absl::StatusOr<graph::GraphAccount> account =
      AccountOf(request.channel_id());
  if (!account.ok()) return done(account.status());
  if (absl::Status remembered = admin_.RememberIceBreakers(
          request.channel_id(), request.ice_breakers(),
          request.localizations());
      !remembered.ok()) {
    return done(std::move(remembered));
  }
  v1::SetIceBreakersResponse answer;
  *answer.mutable_ice_breakers() = request.ice_breakers();
  *answer.mutable_localizations() = request.localizations();
  graph_.SetIceBreakers(
      *account, request,
      [id = request.channel_id(), answer = std::move(answer),
       done = std::move(done)](const absl::Status& status) mutable {
        LogIfFailed(graph::kGraphSetIceBreakers, id, status);
        if (!status.ok()) return done(status);
        done(std::move(answer));
      });
}

void IceBreakers::Get(
    const std::string& channel_id,
    absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)> done) {
  const absl::StatusOr<graph::GraphAccount> account = AccountOf(channel_id);
  if (!account.ok()) return done(account.status());
  graph_.GetIceBreakers(
      *account, [this, channel_id, done = std::move(done)](
                    absl::StatusOr<v1::GetIceBreakersResponse> found) mutable {
        LogIfFailed(graph::kGraphGetIceBreakers, channel_id, found.status());
        if (!found.ok()) return done(found.status());
        // This runs on libcurl's thread, which must not wait for the journal.
        executor_.Run([this, channel_id, found = *std::move(found),
                       done = std::move(done)]() mutable {
          RememberFound(channel_id, found);
          done(std::move(found));
        });
      });
}

void IceBreakers::RememberFound(const std::string& channel_id,
                                const v1::GetIceBreakersResponse& found) {
  const absl::Status remembered = admin_.RememberIceBreakers(
      channel_id, found.ice_breakers(), found.localizations());
  if (remembered.ok()) return;
  Log(LogLevel::kWarning, "ice breakers are not remembered",
      {{"channel", channel_id}, {"error", remembered.ToString()}});
}

void IceBreakers::Delete(const std::string& channel_id,
                         absl::AnyInvocable<void(absl::Status)> done) {
  const absl::StatusOr<graph::GraphAccount> account = AccountOf(channel_id);
  if (!account.ok()) return done(account.status());
  graph_.DeleteIceBreakers(*account, [channel_id, done = std::move(done)](
                                         const absl::Status& status) mutable {
    LogIfFailed(graph::kGraphDeleteIceBreakers, channel_id, status);
    done(status);
  });
}

}  // namespace linktor::channels
