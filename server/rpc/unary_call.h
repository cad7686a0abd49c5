// Unary calls. Their methods are raw ones, bytes in and bytes out: gRPC would
// answer a request that it cannot parse with UNIMPLEMENTED and no message; here
// the answer says what is wrong.
//
// A method of a service calls RunUnary when its work may block, and OpenUnary
// when it waits for somebody else's callback. Both run on gRPC's threads and
// return at once.

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

// RawMethods makes a generated service of which these methods are raw:
// RawMethods<v1::Echo::Service, v1::Echo::WithRawCallbackMethod_Say>::Type. The
// type is WithRawCallbackMethod_A<WithRawCallbackMethod_B<…<Service>>>.
template <typename Service, template <typename> typename... Methods>
struct RawMethods {
  using Type = Service;
};
// One method is wrapped at a time, until the list is empty.
template <typename Service, template <typename> typename First,
          template <typename> typename... Rest>
struct RawMethods<Service, First, Rest...> {
  using Type = First<typename RawMethods<Service, Rest...>::Type>;
};

// A RawUnary holds all that gRPC gives to a raw method, and the method's name
// as in the contract. gRPC owns all of it, and keeps it until the reactor has
// finished. It is a value, and copied into the call.
struct RawUnary {
  // The reactor is the context's own, which needs no memory and does nothing
  // when the call is cancelled: the work goes on, and its answer goes nowhere.
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
  // These are the bytes as they came, and the place for those of the answer.
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;
  // It names the method without its service, as access::Methods knows it, and
  // is a text of the program, so that it lives as long as anything.
  std::string_view method;
};

// A UnaryCall is a call under way. It is shared by the closures that work on
// it; one thread at a time does. It must be ended exactly once, by Finish: gRPC
// waits for that, and so does the stop of the server.
template <typename Request, typename Response>
class UnaryCall {
 public:
  // Counts the call's beginning. `calls` must outlive this.
  UnaryCall(CallContext& calls, const RawUnary& raw)
      : calls_(calls),
        raw_(raw),
        record_(calls.Begin(calls.admission().Find(raw.method))) {}

  // Admits the call, reads its request and validates it. It must be called
  // once, before anything else. On failure it says why the call is not carried
  // out, and the caller passes that to Finish.
  absl::Status Read() {
    LINKTOR_ASSIGN(admitted_,
                   calls_.admission().AdmitCall(*raw_.context, record_.method));
    was_read_ = true;
    return ReadRequest(admitted_.caller, *raw_.request, request_);
  }

  // The caller and the request are valid after Read was OK.
  const access::Caller& caller() const { return admitted_.caller; }
  const Request& request() const { return request_; }
  // The work fills it before Finish with OK.
  Response& response() { return response_; }

  // Ends the call: sends the response with OK, and the status alone otherwise.
  // It counts the call, writes its lines of the log, and gives back its places,
  // in this order, so that a caller that has its answer finds all of it done.
  // The response of an error is never sent. It may be called on any thread, and
  // does not block.
  void Finish(const absl::Status& status) {
    if (status.ok()) {
      // Serializing can fail only above 2 GiB, which no response reaches.
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
  // Writes the lines of the log. It names what the call was about from its
  // response when there is one, else from its request.
  void LogEnd(const absl::Status& status) {
    // The request of a caller who was refused shows what the caller tried.
    // Nothing is read for a stranger, whose key is unknown.
    if (!was_read_ && CallContext::IsAudited(record_.method, status)) {
      (void)ParseRequest(*raw_.request, request_);
    }
    CallSubject subject{.api_key_id = admitted_.caller.key_id(),
                        .channel_id = ChannelOf(request_),
                        .peer = raw_.context->peer()};
    // The ids of things that were made are in the response alone.
    if constexpr (requires { response_.message(); }) {
      subject.request_id = response_.message().request_id();
      subject.target = response_.message().id();
    }
    // A channel that was just made has its id from the server.
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
    // A request that names a key or a message is about that one.
    if constexpr (requires { request_.api_key_id(); }) {
      subject.target = request_.api_key_id();
    }
    if constexpr (requires { request_.message_id(); }) {
      subject.target = request_.message_id();
    }
    if constexpr (requires { request_.api_key(); }) {
      if (subject.target.empty()) subject.target = request_.api_key().id();
    }
    // The caller's own request id wins over one that the server made.
    if constexpr (requires { request_.request_id(); }) {
      if (!request_.request_id().empty()) {
        subject.request_id = request_.request_id();
      }
    }
    CallContext::LogEnd(record_, subject, status);
  }

  CallContext& calls_;
  // It is valid until Finish, which is the last use of it.
  const RawUnary raw_;
  const CallRecord record_;
  // These are the caller and its places; they are given back by Finish.
  Admitted admitted_;
  // It is true when the call was admitted, so that request_ holds what was
  // asked.
  bool was_read_ = false;
  // Both are empty messages until they are filled.
  Request request_;
  Response response_;
};

// Begins a call: it is admitted, read and validated. Returns null when it was
// refused; then it has ended already, or will when the gate lets its answer go.
// The caller must end a call that it gets.
template <typename Request, typename Response>
std::shared_ptr<UnaryCall<Request, Response>> OpenUnary(CallContext& calls,
                                                        const RawUnary& raw) {
  auto call = std::make_shared<UnaryCall<Request, Response>>(calls, raw);
  // The call lives on in the gate while its answer is held.
  const absl::Status status = call->Read();
  if (status.ok()) return call;
  if (calls.admission().gate().draining()) {
    calls.admission().gate().Run([call, status] { call->Finish(status); });
  } else {
    call->Finish(status);
  }
  return nullptr;
}

// Returns what ends the call with its response, or with why there is none. It
// is for work that answers by a callback.
template <typename Request, typename Response>
auto FinishWith(const std::shared_ptr<UnaryCall<Request, Response>>& call) {
  return [call](absl::StatusOr<Response> answer) {
    const absl::Status status = answer.status();
    if (status.ok()) call->response() = *std::move(answer);
    call->Finish(status);
  };
}

// Runs `work` on the executor and ends the call with the absl::Status that it
// returns. It is given the call: it reads caller and request, and fills the
// response. When the executor's queue is full, the call ends with OVERLOADED.
// All that `work` refers to must outlive the executor's tasks. Returns the
// reactor that the method must return, whatever became of the call.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* RunUnary(CallContext& calls, const RawUnary& raw,
                                   Work work) {
  // The closure keeps the call; this reference goes when the method returns.
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
