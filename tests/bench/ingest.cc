// Ratios 1, 2, 5 and 7: webhooks in.

#include "absl/strings/str_cat.h"
#include "tests/bench/fleet.h"
#include "tests/bench/http_load.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"

namespace linktor::bench {
namespace {

constexpr std::size_t kPosts = 60'000;
constexpr int kUsers = 1000;
constexpr int kConnections = 64;
// Updates of one post, as many as Meta sends at once.
constexpr int kMany = 1000;

LoadResult Post(const Setting& setting, const std::string& address,
                std::vector<std::string> requests,
                int connections = kConnections) {
  Load load{.address = address, .connections = connections};
  load.requests = std::move(requests);
  LoadResult result = RunLoad(load);
  if (result.refused > 0) {
    setting.report.AddFault(
        absl::StrCat("ingest: ", result.refused, " posts were refused"));
  }
  return result;
}

}  // namespace

void MeasureIngest(const Setting& setting) {
  const Program raw({RawProgram(), "http"});
  const std::string raw_address = AddressIn(raw.first_line(), "http");
  Arrangement server;
  PostMaker posts(server.target(), kUsers);
  // Makes the customers' keys, and fills what is filled once.
  (void)Post(setting, server.target().address, posts.Many(2 * kUsers));

  Ratio alone{.number = "1",
              .name = "durable webhooks / Beast answering 200, 64 connections",
              .unit = "posts/s",
              .at_least = 0.40};
  Ratio followed{.number = "2",
                 .name = "the same with one subscriber",
                 .unit = "posts/s",
                 .at_least = 0.33};
  Ratio tail{.number = "5",
             .name = "webhook p99 / p50, 64 connections",
             .unit = "ms",
             .at_most = 3};
  Ratio many{.number = "7",
             .name = "events in posts of 1000 / in posts of 1",
             .unit = "events/s",
             .at_least = 4};
  const std::size_t count = setting.Scaled(kPosts);
  for (int round = 0; round < setting.rounds; ++round) {
    std::vector<std::string> requests = posts.Many(count);
    const LoadResult below = Post(setting, raw_address, requests);
    const LoadResult above =
        Post(setting, server.target().address, std::move(requests));
    alone.above.push_back(above.per_second());
    alone.below.push_back(below.per_second());
    tail.above.push_back(above.Quantile(0.99));
    tail.below.push_back(above.Quantile(0.50));
    {
      Fleet follower({.address = server.grpc_address()});
      follower.WaitForFirst();
      const LoadResult with =
          Post(setting, server.target().address, posts.Many(count));
      if (!follower.WaitForEvents(count) || follower.least() != count) {
        setting.report.AddFault(absl::StrCat("ingest: the subscriber has ",
                                             follower.least(), " of ", count,
                                             " events"));
      }
      followed.above.push_back(with.per_second());
      followed.below.push_back(below.per_second());
    }
    const LoadResult big = Post(setting, server.target().address,
                                posts.Many(count / kMany + 1, kMany), 4);
    many.above.push_back(big.per_second() * kMany);
    many.below.push_back(above.per_second());
  }
  setting.report.Add(std::move(alone));
  setting.report.Add(std::move(followed));
  setting.report.Add(std::move(tail));
  setting.report.Add(std::move(many));
}

}  // namespace linktor::bench
