// This file handles unary calls. Their methods are raw: they take and return
// bytes, and this code parses the requests. If gRPC parsed them, it would
// answer a request that it cannot parse with UNIMPLEMENTED and no message.
// Here, the answer says what is wrong.
//
// A method of a service calls RunUnary when all of its work may run on one
// thread of the executor. It calls OpenUnary when its work ends later, in a
// callback, such as a callback of the Graph client. Both functions run on
// gRPC's threads and return at once.

#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/rpc/call.h"
#include "server/rpc/validation.h"

namespace linktor::rpc {

// RawMethods makes a generated service in which the given methods are raw, such
// as RawMethods<v1::Echo::Service, v1::Echo::WithRawCallbackMethod_Say>::Type.
// The type is WithRawCallbackMethod_A<WithRawCallbackMethod_B<…<Service>>>.
template <typename Service, template <typename> typename... Methods>
struct RawMethods {
  using Type = Service;
};
// This specialisation makes one method raw, and leaves the rest of the list to
// the next one, until the list is empty.
template <typename Service, template <typename> typename First,
          template <typename> typename... Rest>
struct RawMethods<Service, First, Rest...> {
  using Type = First<typename RawMethods<Service, Rest...>::Type>;
};

// A RawUnary holds everything that gRPC gives to a raw method, and the method's
// name in the contract. gRPC owns what the pointers point to, and keeps it
// until the reactor has finished. A RawUnary is copied into its UnaryCall.
struct RawUnary {
  // The reactor is the context's default reactor. To make it takes no memory,
  // so it cannot fail. It does nothing when the client cancels the call: the
  // work goes on, and nobody gets the answer.
  RawUnary(grpc::CallbackServerContext* server_context,
           const grpc::ByteBuffer* request_bytes,
           grpc::ByteBuffer* response_bytes, std::string_view method_name)
      : context(server_context),
        reactor(server_context->DefaultReactor()),
        request(request_bytes),
        response(response_bytes),
        method(method_name) {}

  // The context has the caller's metadata, address and deadline.
  grpc::CallbackServerContext* context;
  grpc::ServerUnaryReactor* reactor;
  // `request` has the bytes as they came. `response` gets the bytes of the
  // answer.
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;
  // It is the method's name without its service, as access::Methods knows it.
  // It is a text that is part of the program, so it lives as long as the
  // process.
  std::string_view method;
};

// A UnaryCall is a call under way. The closures that work on it share it, and
// only one thread at a time uses it. It must be ended exactly once, by Finish:
// gRPC waits for this end, and so does the stop of the server.
template <typename Request, typename Response>
class UnaryCall {
 public:
  // Counts the beginning of the call. `calls` must outlive this object.
  UnaryCall(CallContext& calls, const RawUnary& raw)
      : calls_(calls),
        raw_(raw),
        record_(calls.Begin(calls.admission().Find(raw.method))) {}

  // Admits the call, reads its request and validates it. It must be called
  // once, before anything else. When it fails, the status says why the call is
  // not carried out, and the caller gives this status to Finish.
  absl::Status Read() {
    LINKTOR_ASSIGN(admitted_,
                   calls_.admission().AdmitCall(*raw_.context, record_.method));
    was_read_ = true;
    return ReadRequest(admitted_.caller, *raw_.request, request_);
  }

  // caller() and request() are valid after Read has returned OK.
  const access::Caller& caller() const { return admitted_.caller; }
  const Request& request() const { return request_; }
  // The work fills the response before it calls Finish with OK.
  Response& response() { return response_; }

  // Ends the call. With OK it sends the response; otherwise it sends only the
  // status, and never a response. Before it sends, it counts the call, writes
  // the call's lines of the server's log, and gives back the call's places
  // within the limits (admission.h), in this order. So all of this is done when
  // the caller has its answer. Any thread may call it. It does not block.
  void Finish(const absl::Status& status) {
    if (status.ok()) {
      // Serializing can fail only above 2 GiB, and no response is so large.
      bool own = false;
      (void)grpc::SerializationTraits<Response>::Serialize(response_,
                                                           raw_.response, &own);
    }
    calls_.CountEnd(record_, status);
    if (CallContext::WantsLog(record_.method, status)) LogEnd(status);
    // The places within the limits are free when the caller has its answer.
    admitted_ = {};
    raw_.reactor->Finish(ToGrpcStatus(status));
  }

