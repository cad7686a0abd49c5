// Unary calls. Their methods are raw ones, bytes in and bytes out: a request
// that gRPC itself cannot parse it answers with UNIMPLEMENTED and no message,
// here the answer says what is wrong.

#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "server/rpc/call.h"
#include "server/rpc/validation.h"

namespace linktor {

// A generated service of which these methods are raw:
// RawMethods<v1::Echo::Service, v1::Echo::WithRawCallbackMethod_Say>::Type.
template <typename Service, template <typename> typename... Methods>
struct RawMethods {
  using Type = Service;
};
template <typename Service, template <typename> typename First,
          template <typename> typename... Rest>
struct RawMethods<Service, First, Rest...> {
  using Type = First<typename RawMethods<Service, Rest...>::Type>;
};

// What gRPC gives to a raw method, and the method's name.
struct RawUnary {
  RawUnary(grpc::CallbackServerContext* server_context,
           const grpc::ByteBuffer* request_bytes,
           grpc::ByteBuffer* response_bytes, std::string_view method_name)
      : context(server_context),
        reactor(server_context->DefaultReactor()),
        request(request_bytes),
        response(response_bytes),
        method(method_name) {}

  grpc::CallbackServerContext* context;
  grpc::ServerUnaryReactor* reactor;
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;
  std::string_view method;
};

// A call under way. Whoever works on it keeps it; it is ended once, by Finish.
template <typename Request, typename Response>
class UnaryCall {
 public:
  UnaryCall(CallContext& calls, const RawUnary& raw)
      : calls_(calls),
        raw_(raw),
        record_(calls.Begin(calls.admission().Find(raw.method))) {}

  // OK, or why it is not carried out.
  absl::Status Read() {
    LINKTOR_ASSIGN(admitted_,
                   calls_.admission().AdmitCall(*raw_.context, record_.method));
    was_read_ = true;
    return ReadRequest(admitted_.caller, *raw_.request, request_);
  }

  const access::Caller& caller() const { return admitted_.caller; }
  const Request& request() const { return request_; }
  Response& response() { return response_; }

  // With OK sends the response.
  void Finish(const absl::Status& status) {
    if (status.ok()) {
      bool own = false;
      (void)grpc::SerializationTraits<Response>::Serialize(response_,
                                                           raw_.response, &own);
    }
    calls_.CountEnd(record_, status);
    if (CallContext::WantsLog(record_.method, status)) LogEnd(status);
    // The place within the limits is free when the caller has its answer.
    admitted_ = {};
    raw_.reactor->Finish(ToGrpcStatus(status));
  }

 private:
  void LogEnd(const absl::Status& status) {
    // The request of a caller who was refused shows what the caller tried;
    // nothing is read of a stranger.
    if (!was_read_ && CallContext::IsAudited(record_.method, status)) {
      (void)ParseRequest(*raw_.request, request_);
    }
    CallSubject subject{.api_key_id = admitted_.caller.key_id(),
                        .channel_id = ChannelOf(request_),
                        .peer = raw_.context->peer()};
    if constexpr (requires { response_.message(); }) {
      subject.request_id = response_.message().request_id();
      subject.target = response_.message().id();
    }
    if constexpr (requires { response_.channel(); }) {
      if (subject.channel_id.empty()) {
        subject.channel_id = response_.channel().id();
      }
    }
    if constexpr (requires { response_.api_key(); }) {
      subject.target = response_.api_key().id();
    }
    if constexpr (requires { response_.conversation(); }) {
      subject.target = response_.conversation().user_id();
    }
    if constexpr (requires { request_.api_key_id(); }) {
      subject.target = request_.api_key_id();
    }
    if constexpr (requires { request_.message_id(); }) {
      subject.target = request_.message_id();
    }
    if constexpr (requires { request_.api_key(); }) {
      if (subject.target.empty()) subject.target = request_.api_key().id();
    }
    if constexpr (requires { request_.request_id(); }) {
      if (!request_.request_id().empty()) {
        subject.request_id = request_.request_id();
      }
    }
    CallContext::LogEnd(record_, subject, status);
  }

  CallContext& calls_;
  const RawUnary raw_;
  const CallRecord record_;
  Admitted admitted_;
  bool was_read_ = false;
  Request request_;
  Response response_;
};

// Begins a call; null when it was refused and has ended.
template <typename Request, typename Response>
std::shared_ptr<UnaryCall<Request, Response>> OpenUnary(CallContext& calls,
                                                        const RawUnary& raw) {
  auto call = std::make_shared<UnaryCall<Request, Response>>(calls, raw);
  const absl::Status status = call->Read();
  if (status.ok()) return call;
  if (calls.admission().gate().draining()) {
    calls.admission().gate().Run([call, status] { call->Finish(status); });
  } else {
    call->Finish(status);
  }
  return nullptr;
}

// Runs `work` on the executor and ends the call with the absl::Status that it
// returns. It is given the call, of which it reads caller and request and fills
// the response.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* RunUnary(CallContext& calls, const RawUnary& raw,
                                   Work work) {
  const auto call = OpenUnary<Request, Response>(calls, raw);
  if (call != nullptr &&
      !calls.executor().TryRun([call, work = std::move(work)]() mutable {
        call->Finish(work(*call));
      })) {
    call->Finish(OverloadedError());
  }
  return raw.reactor;
}

}  // namespace linktor
