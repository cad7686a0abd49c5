#include "tests/soak/deliverer.h"

#include <future>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

constexpr int kNoAnswer = 0;
constexpr int kOk = 200;
constexpr int kTryAgain = 503;
// More in one life of the server than a kill leaves unanswered by far: it has
// ended by itself.
constexpr std::size_t kMaxUnanswered = 1000;

}  // namespace

Deliverer::Deliverer(const Plan& plan, Whereabouts& whereabouts,
                     int connections)
    : plan_(plan),
      whereabouts_(whereabouts),
      key_(kAppSecret),
      http_(http::CurlTransport::Options{}) {
  for (int i = 0; i < connections; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

Deliverer::~Deliverer() {
  for (std::thread& thread : threads_) thread.join();
}

void Deliverer::Run() {
  for (;;) {
    std::size_t mine = 0;
    {
      MutexLock lock(mutex_);
      mine = next_++;
    }
    if (mine >= plan_.order().size()) return;
    if (!Deliver(plan_.order()[mine])) return;
  }
}

bool Deliverer::Deliver(std::uint32_t post) {
  const std::string body = plan_.Body(post);
  const Digest mac = key_.Sign(body);
  const std::string signature =
      "sha256=" + absl::BytesToHexString(ToAbsl(AsBytes(mac)));
  PostCounts counts = plan_.CountsOf(post);
  counts.bytes = static_cast<std::int64_t>(body.size());
  for (;;) {
    const auto place = whereabouts_.Wait();
    if (!place.has_value()) return false;
    const int status = Post(place->webhook, body, signature);
    if (!Note(status, place->life, counts)) return false;
    if (status == kOk) return true;
  }
}

int Deliverer::Post(const std::string& address, const std::string& body,
                    const std::string& signature) {
  std::promise<int> answer;
  http_.Send({.method = "POST",
              .url = absl::StrCat("http://", address, "/webhooks/instagram/",
                                  kChannel),
              .headers = {{"Content-Type", "application/json"},
                          {"X-Hub-Signature-256", signature}},
              .body = body},
             [&answer](const http::HttpResult& result) {
               answer.set_value(result.transport.ok() ? result.status_code
                                                      : kNoAnswer);
             });
  return answer.get_future().get();
}

bool Deliverer::Note(int status, int life, const PostCounts& counts) {
  MutexLock lock(mutex_);
  if (life > life_) {
    life_ = life;
    tally_.items_of_life = 0;
    tally_.unanswered_of_life = 0;
  }
  switch (status) {
    case kOk:
      tally_.items += static_cast<std::size_t>(counts.items);
      if (life == life_) {
        tally_.items_of_life += static_cast<std::size_t>(counts.items);
      }
      tally_.answered.push_back(counts);
      changed_.SignalAll();
      break;
    case kNoAnswer:
      if (life == life_) ++tally_.unanswered_of_life;
      tally_.unanswered.push_back(counts);
      break;
    case kTryAgain:
      ++tally_.refused;
      break;
    default:
      ++tally_.odd_answers[status];
      break;
  }
  if (tally_.unanswered_of_life < kMaxUnanswered) return true;
  changed_.SignalAll();
  return false;
}

bool Deliverer::WaitForAnswered(std::size_t items, TimePoint end) {
  MutexLock lock(mutex_);
  while (tally_.items < items) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0 || tally_.unanswered_of_life >= kMaxUnanswered) {
      return false;
    }
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

Deliverer::Tally Deliverer::tally() const {
  MutexLock lock(mutex_);
  return tally_;
}

}  // namespace linktor::testing
