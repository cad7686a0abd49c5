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
  RawUnary(grpc::CallbackServerContext* context,
           const grpc::ByteBuffer* request_bytes,
           grpc::ByteBuffer* response_bytes, std::string_view method_name)
      : reactor(context->DefaultReactor()),
        request(request_bytes),
        response(response_bytes),
        method(method_name) {}

  grpc::ServerUnaryReactor* reactor;
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;
  std::string_view method;
};

// A call under way. Kept by who works on it; ended once, by Finish.
template <typename Request, typename Response>
class UnaryCall {
 public:
  UnaryCall(CallContext& calls, const RawUnary& raw)
      : calls_(calls), raw_(raw) {}

  // OK, or why it is not carried out: DRAINING, INVALID_REQUEST and what
  // Validate says.
  absl::Status Read() {
    if (calls_.draining()) return DrainingError();
    if (absl::Status status = ParseRequest(*raw_.request, request_);
        !status.ok()) {
      return status;
    }
    return Validate(request_);
  }

  const Request& request() const { return request_; }
  Response& response() { return response_; }

  // With OK sends the response.
  void Finish(const absl::Status& status) {
    if (status.ok()) {
      bool own = false;
      (void)grpc::SerializationTraits<Response>::Serialize(response_,
                                                           raw_.response, &own);
    }
    calls_.Finish(raw_.reactor, raw_.method, status);
  }

 private:
  CallContext& calls_;
  const RawUnary raw_;
  Request request_;
  Response response_;
};

// Begins a call; null when it was refused and has ended.
template <typename Request, typename Response>
std::shared_ptr<UnaryCall<Request, Response>> OpenUnary(CallContext& calls,
                                                        const RawUnary& raw) {
  auto call = std::make_shared<UnaryCall<Request, Response>>(calls, raw);
  if (absl::Status status = call->Read(); !status.ok()) {
    call->Finish(status);
    return nullptr;
  }
  return call;
}

// Runs `work`, which gets request and response and returns an absl::Status, on
// the executor and ends the call with it.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* RunUnary(CallContext& calls, const RawUnary& raw,
                                   Work work) {
  const auto call = OpenUnary<Request, Response>(calls, raw);
  if (call != nullptr &&
      !calls.executor().TryRun([call, work = std::move(work)]() mutable {
        call->Finish(work(call->request(), call->response()));
      })) {
    call->Finish(OverloadedError());
  }
  return raw.reactor;
}

}  // namespace linktor
