#include "server/rpc/event_service.h"

#include <utility>

namespace linktor {

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

}  // namespace linktor
