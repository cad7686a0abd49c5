// EventService over gRPC. Responses are composed of events that were encoded
// once for all subscribers, so the method is a raw one: bytes in, bytes out.
// Each stream then is a SubscribeReactor.

#pragma once

#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "server/rpc/subscribe_reactor.h"

namespace linktor {

// There is one, which GrpcServer owns and registers.
class EventServiceImpl final
    : public v1::EventService::WithRawCallbackMethod_SubscribeEvents<
          v1::EventService::Service> {
 public:
  // All that `dependencies` names must outlive this and every stream.
  explicit EventServiceImpl(const SubscribeReactor::Dependencies& dependencies)
      : deps_(dependencies) {}

  // Admits and reads the request on gRPC's thread, without blocking, and begins
  // a SubscribeReactor. A call that is refused also gets a reactor, which ends
  // at once with the refusal: gRPC knows no other way to refuse a stream. gRPC
  // borrows the reactor until its OnDone.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeEvents(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  // Each reactor has a copy of it.
  const SubscribeReactor::Dependencies deps_;
};

}  // namespace linktor
