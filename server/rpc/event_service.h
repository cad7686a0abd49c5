// EventService over gRPC. Responses are composed of events that were encoded
// once, so the method is a raw one: bytes in, bytes out.

#pragma once

#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "server/events/event_log.h"
#include "server/rpc/call.h"

namespace linktor {

class EventServiceImpl final
    : public v1::EventService::WithRawCallbackMethod_SubscribeEvents<
          v1::EventService::Service> {
 public:
  // `max_subscribers`: streams at once; more are refused with OVERLOADED.
  EventServiceImpl(CallContext& calls, EventLog& log,
                   std::size_t max_subscribers)
      : calls_(calls), log_(log), max_subscribers_(max_subscribers) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeEvents(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  CallContext& calls_;
  EventLog& log_;
  const std::size_t max_subscribers_;
};

}  // namespace linktor
