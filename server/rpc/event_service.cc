#include "server/rpc/event_service.h"

#include "server/rpc/subscribe_reactor.h"
#include "server/rpc/validation.h"

namespace linktor {
namespace {

absl::Status Parse(const grpc::ByteBuffer& bytes,
                   v1::SubscribeEventsRequest& request) {
  grpc::ByteBuffer copy(bytes);  // Deserialize empties what it is given
  if (!grpc::SerializationTraits<v1::SubscribeEventsRequest>::Deserialize(
           &copy, &request)
           .ok()) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     v1::ERROR_REASON_INVALID_REQUEST,
                     "this is not a SubscribeEventsRequest");
  }
  return Validate(request);
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* EventServiceImpl::SubscribeEvents(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  v1::SubscribeEventsRequest parsed;
  absl::Status status = Parse(*request, parsed);
  if (status.ok() && calls_.draining()) status = DrainingError();
  if (status.ok() && log_.hub().size() >= max_subscribers_) {
    status = OverloadedError();
  }
  return SubscribeReactor::Begin(*context, calls_, log_, parsed,
                                 std::move(status));
}

}  // namespace linktor
