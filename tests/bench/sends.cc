// Ratio 8 is SendMessage with an instant Graph, over a bare echo on the same
// channels.

#include <atomic>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"
#include "tests/bench/unary_load.h"

namespace linktor::bench {
namespace {

constexpr int kSendChannels = 4;
constexpr int kSendsInFlight = 64;
constexpr std::size_t kSends = 10'000;
// There are many customers, because sends to one customer wait for each other.
constexpr std::size_t kSendUsers = 5000;

// A Sender is a server that sends.
class Sender {
 public:
  Sender(const std::string& graph_url, Access access)
      : arrangement_(
            {"--graph-facebook-url", graph_url, "--sends-per-user-hour", "0"},
            access),
        load_{.server = arrangement_.peer(),
              .method = "/linktor.instagram.v1.MessagingService/SendMessage",
              .make = [this] { return Next(); },
              .calls = kSendUsers,
              .channels = kSendChannels,
              .in_flight = kSendsInFlight},
        ratio_{.number = "8",
               .name = NameWith(
                   access, "SendMessage with an instant Graph / gRPC echo"),
               .unit = "calls/s",
               // The aim was set after a measurement; see docs/performance.md.
               .at_least = access == Access::kOpen ? 0.15 : 0} {
    (void)RunUnaryLoad(load_);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Sends the same requests to the denominator, and returns its calls a second.
  double MeasureEcho(const std::string& address, std::size_t calls) {
    UnaryLoad echo = load_;
    echo.server = {.address = address};
    echo.method = "/bench/Echo";
    echo.calls = calls;
    return RunUnaryLoad(echo);
  }
  void Measure(std::size_t calls, double echo) {
    load_.calls = calls;
    ratio_.above.push_back(RunUnaryLoad(load_));
    ratio_.below.push_back(echo);
  }
  void AddTo(Report& report) { report.Add(std::move(ratio_)); }

 private:
  std::string Next() {
    const std::uint64_t n = number_++;
    v1::SendMessageRequest request;
    request.set_channel_id(testing::kChannel);
    request.set_to(absl::StrCat(6'100'000'000'000'000 + n % kSendUsers));
    request.set_request_id(absl::StrCat("bench-", n));
    request.mutable_content()->set_text(
        "Thanks for reaching out! How can I help you today?");
    return request.SerializeAsString();
  }

  std::atomic<std::uint64_t> number_{0};
  Arrangement arrangement_;
  UnaryLoad load_;
  Ratio ratio_;
};

}  // namespace

void MeasureSends(const Setting& setting) {
  const Program graph({RawProgram(), "graph"});
  const std::string graph_url =
      "http://" + AddressIn(graph.first_line(), "http");
  const Program raw({RawProgram(), "grpc"});
  const std::string raw_address = AddressIn(raw.first_line(), "grpc");
  Sender server(graph_url, Access::kOpen);
  std::optional<Sender> secured;
  if (!setting.open_only) secured.emplace(graph_url, Access::kKeysAndTls);
  const std::size_t calls = setting.Scaled(kSends);
  for (int round = 0; round < setting.rounds; ++round) {
    const double echo = server.MeasureEcho(raw_address, calls);
    server.Measure(calls, echo);
    if (secured) secured->Measure(calls, echo);
  }
  server.AddTo(setting.report);
  if (secured) secured->AddTo(setting.report);
}

}  // namespace linktor::bench
