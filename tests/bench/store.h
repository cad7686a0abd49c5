// A Store has the server's parts that keep webhooks, in this process: a data
// folder with one channel, its journal, and the part that makes records of
// posts.

#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/webhook/ingest.h"
#include "tests/bench/posts.h"
#include "tests/fakes/fake_webhook_observer.h"
#include "tests/support/temp_folder.h"

namespace linktor::bench {

// Returns the value. It ends the program when there is none, since a figure
// without it says nothing.
template <typename T>
T ValueOrDie(absl::StatusOr<T> value) {
  if (!value.ok()) std::abort();
  return *std::move(value);
}

class Store {
 public:
  Store();

  // Returns where posts to the channel go, but for the address.
  static Target target();

  const Clock& clock() const { return clock_; }
  const std::string& folder() const { return folder_.path(); }
  journal::DataFolder& data() { return *data_; }
  journal::EmbeddedJournal& journal() { return *journal_; }
  channels::ChannelRegistry& registry() { return registry_; }
  FakeWebhookObserver& observer() { return observer_; }
  webhook::Ingest& ingest() { return ingest_; }
  channels::ChannelRegistry::EntryPtr channel() const;

 private:
  class NoNames final : public channels::UserNames {
   public:
    std::string Find(std::int64_t, std::string_view) override { return ""; }
    void OnActivity(const channels::ChannelRegistry::EntryPtr&,
                    std::string_view) override {}
  };

  const SystemClock clock_;
  const TempFolder folder_;
  const std::unique_ptr<journal::DataFolder> data_ =
      ValueOrDie(journal::DataFolder::Open(folder_.path() + "/data",
                                           Secret(std::string(32, 'k'))));
  channels::ChannelRegistry registry_{data_->sealer()};
  const std::unique_ptr<journal::EmbeddedJournal> journal_ =
      ValueOrDie(journal::EmbeddedJournal::Create(
          {}, *data_, absl::ToUnixMillis(clock_.Now()),
          [](const absl::Status&) { std::abort(); }));
  NoNames names_;
  FakeWebhookObserver observer_;
  webhook::Ingest ingest_{clock_, data_->sealer(), registry_, names_,
                          observer_};
};

}  // namespace linktor::bench
