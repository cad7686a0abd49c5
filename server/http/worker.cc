#include "server/http/worker.h"

#include <openssl/ssl.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "server/base/cause_log.h"
#include "server/base/strings.h"
#include "server/http/proxy_protocol.h"
#include "server/http/refusal.h"
#include "server/http/run_loop.h"
#include "server/http/session.h"

namespace linktor::http {
namespace {

namespace beast = boost::beast;
using Clock = HttpConnection::Clock;

// All connections' deadlines are looked at this often.
constexpr auto kSweepInterval = std::chrono::seconds(1);
// close_notify may take this long. It fits in the send buffer unless the peer
// has stopped reading, and then nobody needs to wait for it.
constexpr absl::Duration kCloseNotifyTimeout = absl::Seconds(1);
// A client is listened to for so long, and for so many bytes, after a refusal.
constexpr absl::Duration kLingerTime = absl::Seconds(1);
constexpr std::size_t kLingerBytes = std::size_t{1} << 20;

// Ends the connection of a stream, so that the peer reads its end.
void EndSending(HttpSocket& socket) {
  beast::error_code ignored;
  socket.shutdown(HttpSocket::shutdown_send, ignored);
}

// Keeps a flag true for as long as it lives.
class Raised {
 public:
  explicit Raised(bool& flag) : flag_(flag) { flag_ = true; }
  ~Raised() { flag_ = false; }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  bool& flag_;
};

}  // namespace

HttpWorker::HttpWorker(const HttpShared& shared)
    : shared_(shared),
      loop_{.options = shared.options,
            .address = shared.address,
            .budget = shared.budget,
            .calls = calls_},
      calls_(io_, shared.handler),
      sweep_timer_(io_) {
  KeepSweeping();
  thread_ = std::thread([this] { Run(); });
}

HttpWorker::~HttpWorker() {
  work_.reset();
  io_.stop();
  thread_.join();
}

void HttpWorker::Run() {
  while (!RunLoop(io_)) {
    // The connection whose turn it was has ended; all others go on.
    ReportRefusal(shared_.options, Refusal::kOutOfMemory, shared_.address, "");
  }
}

void HttpWorker::Adopt(HttpSocket socket, HttpConnectionCount::Place place) {
  KeepSweeping();
  if (shared_.tls == nullptr) {
    Begin(Serve(std::move(socket), std::move(place)));
  } else {
    Begin(ServeTls(std::move(socket), std::move(place)));
  }
}

void HttpWorker::Begin(asio::awaitable<void> coroutine) {
  asio::co_spawn(
      io_, std::move(coroutine), [this](const std::exception_ptr& thrown) {
        if (thrown == nullptr) return;
        try {
          std::rethrow_exception(thrown);
        } catch (const std::bad_alloc&) {
          ReportRefusal(shared_.options, Refusal::kOutOfMemory, shared_.address,
                        "");
        } catch (const boost::system::system_error& error) {
          // OpenSSL had no memory for the connection, or something like it.
          LogCause(LogLevel::kError, "connection failed", shared_.address,
                   {{"listener", shared_.address}, {"error", error.what()}});
        }
      });
}

void HttpWorker::CloseAll(std::latch& closed) {
  asio::post(io_, [this, &closed] {
    for (HttpConnection* connection : loop_.connections) connection->Close();
    closed.count_down();
  });
}

void HttpWorker::Drain() {
  asio::post(io_, [this] {
    loop_.draining = true;
    for (HttpConnection* connection : loop_.connections) connection->Drain();
  });
}

void HttpWorker::KeepSweeping() {
  if (!sweeping_) asio::co_spawn(io_, Sweep(), asio::detached);
}

asio::awaitable<void> HttpWorker::Sweep() {
  const Raised sweeping(sweeping_);
  for (;;) {
    sweep_timer_.expires_after(kSweepInterval);
    auto [error] = co_await sweep_timer_.async_wait(kHttpNoThrow);
    if (error) co_return;
    const auto now = Clock::now();
    for (HttpConnection* connection : loop_.connections) connection->Sweep(now);
    calls_.Retry();
  }
}

asio::awaitable<bool> HttpWorker::ReadProxyHeader(HttpConnection& connection,
                                                  HttpSocket& socket) {
  connection.BeginHandshake(shared_.options.request_timeout);
  std::string bytes;
  ProxyHeader header = ParseProxyHeader(bytes);
  // As in HttpSession::ServeOne, nothing returns within the loop.
  bool ended = false;
  while (!ended && header.state == ProxyHeader::State::kIncomplete) {
    const std::size_t had = bytes.size();
    bytes.resize(header.size);
    auto [error, size] = co_await asio::async_read(
        socket, asio::buffer(bytes.data() + had, header.size - had),
        kHttpNoThrow);
    ended = error.failed();
    if (!ended) header = ParseProxyHeader(bytes);
  }
  if (ended) {
    // A monitor that only connects is no fault.
    if (connection.expired()) {
      ReportRefusal(shared_.options, Refusal::kRequestTimeout, shared_.address,
                    connection.peer());
    }
    co_return false;
  }
  if (header.state == ProxyHeader::State::kComplete) {
    // A check of health by the load balancer has no client.
    if (!header.client.empty()) connection.set_peer(header.client);
    co_return true;
  }
  ReportRefusal(shared_.options, Refusal::kProxyProtocolMissing,
                shared_.address, connection.peer());
  co_return false;
}

asio::awaitable<void> HttpWorker::Linger(HttpConnection& connection,
                                         HttpSocket& socket) {
  connection.BeginWork(kLingerTime);
  std::array<char, 4096> ignored;
  bool ended = false;
  for (std::size_t total = 0; !ended && total < kLingerBytes;) {
    auto [error, size] =
        co_await socket.async_read_some(asio::buffer(ignored), kHttpNoThrow);
    ended = error.failed();
    total += size;
  }
}

asio::awaitable<void> HttpWorker::Serve(HttpSocket socket,
                                        HttpConnectionCount::Place place) {
  // The place is given back when all of the connection has gone, in whatever
  // order the parameters go.
  const HttpConnectionCount::Place held = std::move(place);
  HttpSocket stream = std::move(socket);
  HttpConnection connection(loop_, stream, held.address());
  if (shared_.options.proxy_protocol) {
    const bool good = co_await ReadProxyHeader(connection, stream);
    if (!good) co_return;
  }
  HttpSession<HttpSocket> session(loop_, connection, stream);
  co_await session.Run();
  EndSending(stream);
  if (session.refused()) co_await Linger(connection, stream);
}

asio::awaitable<void> HttpWorker::ServeTls(HttpSocket socket,
                                           HttpConnectionCount::Place place) {
  const HttpConnectionCount::Place held = std::move(place);
  if (loop_.draining) co_return;
  auto context = shared_.tls->Current();
  if (!context.ok()) {
    LogCause(LogLevel::kError, "TLS identity unusable", shared_.address,
             {{"listener", shared_.address},
              {"error", std::string(ToStd(context.status().message()))}});
    co_return;
  }
  HttpTlsStream stream(std::move(socket), **context);
  // The stream keeps what it needs of the context.
  context->reset();
  auto& tls = stream.next_layer();
  HttpConnection connection(loop_, tls.next_layer(), held.address());
  if (shared_.options.proxy_protocol) {
    const bool good = co_await ReadProxyHeader(connection, tls.next_layer());
    if (!good) co_return;
  }
  connection.BeginHandshake(shared_.options.request_timeout);
  auto [refused] = co_await tls.async_handshake(asio::ssl::stream_base::server,
                                                kHttpNoThrow);
  if (refused) {
    ReportRefusal(shared_.options, Refusal::kTlsHandshake, shared_.address,
                  connection.peer());
    Log(LogLevel::kDebug, "TLS handshake failed",
        {{"listener", shared_.address},
         {"peer", connection.peer()},
         {"error", refused.message()}});
    EndSending(tls.next_layer());
    co_return;
  }
  HttpSession<HttpTlsStream> session(loop_, connection, stream);
  co_await session.Run();
  connection.BeginWork(kCloseNotifyTimeout);
  // async_shutdown would wait for the peer's close_notify; OpenSSL is told that
  // it has come.
  SSL_set_shutdown(tls.native_handle(), SSL_get_shutdown(tls.native_handle()) |
                                            SSL_RECEIVED_SHUTDOWN);
  co_await tls.async_shutdown(kHttpNoThrow);
  EndSending(tls.next_layer());
  if (session.refused()) co_await Linger(connection, tls.next_layer());
}

}  // namespace linktor::http
