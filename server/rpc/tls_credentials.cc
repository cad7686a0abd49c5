#include "server/rpc/tls_credentials.h"

#include <grpc/grpc_security.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace linktor::rpc {
namespace {

// A Fetcher is the state of one port's fetches. gRPC fetches under a lock of
// the port.
struct Fetcher {
  const TlsSource source;
  const bool with_client_ca;
  // This is the generation that gRPC was given last. It is atomic because
  // ThreadSanitizer cannot see gRPC's lock.
  std::atomic<std::uint64_t> given{0};
};

grpc_ssl_certificate_config_reload_status Fetch(
    void* data, grpc_ssl_server_certificate_config** config) {
  auto& fetcher = *static_cast<Fetcher*>(data);
  const std::shared_ptr<const TlsIdentity> identity = fetcher.source();
  if (identity->generation == fetcher.given.load(std::memory_order_relaxed)) {
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  }
  // gRPC wants the key with a zero byte behind it, and keeps a copy that it
  // does not wipe.
  const std::string key(identity->private_key.Reveal());
  const grpc_ssl_pem_key_cert_pair pair = {key.c_str(),
                                           identity->certificate_chain.c_str()};
  // gRPC insists on roots, with an assertion in Debian's build, even if no
  // client is asked for a certificate; it then does not use them.
  const std::string& roots = fetcher.with_client_ca
                                 ? identity->client_ca
                                 : identity->certificate_chain;
  *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
  fetcher.given.store(identity->generation, std::memory_order_relaxed);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

void DeleteFetcher(void* data) { delete static_cast<Fetcher*>(data); }

class TlsCredentials final : public grpc::ServerCredentials {
 public:
  TlsCredentials(TlsSource source, bool require_client_certificate)
      : source_(std::move(source)),
        require_client_certificate_(require_client_certificate) {}

  // Nothing here uses gRPC's metadata processors; to ignore one would let calls
  // in unchecked, so it ends the process.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {
    std::abort();
  }

 private:
  // Each port has credentials and a fetcher of its own, because a port must be
  // given every generation, its first one included.
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    auto* fetcher = new Fetcher{.source = source_,
                                .with_client_ca = require_client_certificate_};
    grpc_server_credentials* credentials =
        grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                require_client_certificate_
                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
                Fetch, fetcher));
    // The credentials live as long as the last handshake needs them. Only the
    // processor of metadata is told of their end; one without a function to
    // process is never called.
    grpc_server_credentials_set_auth_metadata_processor(
        credentials, {nullptr, DeleteFetcher, fetcher});
    const int port =
        grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return port;
  }

  const TlsSource source_;
  const bool require_client_certificate_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    TlsSource source, bool require_client_certificate) {
  return std::make_shared<TlsCredentials>(std::move(source),
                                          require_client_certificate);
}

}  // namespace linktor::rpc
