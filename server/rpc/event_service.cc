#include "server/rpc/event_service.h"

#include "server/rpc/subscribe_reactor.h"
#include "server/rpc/validation.h"

namespace linktor {

grpc::ServerWriteReactor<grpc::ByteBuffer>* EventServiceImpl::SubscribeEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  v1::SubscribeEventsRequest parsed;
  absl::Status status = ParseRequest(*request, parsed);
  if (status.ok()) status = Validate(parsed);
  if (status.ok() && calls_.draining()) status = DrainingError();
  if (status.ok() && log_.hub().size() >= max_subscribers_) {
    status = OverloadedError();
  }
  return SubscribeReactor::Begin(*context, calls_, log_, parsed,
                                 std::move(status));
}

}  // namespace linktor
