#include "server/rpc/event_service.h"

#include <utility>

#include "server/base/try.h"

namespace linktor::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* EventServiceImpl::SubscribeEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  v1::SubscribeEventsRequest parsed;
  Admitted admitted;
  absl::Status status;
  Admission& admission = deps_.calls.admission();
  auto entered =
      admission.AdmitStream(*context, admission.Find("SubscribeEvents"));
  if (entered.ok()) {
    admitted = *std::move(entered);
    status = ReadRequest(admitted.caller, *request, parsed);
  } else {
    status = entered.status();
  }
  return SubscribeReactor::Begin(*context, deps_, std::move(parsed),
                                 std::move(admitted), std::move(status));
}

grpc::ServerUnaryReactor* EventServiceImpl::ListEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ListEventsRequest, v1::ListEventsResponse>(
      deps_.calls, {context, request, response, "ListEvents"},
      [this](auto& call) -> absl::Status {
        LINKTOR_TRY(deps_.channels.Check(call.request().channel_ids()));
        LINKTOR_ASSIGN(
            call.response(),
            list_.List(call.request(), ChannelsCoveredBy(call.caller())));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* EventServiceImpl::ListDeliveries(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::ListDeliveriesRequest, v1::ListDeliveriesResponse>(
      deps_.calls, {context, request, response, "ListDeliveries"},
      [this](auto& call) -> absl::Status {
        LINKTOR_TRY(deps_.channels.Check(call.request().channel_ids()));
        LINKTOR_ASSIGN(
            call.response(),
            deliveries_.List(call.request(), ChannelsCoveredBy(call.caller())));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* EventServiceImpl::RedriveDeliveries(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return RunUnary<v1::RedriveDeliveriesRequest, v1::RedriveDeliveriesResponse>(
      deps_.calls, {context, request, response, "RedriveDeliveries"},
      [this](auto& call) -> absl::Status {
        LINKTOR_ASSIGN(
            call.response(),
            redrive_(call.request(), ChannelsCoveredBy(call.caller())));
        return absl::OkStatus();
      });
}

}  // namespace linktor::rpc
