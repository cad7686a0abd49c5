// Ratios 1, 2, 5 and 7 are about webhooks that come in.

#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/bench/fleet.h"
#include "tests/bench/http_load.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"

namespace linktor::bench {
namespace {

constexpr std::size_t kPostsARound = 60'000;
constexpr int kPeople = 1000;
constexpr int kConnections = 64;
// A post may have so many updates, which is as many as Meta sends at once.
constexpr int kMany = 1000;

LoadResult Post(const Setting& setting, const Target& target,
                std::vector<std::string> requests,
                int connections = kConnections) {
  Load load{.address = target.address,
            .trusted = target.trusted,
            .connections = connections};
  load.requests = std::move(requests);
  LoadResult result = RunLoad(load);
  if (result.refused > 0) {
    setting.report.AddFault(
        absl::StrCat("ingest: ", result.refused, " posts were refused"));
  }
  return result;
}

// A Taker is a server that takes posts.
class Taker {
 public:
  Taker(const Setting& setting, Access access)
      : setting_(setting),
        arrangement_({}, access),
        posts_(arrangement_.target(), kPeople),
        followed_{.number = "2",
                  .name = NameWith(access, "the same with one subscriber"),
                  .unit = "posts/s",
                  .at_least = access == Access::kOpen ? 0.30 : 0} {
    // These posts make the customers' keys and warm the caches.
    (void)Post(setting_, target(), posts_.Many(2 * kPeople));
  }

  PostMaker& posts() { return posts_; }
  Target target() { return arrangement_.target(); }

  // Measures posts while one subscriber follows, against the `raw` posts a
  // second.
  void MeasureFollowed(std::size_t count, double raw) {
    Fleet follower({.server = arrangement_.peer()});
    follower.WaitForFirst();
    const LoadResult with = Post(setting_, target(), posts_.Many(count));
    if (!follower.WaitForEvents(count) || follower.least() != count) {
      setting_.report.AddFault(absl::StrCat("ingest: the subscriber has ",
                                            follower.least(), " of ", count,
                                            " events"));
    }
    followed_.above.push_back(with.per_second());
    followed_.below.push_back(raw);
  }
  void AddToReport() { setting_.report.Add(std::move(followed_)); }

 private:
  const Setting& setting_;
  Arrangement arrangement_;
  PostMaker posts_;
  Ratio followed_;
};

}  // namespace

void MeasureIngest(const Setting& setting) {
  const Program raw({RawProgram(), "http"});
  const Target raw_target{.address = AddressIn(raw.first_line(), "http")};
  Taker server(setting, Access::kOpen);
  std::optional<Taker> secured;
  if (!setting.open_only) secured.emplace(setting, Access::kKeysAndTls);

  Ratio alone{.number = "1",
              .name = "durable webhooks / Beast answering 200, 64 connections",
              .unit = "posts/s",
              .at_least = 0.33};
  Ratio tail{.number = "5",
             .name = "webhook p99 / p50, 64 connections",
             .unit = "ms",
             .at_most = 2.5};
  Ratio many{.number = "7",
             .name = "events in posts of 1000 / in posts of 1",
             .unit = "events/s",
             .at_least = 4};
  const std::size_t count = setting.Scaled(kPostsARound);
  for (int round = 0; round < setting.rounds; ++round) {
    std::vector<std::string> requests = server.posts().Many(count);
    const LoadResult below = Post(setting, raw_target, requests);
    const LoadResult above =
        Post(setting, server.target(), std::move(requests));
    alone.above.push_back(above.per_second());
    alone.below.push_back(below.per_second());
    tail.above.push_back(above.Quantile(0.99));
    tail.below.push_back(above.Quantile(0.50));
    server.MeasureFollowed(count, below.per_second());
    if (secured) secured->MeasureFollowed(count, below.per_second());
    const LoadResult big =
        Post(setting, server.target(),
             server.posts().Many(count / kMany + 1, kMany), 4);
    many.above.push_back(big.per_second() * kMany);
    many.below.push_back(above.per_second());
  }
  setting.report.Add(std::move(alone));
  server.AddToReport();
  if (secured) secured->AddToReport();
  setting.report.Add(std::move(tail));
  setting.report.Add(std::move(many));
}

}  // namespace linktor::bench
