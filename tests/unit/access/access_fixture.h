// A real data folder with API keys, and a clock that stands still.

#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/access/api_keys.h"
#include "server/access/key_admin.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::access {

class AccessFixture : public ::testing::Test {
 protected:
  AccessFixture() { Open(); }

  // Also after Close: what was stored is there again.
  void Open() {
    store_ = *journal::DataFolder::Open(folder_.path(),
                                        Secret(std::string(32, 'k')));
    keys_ = std::make_unique<ApiKeys>(clock_, store_->sealer());
    const auto rows = store_->state().ApiKeys();
    ASSERT_THAT(rows, IsOk());
    ASSERT_THAT(keys_->Load(*rows), IsOk());
    store_->feed().Add([this](auto records) { keys_->OnCommit(records); });
    journal_ = *journal::EmbeddedJournal::Create(
        {}, *store_, absl::ToUnixMillis(clock_.Now()),
        [](const absl::Status&) {});
    admin_ =
        std::make_unique<KeyAdmin>(clock_, *journal_, store_->sealer(), *keys_);
  }
  void Close() {
    admin_.reset();
    journal_.reset();
    keys_.reset();
    store_.reset();
  }

  static v1::CreateApiKeyRequest Request(
      const std::vector<v1::Permission>& permissions,
      const std::vector<std::string>& channels = {}) {
    v1::CreateApiKeyRequest request;
    for (const v1::Permission one : permissions) {
      request.mutable_api_key()->add_permissions(one);
    }
    for (const std::string& one : channels) {
      request.mutable_api_key()->add_channel_ids(one);
    }
    return request;
  }

  // Creates a key as a caller without one, who may do everything.
  v1::CreateApiKeyResponse Create(const v1::CreateApiKeyRequest& request) {
    auto created = admin_->Create(Caller(), request);
    EXPECT_THAT(created, IsOk());
    return created.ok() ? *created : v1::CreateApiKeyResponse();
  }
  Caller CallerOf(const v1::CreateApiKeyResponse& created) {
    auto caller = keys_->Authenticate(created.secret());
    EXPECT_THAT(caller, IsOk());
    return caller.ok() ? *caller : Caller();
  }
  absl::Status Update(const std::string& id, const std::string& path,
                      const std::function<void(v1::ApiKey&)>& change,
                      const Caller& caller = Caller()) {
    v1::UpdateApiKeyRequest request;
    request.mutable_api_key()->set_id(id);
    request.mutable_update_mask()->add_paths(path);
    change(*request.mutable_api_key());
    return admin_->Update(caller, request).status();
  }

  TempFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<journal::DataFolder> store_;
  // The journal's writer tells it until the journal goes.
  std::unique_ptr<ApiKeys> keys_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  std::unique_ptr<KeyAdmin> admin_;
};

}  // namespace linktor::access