 private:
  // Writes the call's lines of the server's log. They name what the call was
  // about, by the ids in its response and in its request.
  void LogEnd(const absl::Status& status) {
    // An audit line of a refused call shows what its caller has tried, so the
    // request is parsed for it. No audit line is written, and nothing is
    // parsed, when the caller's key is missing or unknown.
    if (!was_read_ && CallContext::IsAudited(record_.method, status)) {
      (void)ParseRequest(*raw_.request, request_);
    }
    CallSubject subject{.api_key_id = admitted_.caller.key_id(),
                        .channel_id = ChannelOf(request_),
                        .peer = raw_.context->peer()};
    // Only the response has the ids of things that the call has made.
    if constexpr (requires { response_.message(); }) {
      subject.request_id = response_.message().request_id();
      subject.target = response_.message().id();
    }
    // The server may have chosen the id of a channel that was just made.
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
    // When the request names a key or a message, the call is about this key or
    // message.
    if constexpr (requires { request_.api_key_id(); }) {
      subject.target = request_.api_key_id();
    }
    if constexpr (requires { request_.message_id(); }) {
      subject.target = request_.message_id();
    }
    if constexpr (requires { request_.api_key(); }) {
      if (subject.target.empty()) subject.target = request_.api_key().id();
    }
    // If the caller has chosen a request id, this id is logged, and not one
    // that the server made.
    if constexpr (requires { request_.request_id(); }) {
      if (!request_.request_id().empty()) {
        subject.request_id = request_.request_id();
      }
    }
    CallContext::LogEnd(record_, subject, status);
  }

  CallContext& calls_;
  // It is valid until the end of Finish, which uses it last.
  const RawUnary raw_;
  const CallRecord record_;
  // It has the caller and its places. Finish gives the places back.
  Admitted admitted_;
  // It is true when the call was admitted. request_ then has what the caller
  // asked.
  bool was_read_ = false;
  // request_ and response_ are empty messages until they are filled.
  Request request_;
  Response response_;
};

// Begins a call: admits it, reads its request and validates it. Returns null
// when the call was refused. A refused call has ended already, or it ends
// later, when the StopGate runs its answer. When OpenUnary returns a call, the
// caller of OpenUnary must end it.
template <typename Request, typename Response>
std::shared_ptr<UnaryCall<Request, Response>> OpenUnary(CallContext& calls,
                                                        const RawUnary& raw) {
  auto call = std::make_shared<UnaryCall<Request, Response>>(calls, raw);
  // While the gate keeps the answer, the answer keeps the call alive.
  const absl::Status status = call->Read();
  if (status.ok()) return call;
  if (calls.admission().gate().draining()) {
    calls.admission().gate().Run([call, status] { call->Finish(status); });
  } else {
    call->Finish(status);
  }
  return nullptr;
}

// Returns a callback that ends the call. The callback gets a response or an
// error, and ends the call with it. It is for work that answers by a callback.
template <typename Request, typename Response>
auto FinishWith(const std::shared_ptr<UnaryCall<Request, Response>>& call) {
  return [call](absl::StatusOr<Response> answer) {
    const absl::Status status = answer.status();
    if (status.ok()) call->response() = *std::move(answer);
    call->Finish(status);
  };
}

// Runs `work` on the executor, and ends the call with the absl::Status that
// `work` returns. `work` gets the call: it reads the caller and the request
// from it, and fills its response. When the executor's queue is full, the call
// ends with OVERLOADED. Everything that `work` refers to must outlive the
// executor's tasks. RunUnary returns the reactor that the service's method must
// return, whatever happens to the call.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* RunUnary(CallContext& calls, const RawUnary& raw,
                                   Work work) {
  // The closure keeps the call alive after RunUnary has returned.
  const auto call = OpenUnary<Request, Response>(calls, raw);
  if (call != nullptr &&
      !calls.executor().TryRun([call, work = std::move(work)]() mutable {
        call->Finish(work(*call));
      })) {
    call->Finish(OverloadedError());
  }
  return raw.reactor;
}

}  // namespace linktor::rpc
