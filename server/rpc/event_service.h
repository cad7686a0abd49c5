// EventService over gRPC. Responses are composed of events that were encoded
// once, so the method is a raw one: bytes in, bytes out.

#pragma once

#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "server/rpc/subscribe_reactor.h"

namespace linktor {

class EventServiceImpl final
    : public v1::EventService::WithRawCallbackMethod_SubscribeEvents<
          v1::EventService::Service> {
 public:
  explicit EventServiceImpl(const SubscribeReactor::Dependencies& dependencies)
      : deps_(dependencies) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeEvents(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  const SubscribeReactor::Dependencies deps_;
};

}  // namespace linktor
