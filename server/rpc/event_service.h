// EventService over gRPC. A stream's responses are composed of events that were
// encoded once for all subscribers, so its method is a raw one: bytes in, bytes
// out. Each stream then is a SubscribeReactor.

#pragma once

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "server/base/strings.h"
#include "server/base/v1.h"
#include "server/events/delivery_list.h"
#include "server/events/event_list.h"
#include "server/rpc/subscribe_reactor.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw. A method that is
// missing here would be answered with UNIMPLEMENTED.
using RawEventService =
    RawMethods<v1::EventService::Service,
               v1::EventService::WithRawCallbackMethod_SubscribeEvents,
               v1::EventService::WithRawCallbackMethod_ListEvents,
               v1::EventService::WithRawCallbackMethod_ListDeliveries,
               v1::EventService::WithRawCallbackMethod_RedriveDeliveries>::Type;

// There is one, which GrpcServer owns and registers.
class EventServiceImpl final : public RawEventService {
 public:
  // Redrives the deliveries of a valid request for a caller whose key covers
  // these channels, or all when there are none; see webhook::Redriver. It is
  // called on the executor and may block. This folder does not know webhook/.
  using Redrive = std::function<absl::StatusOr<v1::RedriveDeliveriesResponse>(
      const v1::RedriveDeliveriesRequest& request, const StringSet& covered)>;

  // All that `dependencies` names, both lists, and what `redrive` refers to,
  // must outlive this and every stream.
  EventServiceImpl(const SubscribeReactor::Dependencies& dependencies,
                   events::EventList& list, events::DeliveryList& deliveries,
                   Redrive redrive)
      : deps_(dependencies),
        list_(list),
        deliveries_(deliveries),
        redrive_(std::move(redrive)) {}

  // Admits and reads the request on gRPC's thread, without blocking, and begins
  // a SubscribeReactor. A call that is refused also gets a reactor, which ends
  // at once with the refusal: gRPC knows no other way to refuse a stream. gRPC
  // borrows the reactor until its OnDone.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeEvents(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  // Gives out a page of the stored log (EventList::List). It fails with
  // CHANNEL_NOT_FOUND besides. It reads the disk, on the executor.
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Gives out a page of the webhook deliveries (DeliveryList::List). It fails
  // with CHANNEL_NOT_FOUND besides. It reads the disk, on the executor.
  grpc::ServerUnaryReactor* ListDeliveries(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Reads webhook deliveries again (Redrive). It fails as appending to the
  // journal does. It waits for the disk and for the journal, on the executor.
  grpc::ServerUnaryReactor* RedriveDeliveries(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  // Each reactor has a copy of it.
  const SubscribeReactor::Dependencies deps_;
  events::EventList& list_;
  events::DeliveryList& deliveries_;
  const Redrive redrive_;
};

}  // namespace linktor::rpc
