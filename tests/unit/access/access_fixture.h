// A real store with API keys, and a clock that stands still.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/access/api_keys.h"
#include "server/access/key_admin.h"
#include "server/store/api_key_table.h"
#include "server/store/sqlite_journal.h"
#include "server/store/store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::access {

class AccessFixture : public ::testing::Test {
 protected:
  AccessFixture() { Open(); }

  // Also after Close: what was stored is there again.
  void Open() {
    store_ = *Store::Open(folder_.path(), Secret(std::string(32, 'k')));
    journal_ = *SqliteJournal::Create(
        {}, store_->TakeWriter(), store_->sealer(),
        [](const std::vector<CommittedEvent>&) {}, [](const absl::Status&) {});
    keys_ = std::make_unique<ApiKeys>(clock_, store_->sealer());
    admin_ =
        std::make_unique<KeyAdmin>(clock_, *journal_, store_->sealer(), *keys_);
    const absl::Status loaded =
        store_->pool().Read([this](Database& database) -> absl::Status {
          const auto rows = ReadApiKeys(database);
          if (!rows.ok()) return rows.status();
          for (const ApiKeyRow& row : *rows) keys_->Put(row);
          return absl::OkStatus();
        });
    EXPECT_THAT(loaded, IsOk());
  }
  void Close() {
    admin_.reset();
    keys_.reset();
    journal_.reset();
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
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
  std::unique_ptr<ApiKeys> keys_;
  std::unique_ptr<KeyAdmin> admin_;
};

}  // namespace linktor::access
