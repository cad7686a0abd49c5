// A Fleet is many subscribers in one process, which count the events that they
// receive without parsing them.

#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/peer.h"

namespace linktor::bench {

inline constexpr char kSubscribe[] =
    "/linktor.instagram.v1.EventService/SubscribeEvents";

struct FleetOptions {
  Peer server;
  std::string method = kSubscribe;
  // Each stream sends this serialised request.
  std::string request;
  int streams = 1;
  // The streams share this number of connections.
  int connections = 1;
  // When it is set, each stream reads the first message and no more.
  bool stalled = false;
  // It is called with each event, from several threads.
  std::function<void(int stream, std::string_view event)> on_event;
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options);
  // Cancels the streams that have not ended.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Waits until every stream has received its first message, or has ended.
  void WaitForFirst();
  // Waits until every stream has so many events. Returns false when 120 s pass
  // first.
  bool WaitForEvents(std::uint64_t each);
  void WaitForEnd();
  // Returns the number of events of the stream that has the fewest.
  std::uint64_t least() const;
  std::uint64_t total() const;

 private:
  class Stream;
  const FleetOptions options_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace linktor::bench
