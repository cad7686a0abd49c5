#include "server/rpc/channel_service.h"

#include <algorithm>

#include "server/base/log.h"
#include "server/base/try.h"
#include "server/channels/graph_account.h"
#include "server/rpc/validation.h"

namespace linktor {
namespace {

constexpr int kDefaultPage = 100;

}  // namespace

grpc::ServerUnaryReactor* ChannelServiceImpl::CreateChannel(
    grpc::CallbackServerContext* context,
    const v1::CreateChannelRequest* request,
    v1::CreateChannelResponse* response) {
  return calls_.RunUnary(
      context, "CreateChannel", [this, request, response]() -> absl::Status {
        LINKTOR_TRY(Validate(*request));
        LINKTOR_ASSIGN(*response->mutable_channel(), admin_.Create(*request));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::GetChannel(
    grpc::CallbackServerContext* context, const v1::GetChannelRequest* request,
    v1::GetChannelResponse* response) {
  return calls_.RunUnary(context, "GetChannel",
                         [this, request, response]() -> absl::Status {
                           LINKTOR_TRY(Validate(*request));
                           const ChannelRegistry::EntryPtr channel =
                               registry_.Find(request->channel_id());
                           if (channel == nullptr)
                             return ChannelNotFound(request->channel_id());
                           *response->mutable_channel() = channel->channel;
                           return absl::OkStatus();
                         });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::ListChannels(
    grpc::CallbackServerContext* context,
    const v1::ListChannelsRequest* request,
    v1::ListChannelsResponse* response) {
  return calls_.RunUnary(
      context, "ListChannels", [this, request, response]() -> absl::Status {
        LINKTOR_TRY(Validate(*request));
        const int page_size =
            request->page_size() == 0 ? kDefaultPage : request->page_size();
        for (const ChannelRegistry::EntryPtr& entry : registry_.List()) {
          // The token is the last id of the page before.
          if (entry->channel.id() <= request->page_token()) continue;
          if (response->channels_size() == page_size) {
            response->set_next_page_token(
                response->channels(page_size - 1).id());
            break;
          }
          *response->add_channels() = entry->channel;
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::UpdateChannel(
    grpc::CallbackServerContext* context,
    const v1::UpdateChannelRequest* request,
    v1::UpdateChannelResponse* response) {
  return calls_.RunUnary(
      context, "UpdateChannel", [this, request, response]() -> absl::Status {
        LINKTOR_TRY(Validate(*request));
        LINKTOR_ASSIGN(*response->mutable_channel(), admin_.Update(*request));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::DeleteChannel(
    grpc::CallbackServerContext* context,
    const v1::DeleteChannelRequest* request, v1::DeleteChannelResponse*) {
  return calls_.RunUnary(context, "DeleteChannel",
                         [this, request]() -> absl::Status {
                           LINKTOR_TRY(Validate(*request));
                           return admin_.Delete(*request);
                         });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::SetChannelCredentials(
    grpc::CallbackServerContext* context,
    const v1::SetChannelCredentialsRequest* request,
    v1::SetChannelCredentialsResponse* response) {
  return calls_.RunUnary(context, "SetChannelCredentials",
                         [this, request, response]() -> absl::Status {
                           LINKTOR_TRY(Validate(*request));
                           LINKTOR_ASSIGN(*response->mutable_channel(),
                                          admin_.SetCredentials(*request));
                           return absl::OkStatus();
                         });
}

template <typename Request, typename Begin>
grpc::ServerUnaryReactor* ChannelServiceImpl::RunGraph(
    grpc::CallbackServerContext* context, std::string_view method,
    const Request& request, Begin begin) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  End end = [this, reactor, method](absl::Status status) {
    calls_.Finish(reactor, method, status);
  };
  if (calls_.draining()) {
    end(DrainingError());
    return reactor;
  }
  if (absl::Status status = Validate(request); !status.ok()) {
    end(std::move(status));
    return reactor;
  }
  const ChannelRegistry::EntryPtr channel =
      registry_.Find(request.channel_id());
  if (channel == nullptr) {
    end(ChannelNotFound(request.channel_id()));
    return reactor;
  }
  absl::StatusOr<GraphAccount> account = GraphAccountOf(*channel);
  if (!account.ok()) {
    end(account.status());
  } else {
    begin(*account, std::move(end));
  }
  return reactor;
}

template <typename Work>
void ChannelServiceImpl::RunBlocking(End end, Work work) {
  // Shared, because a refused task is gone with what it holds.
  auto held = std::make_shared<End>(std::move(end));
  if (!calls_.executor().TryRun([held, work = std::move(work)]() mutable {
        work(std::move(*held));
      })) {
    (*held)(OverloadedError());
  }
}

grpc::ServerUnaryReactor* ChannelServiceImpl::SetIceBreakers(
    grpc::CallbackServerContext* context,
    const v1::SetIceBreakersRequest* request,
    v1::SetIceBreakersResponse* response) {
  return RunGraph(
      context, "SetIceBreakers", *request,
      [this, request, response](const GraphAccount& account, End end) {
        // Remembered first: a tap may come before Meta's answer.
        RunBlocking(std::move(end), [this, request, response,
                                     account](End done) {
          if (absl::Status status = admin_.RememberIceBreakers(
                  request->channel_id(), request->ice_breakers(),
                  request->localizations());
              !status.ok()) {
            return done(std::move(status));
          }
          graph_.SetIceBreakers(
              account, *request,
              [request, response,
               done = std::move(done)](absl::Status status) mutable {
                if (status.ok()) {
                  *response->mutable_ice_breakers() = request->ice_breakers();
                  *response->mutable_localizations() = request->localizations();
                }
                done(std::move(status));
              });
        });
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::GetIceBreakers(
    grpc::CallbackServerContext* context,
    const v1::GetIceBreakersRequest* request,
    v1::GetIceBreakersResponse* response) {
  return RunGraph(
      context, "GetIceBreakers", *request,
      [this, request, response](const GraphAccount& account, End end) {
        graph_.GetIceBreakers(
            account,
            [this, request, response, end = std::move(end)](
                absl::StatusOr<v1::GetIceBreakersResponse> found) mutable {
              if (!found.ok()) return end(found.status());
              *response = *std::move(found);
              calls_.executor().Run(
                  [this, request, response, done = std::move(end)]() mutable {
                    // The answer is as good without it.
                    if (absl::Status status = admin_.RememberIceBreakers(
                            request->channel_id(), response->ice_breakers(),
                            response->localizations());
                        !status.ok()) {
                      Log(LogLevel::kWarning, "ice breakers are not remembered",
                          {{"channel", request->channel_id()},
                           {"error", status.ToString()}});
                    }
                    done(absl::OkStatus());
                  });
            });
      });
}

grpc::ServerUnaryReactor* ChannelServiceImpl::DeleteIceBreakers(
    grpc::CallbackServerContext* context,
    const v1::DeleteIceBreakersRequest* request,
    v1::DeleteIceBreakersResponse*) {
  return RunGraph(context, "DeleteIceBreakers", *request,
                  [this](const GraphAccount& account, End end) {
                    graph_.DeleteIceBreakers(account, std::move(end));
                  });
}

}  // namespace linktor
