#include "server/rpc/channel_service.h"

#include <utility>

#include "server/base/paging.h"
#include "server/base/try.h"

namespace linktor::rpc {

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
        const channels::ChannelRegistry::EntryPtr channel =
            registry_.Find(call.request().channel_id());
        if (channel == nullptr)
          return channels::ChannelNotFound(call.request().channel_id());
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
        for (const channels::ChannelRegistry::EntryPtr& entry :
             registry_.List()) {
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

grpc::ServerUnaryReactor* ChannelServiceImpl::SetIceBreakers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "SetIceBreakers");
  const auto call =
      OpenUnary<v1::SetIceBreakersRequest, v1::SetIceBreakersResponse>(calls_,
                                                                       raw);
  if (call != nullptr && !calls_.executor().TryRun([this, call] {
        ice_breakers_.Set(call->request(), FinishWith(call));
      })) {
    call->Finish(OverloadedError());
  }
  return raw.reactor;
}

grpc::ServerUnaryReactor* ChannelServiceImpl::GetIceBreakers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "GetIceBreakers");
  const auto call =
      OpenUnary<v1::GetIceBreakersRequest, v1::GetIceBreakersResponse>(calls_,
                                                                       raw);
  if (call != nullptr) {
    ice_breakers_.Get(call->request().channel_id(), FinishWith(call));
  }
  return raw.reactor;
}

grpc::ServerUnaryReactor* ChannelServiceImpl::DeleteIceBreakers(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const RawUnary raw(context, request, response, "DeleteIceBreakers");
  const auto call =
      OpenUnary<v1::DeleteIceBreakersRequest, v1::DeleteIceBreakersResponse>(
          calls_, raw);
  if (call != nullptr) {
    ice_breakers_.Delete(
        call->request().channel_id(),
        [call](const absl::Status& status) { call->Finish(status); });
  }
  return raw.reactor;
}

}  // namespace linktor::rpc
