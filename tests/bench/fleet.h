// Many subscribers in one process, which count what they receive without
// parsing it.

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
  // The serialised request of each stream.
  std::string request;
  int streams = 1;
  // Connections that share the streams.
  int connections = 1;
  // Read the first message and no more.
  bool stalled = false;
  // Called with each event, from several threads.
  std::function<void(int stream, std::string_view event)> on_event;
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options);
  // Cancels what still streams.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Until every stream has received its first message, or has ended.
  void WaitForFirst();
  // Until every stream has so many events, or 120 s have passed: false.
  bool WaitForEvents(std::uint64_t each);
  void WaitForEnd();
  // Returns the number of events of the stream that has least.
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
