// A server in this process, whose answers the test gives in turn.

#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "linktor/instagram/client.h"

namespace linktor::instagram {

inline google::rpc::ErrorInfo Info(
    const std::string& reason,
    const std::map<std::string, std::string>& metadata = {}) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("instagram.linktor");
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  return info;
}

template <typename... Details>
grpc::Status WithDetails(grpc::StatusCode code, const std::string& message,
                         const Details&... details) {
  google::rpc::Status rpc;
  (rpc.add_details()->PackFrom(details), ...);
  return {code, message, rpc.SerializeAsString()};
}

// A status as the server makes it has a reason.
inline grpc::Status Refused(grpc::StatusCode code, const std::string& reason) {
  return WithDetails(code, reason, Info(reason));
}

// Refuses, and says when to come again.
inline grpc::Status Later(std::chrono::seconds delay) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(delay.count());
  return WithDetails(grpc::StatusCode::UNAVAILABLE, "later", Info("DRAINING"),
                     retry);
}

// All functions are for any thread.
class FakeMessaging final : public v1::MessagingService::Service {
 public:
  // The next calls are answered so, in turn, and then with success.
  void Answer(const std::vector<grpc::Status>& statuses) {
    const std::lock_guard lock(mutex_);
    answers_.assign(statuses.begin(), statuses.end());
  }
  std::vector<v1::SendMessageRequest> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  // It is called in every call, before the answer.
  std::function<void(grpc::ServerContext&)> on_call;

  grpc::Status SendMessage(grpc::ServerContext* context,
                           const v1::SendMessageRequest* request,
                           v1::SendMessageResponse* response) override {
    grpc::Status status;
    {
      const std::lock_guard lock(mutex_);
      sent_.push_back(*request);
      if (!answers_.empty()) {
        status = answers_.front();
        answers_.pop_front();
      }
    }
    if (on_call) on_call(*context);
    response->mutable_message()->set_request_id(request->request_id());
    return status;
  }

 private:
  std::mutex mutex_;
  std::deque<grpc::Status> answers_;
  std::vector<v1::SendMessageRequest> sent_;
};

// Each stream is played by the next function that the test gave; after the last
// one a stream ends at once with INVALID_ARGUMENT, which ends a subscription.
class FakeEvents final : public v1::EventService::Service {
 public:
  using Writer = grpc::ServerWriter<v1::SubscribeEventsResponse>;
  using Play = std::function<grpc::Status(grpc::ServerContext&, Writer&)>;

  void Plays(std::vector<Play> plays) {
    const std::lock_guard lock(mutex_);
    plays_.assign(plays.begin(), plays.end());
  }
  std::vector<v1::SubscribeEventsRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> peers() {
    const std::lock_guard lock(mutex_);
    return peers_;
  }

  grpc::Status SubscribeEvents(grpc::ServerContext* context,
                               const v1::SubscribeEventsRequest* request,
                               Writer* writer) override {
    Play play;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      peers_.push_back(context->peer());
      if (plays_.empty()) {
        return Refused(grpc::StatusCode::INVALID_ARGUMENT, "CURSOR_INVALID");
      }
      play = plays_.front();
      plays_.pop_front();
    }
    return play(*context, *writer);
  }

 private:
  std::mutex mutex_;
  std::deque<Play> plays_;
  std::vector<v1::SubscribeEventsRequest> requests_;
  std::vector<std::string> peers_;
};

class FakeGatewayTest : public ::testing::Test {
 protected:
  FakeGatewayTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&messaging_);
    builder.RegisterService(&events_);
    server_ = builder.BuildAndStart();
  }
  void TearDown() override {
    server_->Shutdown(std::chrono::system_clock::now());
  }

  std::unique_ptr<Client> MakeClient(const std::string& api_key = "") const {
    auto client = Client::Create(
        {.address = "127.0.0.1:" + std::to_string(port_), .api_key = api_key});
    return client ? *std::move(client) : nullptr;
  }

  int port_ = 0;
  FakeMessaging messaging_;
  FakeEvents events_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace linktor::instagram
