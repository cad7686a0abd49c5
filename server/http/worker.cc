#include "server/http/worker.h"

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <utility>

#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/http/session.h"

namespace linktor {
namespace {

namespace beast = boost::beast;
using Clock = HttpConnection::Clock;

// How often all connections' deadlines are looked at.
constexpr auto kSweepInterval = std::chrono::seconds(1);
// How long close_notify may take. It fits in the send buffer unless the peer
// has stopped reading, and then nobody needs to wait for it.
constexpr absl::Duration kCloseNotifyTimeout = absl::Seconds(1);

// Ends the connection of a stream, so that the peer reads its end.
void EndSending(HttpSocket& socket) {
  beast::error_code ignored;
  socket.shutdown(HttpSocket::shutdown_send, ignored);
}

}  // namespace

HttpWorker::HttpWorker(const HttpShared& shared)
    : shared_(shared),
      loop_{
          .options = shared.options, .budget = shared.budget, .calls = calls_},
      calls_(io_, shared.handler),
      sweep_timer_(io_) {
  asio::co_spawn(io_, Sweep(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
}

HttpWorker::~HttpWorker() {
  work_.reset();
  io_.stop();
  thread_.join();
}

void HttpWorker::Adopt(HttpSocket socket, HttpConnectionCount::Place place) {
  if (shared_.tls == nullptr) {
    asio::co_spawn(io_, Serve(std::move(socket), std::move(place)),
                   asio::detached);
  } else {
    asio::co_spawn(io_, ServeTls(std::move(socket), std::move(place)),
                   asio::detached);
  }
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

asio::awaitable<void> HttpWorker::Sweep() {
  for (;;) {
    sweep_timer_.expires_after(kSweepInterval);
    auto [error] = co_await sweep_timer_.async_wait(kHttpNoThrow);
    if (error) co_return;
    const auto now = Clock::now();
    for (HttpConnection* connection : loop_.connections) connection->Sweep(now);
  }
}

asio::awaitable<void> HttpWorker::Serve(HttpSocket socket,
                                        HttpConnectionCount::Place place) {
  // The place is given back when all of the connection has gone, in whatever
  // order the parameters go.
  const HttpConnectionCount::Place held = std::move(place);
  HttpSocket stream = std::move(socket);
  HttpConnection connection(loop_, stream);
  HttpSession<HttpSocket> session(loop_, connection, stream);
  co_await session.Run();
  EndSending(stream);
}

asio::awaitable<void> HttpWorker::ServeTls(HttpSocket socket,
                                           HttpConnectionCount::Place place) {
  const HttpConnectionCount::Place held = std::move(place);
  if (loop_.draining) co_return;
  auto context = shared_.tls->Current();
  if (!context.ok()) {
    if (context_failures_.Pass(Clock::now())) {
      Log(LogLevel::kError, "TLS identity unusable",
          {{"listener", shared_.address},
           {"error", std::string(ToStd(context.status().message()))}});
    }
    co_return;
  }
  HttpTlsStream stream(std::move(socket), **context);
  // The stream has what it needs of it.
  context->reset();
  auto& tls = stream.next_layer();
  HttpConnection connection(loop_, tls.next_layer());
  connection.BeginHandshake(shared_.options.request_timeout);
  auto [refused] = co_await tls.async_handshake(asio::ssl::stream_base::server,
                                                kHttpNoThrow);
  if (refused) {
    Log(LogLevel::kDebug, "TLS handshake failed",
        {{"listener", shared_.address},
         {"peer", held.address()},
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
}

}  // namespace linktor
