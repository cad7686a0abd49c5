#include "server/rpc/channel_service.h"

#include "server/base/log.h"
#include "server/base/paging.h"
#include "server/base/try.h"
#include "server/channels/graph_account.h"
#include "server/graph/failure_log.h"
#include "server/graph/observer.h"

namespace linktor {
namespace {

template <typename Call>
void LogIfFailed(std::string_view operation, const Call& call,
                 const absl::Status& status) {
  if (status.ok()) return;
  LogGraphFailure(operation, call.request().channel_id(), status);
}

}  // namespace

grpc::ServerUnaryReactor* ChannelServiceImpl::CreateChannel(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::CreateChannelRequest, v1::CreateChannelResponse>(
      calls_, {context, request, response, "CreateChannel"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_channel(),
                       admin_.Create(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::GetChannel(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::GetChannelRequest, v1::GetChannelResponse>(
      calls_, {context, request, response, "GetChannel"},
      [this](auto& call) -> absl::Status {
        const ChannelRegistry::EntryPtr channel =
            registry_.Find(call.request().channel_id());
        if (channel == nullptr)
          return ChannelNotFound(call.request().channel_id());
        *call.response().mutable_channel() = channel->channel;
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::ListChannels(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ListChannelsRequest, v1::ListChannelsResponse>(
      calls_, {context, request, response, "ListChannels"},
      [this](auto& call) -> absl::Status {
        const v1::ListChannelsRequest& asked = call.request();
        v1::ListChannelsResponse& answer = call.response();
        const int page_size = PageSizeOf(asked.page_size());
        const std::string after =
            ReadPageToken(PagedList::kChannels, asked.page_token())
                .value_or("");
        for (const ChannelRegistry::EntryPtr& entry : registry_.List()) {
          if (entry->channel.id() <= after) continue;
          if (!call.caller().Covers(entry->channel.id())) continue;
          if (answer.channels_size() == page_size) {
            answer.set_next_page_token(MakePageToken(
                PagedList::kChannels, answer.channels(page_size - 1).id()));
            break;
          }
          *answer.add_channels() = entry->channel;
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::UpdateChannel(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::UpdateChannelRequest, v1::UpdateChannelResponse>(
      calls_, {context, request, response, "UpdateChannel"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_channel(),
                       admin_.Update(call.request()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::DeleteChannel(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::DeleteChannelRequest, v1::DeleteChannelResponse>(
      calls_, {context, request, response, "DeleteChannel"},
      [this](auto& call) { return admin_.Delete(call.request()); });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::SetChannelCredentials(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::SetChannelCredentialsRequest,
                  v1::SetChannelCredentialsResponse>(
      calls_, {context, request, response, "SetChannelCredentials"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(*call.response().mutable_channel(),
                       admin_.SetCredentials(call.request()));
        return absl::OkStatus();
      });
}

template <typename Call, typename Begin>
void ChannelServiceImpl::RunGraph(const std::shared_ptr<Call>& call,
                                  const Begin& begin) {
  if (call == nullptr) return;
  const std::string& id = call->request().channel_id();
  const ChannelRegistry::EntryPtr channel = registry_.Find(id);
  if (channel == nullptr) return call->Finish(ChannelNotFound(id));
  const absl::StatusOr<GraphAccount> account = GraphAccountOf(*channel);
  if (!account.ok()) return call->Finish(account.status());
  begin(*account);
}

grpc::ServerUnaryReactor* ChannelServiceImpl::SetIceBreakers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "SetIceBreakers");
  const auto call =
      OpenUnary<v1::SetIceBreakersRequest, v1::SetIceBreakersResponse>(calls_,
                                                                       raw);
  RunGraph(call, [this, call](const GraphAccount& account) {
    const bool runs = calls_.executor().TryRun([this, call, account] {
      // The ice breakers are remembered first: a tap may come before Meta's
      // answer.
      const v1::SetIceBreakersRequest& asked = call->request();
      if (absl::Status status = admin_.RememberIceBreakers(
              asked.channel_id(), asked.ice_breakers(), asked.localizations());
          !status.ok()) {
        return call->Finish(status);
      }
      graph_.SetIceBreakers(account, asked, [call](const absl::Status& status) {
        LogIfFailed(kGraphSetIceBreakers, *call, status);
        if (status.ok()) {
          *call->response().mutable_ice_breakers() =
              call->request().ice_breakers();
          *call->response().mutable_localizations() =
              call->request().localizations();
        }
        call->Finish(status);
      });
    });
    if (!runs) call->Finish(OverloadedError());
  });
  return raw.reactor;
}

grpc::ServerUnaryReactor* ChannelServiceImpl::GetIceBreakers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "GetIceBreakers");
  const auto call =
      OpenUnary<v1::GetIceBreakersRequest, v1::GetIceBreakersResponse>(calls_,
                                                                       raw);
  RunGraph(call, [this, call](const GraphAccount& account) {
    graph_.GetIceBreakers(
        account,
        [this, call](absl::StatusOr<v1::GetIceBreakersResponse> found) {
          LogIfFailed(kGraphGetIceBreakers, *call, found.status());
          if (!found.ok()) return call->Finish(found.status());
          call->response() = *std::move(found);
          calls_.executor().Run([this, call] {
            // The answer is as good without it.
            const std::string& id = call->request().channel_id();
            if (absl::Status status = admin_.RememberIceBreakers(
                    id, call->response().ice_breakers(),
                    call->response().localizations());
                !status.ok()) {
              Log(LogLevel::kWarning, "ice breakers are not remembered",
                  {{"channel", id}, {"error", status.ToString()}});
            }
            call->Finish(absl::OkStatus());
          });
        });
  });
  return raw.reactor;
}

grpc::ServerUnaryReactor* ChannelServiceImpl::DeleteIceBreakers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "DeleteIceBreakers");
  const auto call =
      OpenUnary<v1::DeleteIceBreakersRequest, v1::DeleteIceBreakersResponse>(
          calls_, raw);
  RunGraph(call, [this, call](const GraphAccount& account) {
    graph_.DeleteIceBreakers(account, [call](const absl::Status& status) {
      LogIfFailed(kGraphDeleteIceBreakers, *call, status);
      call->Finish(status);
    });
  });
  return raw.reactor;
}

}  // namespace linktor
