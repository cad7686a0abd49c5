#include "client/cpp/src/connection.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace linktor::instagram {
namespace {

constexpr char kUnix[] = "unix:";
constexpr char kSpace[] = " \t\r\n";

// gRPC waits this long between attempts to connect. The first wait of Backoff
// is longer, so gRPC has always tried to connect again before a call is
// repeated. gRPC's own waits would grow to two minutes.
constexpr int kReconnectMs = 200;
// gRPC pings a connection that is silent for this long during a call. The
// server permits a ping every 10 s. A stream carries data every 15 s, so a
// healthy stream is never pinged. Some proxies close connections with many
// pings.
constexpr int kPingAfterMs = 20'000;
// When a ping is not answered for this long, gRPC closes the connection, and
// its calls end with UNAVAILABLE.
constexpr int kPingTimeoutMs = 10'000;

Error Refused(std::string message) {
  return {.kind = Error::Kind::kRefused, .message = std::move(message)};
}

// Puts the API key into the metadata of every call. gRPC's call credentials
// cannot be used for this, because they do not work without TLS.
class KeyInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit KeyInterceptor(std::string authorization)
      : authorization_(std::move(authorization)) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::
                PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->insert(
          {"authorization", authorization_});
    }
    methods->Proceed();
  }

 private:
  const std::string authorization_;
};

class KeyInterceptors final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit KeyInterceptors(const std::string& api_key)
      : authorization_("Bearer " + api_key) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new KeyInterceptor(authorization_);
  }

 private:
  const std::string authorization_;
};

// Returns the content of the file, or an empty text when `path` is empty. Fails
// when the file cannot be read, or when the text `sign` is not in it.
Result<std::string> ReadPem(const std::string& path, const char* sign) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string pem{std::istreambuf_iterator<char>(file),
                  std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    return Refused("cannot read " + path + ": " + std::strerror(errno));
  }
  if (pem.find(sign) == std::string::npos) {
    return Refused(path + " is not a PEM file with \"" + sign + "\" in it");
  }
  return pem;
}

Result<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(
    const TlsOptions& tls) {
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return Refused("a client certificate and its private key go together");
  }
  auto ca = ReadPem(tls.ca_file, "-----BEGIN CERTIFICATE-----");
  if (!ca) return ca.error();
  auto cert = ReadPem(tls.cert_file, "-----BEGIN CERTIFICATE-----");
  if (!cert) return cert.error();
  auto key = ReadPem(tls.key_file, "PRIVATE KEY-----");
  if (!key) return key.error();
  // When `ca` is empty, gRPC uses the roots of the system.
  return grpc::SslCredentials({.pem_root_certs = *ca,
                               .pem_private_key = *key,
                               .pem_cert_chain = *cert});
}

std::optional<Error> CheckAddress(const std::string& address) {
  if (address.empty()) return Refused("the address of the server is empty");
  for (const std::string scheme : {"http://", "https://"}) {
    if (address.starts_with(scheme)) {
      std::string message = "the address '";
      message.append(address).append("' is host:port, so leave out ");
      return Refused(message.append(scheme));
    }
  }
  return std::nullopt;
}

// Returns the key without the white space around it. Fails when the key has a
// character that cannot be sent in a header.
Result<std::string> CheckKey(const std::string& api_key) {
  const std::size_t first = api_key.find_first_not_of(kSpace);
  if (first == std::string::npos) return std::string();
  const std::size_t last = api_key.find_last_not_of(kSpace);
  std::string key = api_key.substr(first, last - first + 1);
  if (!std::all_of(key.begin(), key.end(),
                   [](char c) { return c > ' ' && c <= '~'; })) {
    return Refused(
        "the API key has white space or a character in it that is not ASCII");
  }
  return key;
}

}  // namespace

bool IsThisMachine(const std::string& address) {
  if (address.starts_with(kUnix)) return true;
  std::string host = address.substr(0, address.rfind(':'));
  std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  // Only the exact name counts. A name such as "localhost.example.com" may be
  // another machine.
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    return ntohl(four.s_addr) >> 24U == 127;
  }
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') {
    return false;
  }
  host = host.substr(1, host.size() - 2);
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&six);
}

Connection::Connection(std::string address, std::string server_name,
                       std::string api_key,
                       std::shared_ptr<grpc::ChannelCredentials> credentials)
    : address_(std::move(address)),
      server_name_(std::move(server_name)),
      api_key_(std::move(api_key)),
      credentials_(std::move(credentials)) {}

Result<std::shared_ptr<const Connection>> Connection::Create(
    const ClientOptions& options) {
  if (auto error = CheckAddress(options.address)) return *error;
  if (options.tls.has_value() && options.plaintext_to_other_machines) {
    return Refused("TLS and plaintext to other machines exclude each other");
  }
  auto key = CheckKey(options.api_key);
  if (!key) return key.error();
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  TlsOptions tls;
  if (options.plaintext_to_other_machines ||
      (!options.tls.has_value() && IsThisMachine(options.address))) {
    credentials = grpc::InsecureChannelCredentials();
  } else {
    tls = options.tls.value_or(TlsOptions());
    auto made = TlsCredentials(tls);
    if (!made) return made.error();
    credentials = *std::move(made);
  }
  return std::shared_ptr<const Connection>(
      new Connection(options.address, tls.server_name, *key, credentials));
}

std::shared_ptr<grpc::Channel> Connection::NewChannel() const {
  grpc::ChannelArguments arguments;
  // The server is in the operator's own network. So no HTTP proxy is used, even
  // if the environment names one.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  // Otherwise gRPC would stop pinging after two pings without data.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Otherwise channels with equal arguments would share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!server_name_.empty()) arguments.SetSslTargetNameOverride(server_name_);
  if (api_key_.empty()) {
    return grpc::CreateCustomChannel(address_, credentials_, arguments);
  }
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(std::make_unique<KeyInterceptors>(api_key_));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      address_, credentials_, arguments, std::move(interceptors));
}

void WaitUntilConnected(grpc::Channel& channel, std::chrono::milliseconds most,
                        const std::function<bool()>& stop) {
  using Clock = std::chrono::system_clock;
  constexpr std::chrono::milliseconds kLook(100);
  const auto deadline = Clock::now() + most;
  while (!stop() && Clock::now() < deadline) {
    const grpc_connectivity_state state = channel.GetState(true);
    if (state == GRPC_CHANNEL_READY) return;
    channel.WaitForStateChange(state, std::min(deadline, Clock::now() + kLook));
  }
}

}  // namespace linktor::instagram
