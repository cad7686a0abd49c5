#include "tests/bench/setting.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/keyed_client.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_certificates.h"

namespace linktor::bench {

// Secrets are the certificate and the API key of one server.
class Arrangement::Secrets {
 public:
  Secrets() {
    const TestCertificate made = authority_.IssueServer();
    Write(certificate_file(), made.certificate);
    Write(key_file(), made.private_key);
  }

  std::vector<std::string> ServerOptions() const {
    return {"--auth", "keys", "--bootstrap-key-file", first_key_file(),
            "--grpc-tls-cert", certificate_file(), "--grpc-tls-key", key_file(),
            "--webhook-tls-cert", certificate_file(), "--webhook-tls-key",
            key_file(),
            // One key has every stream of the measurement.
            "--max-streams-per-key", "20000"};
  }

  // Makes a key that may do everything, and the channel, once the server runs.
  void Prepare(const std::string& address) {
    Peer first = PeerAt(address);
    const std::shared_ptr<grpc::Channel> channel = first.Connect();
    api_key_ =
        testing::KeyedClient(channel, testing::FirstLine(first_key_file()))
            .CreateKey(testing::AllPermissions())
            .secret();
    const testing::KeyedClient client(channel, api_key_);
    v1::CreateChannelResponse response;
    const grpc::Status status = client.channels().CreateChannel(
        client.Context().get(), testing::Gateway::DefaultChannel(), &response);
    if (status.ok()) return;
    std::fprintf(stderr, "no channel: %s\n", status.error_message().c_str());
    std::exit(1);
  }

  Peer PeerAt(std::string address) const {
    return {.address = std::move(address),
            .credentials = grpc::SslCredentials(
                {.pem_root_certs = authority_.certificate()}),
            .api_key = api_key_};
  }
  const std::string& trusted() const { return authority_.certificate(); }

 private:
  std::string certificate_file() const { return folder_.path() + "/cert.pem"; }
  std::string key_file() const { return folder_.path() + "/cert.key"; }
  std::string first_key_file() const { return folder_.path() + "/first.key"; }
  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
  }

  const TempFolder folder_;
  TestAuthority authority_;
  std::string api_key_;
};

Arrangement::Arrangement(std::vector<std::string> server_options,
                         Access access) {
  if (access == Access::kKeysAndTls) {
    secrets_ = std::make_unique<Secrets>();
    const std::vector<std::string> more = secrets_->ServerOptions();
    server_options.insert(server_options.end(), more.begin(), more.end());
  }
  gateway_ = std::make_unique<testing::Gateway>(std::move(server_options));
  if (!gateway_->server().running()) {
    std::fprintf(stderr, "the server does not start\n");
    std::exit(1);
  }
  if (secrets_ != nullptr) {
    secrets_->Prepare(gateway_->server().grpc());
  } else {
    gateway_->CreateChannel();
  }
}

Arrangement::~Arrangement() = default;

Target Arrangement::target() {
  return {.address = gateway_->server().webhook(),
          .trusted = secrets_ != nullptr ? secrets_->trusted() : "",
          .path = absl::StrCat("/webhooks/instagram/", testing::kChannel),
          .account_id = testing::kAccount,
          .app_secret = testing::kAppSecret};
}

Peer Arrangement::peer() {
  std::string address = gateway_->server().grpc();
  if (secrets_ != nullptr) return secrets_->PeerAt(std::move(address));
  return {.address = std::move(address)};
}

std::string NameWith(Access access, std::string name) {
  if (access == Access::kKeysAndTls) name += ", API keys and TLS";
  return name;
}

std::string RawProgram() { return testing::BinDir() + "/linktor-bench-raw"; }

}  // namespace linktor::bench
