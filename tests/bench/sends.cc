// Ratio 8: SendMessage with an instant Graph, and a bare echo on the same
// channels.

#include <atomic>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"
#include "tests/bench/unary_load.h"

namespace linktor::bench {
namespace {

constexpr int kChannels = 4;
constexpr int kInFlight = 64;
constexpr std::size_t kSends = 10'000;
// Many, because sends to one customer wait for each other.
constexpr std::size_t kUsers = 5000;

}  // namespace

void MeasureSends(const Setting& setting) {
  const Program graph({RawProgram(), "graph"});
  const std::string graph_url =
      "http://" + AddressIn(graph.first_line(), "http");
  const Program raw({RawProgram(), "grpc"});
  Arrangement server(
      {"--graph-facebook-url", graph_url, "--sends-per-user-hour", "0"});
  std::atomic<std::uint64_t> number{0};
  const auto make = [&number] {
    const std::uint64_t n = number++;
    v1::SendMessageRequest request;
    request.set_channel_id(testing::kChannel);
    request.set_to(absl::StrCat(6'100'000'000'000'000 + n % kUsers));
    request.set_request_id(absl::StrCat("bench-", n));
    request.mutable_content()->set_text(
        "Thanks for reaching out! How can I help you today?");
    return request.SerializeAsString();
  };
  UnaryLoad load{.address = server.grpc_address(),
                 .method = "/linktor.instagram.v1.MessagingService/SendMessage",
                 .make = make,
                 .calls = kUsers,
                 .channels = kChannels,
                 .in_flight = kInFlight};
  (void)RunUnaryLoad(load);
  Ratio ratio{.number = "8",
              .name = "SendMessage with an instant Graph / gRPC echo",
              .unit = "calls/s",
              // Set from what was measured: see docs/performance.md.
              .at_least = 0.10};
  load.calls = setting.Scaled(kSends);
  for (int round = 0; round < setting.rounds; ++round) {
    UnaryLoad echo = load;
    echo.address = AddressIn(raw.first_line(), "grpc");
    echo.method = "/bench/Echo";
    ratio.below.push_back(RunUnaryLoad(echo));
    ratio.above.push_back(RunUnaryLoad(load));
  }
  setting.report.Add(std::move(ratio));
}

}  // namespace linktor::bench
