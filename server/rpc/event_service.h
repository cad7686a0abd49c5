// EventServiceImpl serves the gRPC service EventService. The events in a
// stream's responses were encoded once for all subscribers. So SubscribeEvents
// is a raw method, which takes and returns bytes (unary_call.h). Each stream is
// one SubscribeReactor. gRPC calls the methods on its own threads, and the
// methods do not block. Where a comment says that a method reads the disk or
// waits for the journal, its work on the executor does this.

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

// This is the generated service, with all of its methods raw. When a method is
// missing in this list, gRPC answers its calls with UNIMPLEMENTED.
using RawEventService =
    RawMethods<v1::EventService::Service,
               v1::EventService::WithRawCallbackMethod_SubscribeEvents,
               v1::EventService::WithRawCallbackMethod_ListEvents,
               v1::EventService::WithRawCallbackMethod_ListDeliveries,
               v1::EventService::WithRawCallbackMethod_RedriveDeliveries>::Type;

// There is one EventServiceImpl, which GrpcServer owns and registers.
class EventServiceImpl final : public RawEventService {
 public:
  // Redrives webhook deliveries: it reads the items of the stored deliveries
  // again and appends the events that they give today (webhook::Redriver). The
  // request has been validated. `covered` has the channels that the caller's
  // key covers, and is empty when the key covers all channels. It is called on
  // the executor and may block. It is a function because rpc/ must not depend
  // on webhook/.
  using Redrive = std::function<absl::StatusOr<v1::RedriveDeliveriesResponse>(
      const v1::RedriveDeliveriesRequest& request, const StringSet& covered)>;

  // Everything that `dependencies` names, `list`, `deliveries`, and everything
  // that `redrive` refers to must outlive this object and every stream.
  EventServiceImpl(const SubscribeReactor::Dependencies& dependencies,
                   events::EventList& list, events::DeliveryList& deliveries,
                   Redrive redrive)
      : deps_(dependencies),
        list_(list),
        deliveries_(deliveries),
        redrive_(std::move(redrive)) {}

  // Admits the call and reads its request on gRPC's thread, without blocking,
  // and begins a SubscribeReactor. A refused call also gets a reactor, because
  // gRPC knows no other way to refuse a stream. This reactor ends at once with
  // the refusal; while the server stops, it ends when the StopGate
  // (stop_gate.h) runs its answer. gRPC borrows the reactor until its OnDone.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeEvents(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  // Returns a page of the stored events. It fails with CHANNEL_NOT_FOUND when
  // the filter names an unknown channel, and as EventList::List does. It reads
  // the disk.
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Returns a page of the webhook deliveries. It fails with CHANNEL_NOT_FOUND
  // when the filter names an unknown channel, and as DeliveryList::List does.
  // It reads the disk.
  grpc::ServerUnaryReactor* ListDeliveries(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Redrives webhook deliveries (see Redrive). It fails as an append to the
  // journal does (journal/journal.h), or when the disk cannot be read. It reads
  // the disk and waits for the journal.
  grpc::ServerUnaryReactor* RedriveDeliveries(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  // Each reactor has a copy of these.
  const SubscribeReactor::Dependencies deps_;
  // These components are borrowed, and are called only on the executor.
  events::EventList& list_;
  events::DeliveryList& deliveries_;
  const Redrive redrive_;
};

}  // namespace linktor::rpc
