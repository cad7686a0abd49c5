// The server with API keys, a client that may do everything, and two channels.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/gateway.h"
#include "tests/support/keyed_client.h"
#include "tests/support/temp_folder.h"

namespace linktor::testing {

inline constexpr char kOtherChannel[] = "ch_other";
inline constexpr char kOtherAccount[] = "17841400000000002";

class AccessTest : public ::testing::Test {
 protected:
  explicit AccessTest(std::vector<std::string> more = {})
      : gateway_(WithKeys(std::move(more))) {
    const KeyedClient first = Client(FirstLine(bootstrap_file()));
    admin_key_ = first.CreateKey(AllPermissions()).secret();
    admin_ = std::make_unique<KeyedClient>(gateway_.grpc_channel(), admin_key_);
    CreateChannel(Gateway::DefaultChannel());
    auto other = Gateway::DefaultChannel();
    other.mutable_channel()->set_id(kOtherChannel);
    other.mutable_channel()->set_instagram_account_id(kOtherAccount);
    other.mutable_channel()->set_page_id("100200300400501");
    CreateChannel(other);
  }

  std::string bootstrap_file() const { return folder_.path() + "/first.key"; }
  KeyedClient Client(const std::string& key) {
    return {gateway_.grpc_channel(), key};
  }
  KeyedClient& admin() { return *admin_; }
  // SIGKILL and a new start on the same folder.
  void Restart() {
    gateway_.Restart();
    admin_ = std::make_unique<KeyedClient>(gateway_.grpc_channel(), admin_key_);
  }
  void CreateChannel(const v1::CreateChannelRequest& request) {
    v1::CreateChannelResponse response;
    const grpc::Status status = admin().channels().CreateChannel(
        admin().Context().get(), request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

 private:
  std::vector<std::string> WithKeys(std::vector<std::string> more) const {
    more.insert(more.end(),
                {"--auth", "keys", "--bootstrap-key-file", bootstrap_file()});
    return more;
  }

  // Before the gateway, which writes into it.
  TempFolder folder_;

 protected:
  Gateway gateway_;

 private:
  std::string admin_key_;
  std::unique_ptr<KeyedClient> admin_;
};

}  // namespace linktor::testing
