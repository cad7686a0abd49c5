#include "server/http/listener.h"

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast/core/error.hpp>
#include <charconv>
#include <chrono>
#include <latch>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/http/budget.h"
#include "server/http/connection_count.h"
#include "server/http/refusal.h"
#include "server/http/run_loop.h"
#include "server/http/tls_context.h"
#include "server/http/worker.h"

namespace linktor::http {
namespace {

namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

// Accepting rests for so long when the process is out of descriptors or memory;
// without a rest it would fail again at once and take the processor.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
// A longer grace is as good as this one, which can be added to a clock's time
// without overflow.
constexpr absl::Duration kMaxGrace = absl::Hours(24);

// Owns the accepting thread, the workers, and all that they share. Members are
// in the order of their lives: a worker may use the budget, the count and the
// TLS contexts until its thread has ended.
class BeastListener final : public HttpListener {
 public:
  BeastListener(const Options& options, Handler handler)
      : options_(options),
        handler_(std::move(handler)),
        budget_(options.max_bytes_in_flight),
        connections_(
            std::max<std::size_t>(1, options.max_connections),
            std::max<std::size_t>(1, options.max_connections_per_address)),
        acceptor_(accept_io_) {
    if (options_.tls) tls_.emplace(options_.tls);
  }

  ~BeastListener() override { BeastListener::Stop(absl::ZeroDuration()); }

  // Binds the first address that the host's name has, and notes the port in
  // use. Fails with UNAVAILABLE or INVALID_ARGUMENT as Start says; no thread
  // runs yet.
  absl::Status Bind() {
    beast::error_code error;
    Tcp::resolver resolver(accept_io_);
    const auto found = resolver.resolve(
        options_.host, absl::StrCat(options_.port),
        Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
    if (error || found.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", options_.host, "' is not an address to listen on"));
    }
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error)
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error)
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", options_.host, ":", options_.port,
                       ": ", error.message()));
    }
    const Tcp::endpoint bound = acceptor_.local_endpoint();
    const std::string host = bound.address().to_string();
    address_ = bound.address().is_v6()
                   ? absl::StrCat("[", host, "]:", bound.port())
                   : absl::StrCat(host, ":", bound.port());
    return absl::OkStatus();
  }

  // Starts the workers and then the accepting thread, which needs them.
  void Run() {
    const HttpShared shared{.options = options_,
                            .handler = handler_,
                            .address = address_,
                            .budget = budget_,
                            .tls = tls_ ? &*tls_ : nullptr};
    for (int i = 0; i < std::max(1, options_.threads); ++i) {
      workers_.push_back(std::make_unique<HttpWorker>(shared));
    }
    accept_thread_ = std::thread([this] { RunAccept(); });
  }

  const std::string& address() const override { return address_; }

  // Closes the acceptor first, so that no connection comes after the workers
  // have been told to drain. A second call does nothing.
  void Stop(absl::Duration grace) override {
    if (!accept_thread_.joinable()) return;
    // Closing the acceptor ends Accept, and with it the thread.
    asio::post(accept_io_, [this] {
      beast::error_code ignored;
      acceptor_.close(ignored);
    });
    accept_thread_.join();
    for (auto& worker : workers_) worker->Drain();
    if (connections_.WaitUntilNone(
            absl::ToChronoNanoseconds(std::min(grace, kMaxGrace)))) {
      return;
    }
    closed_.emplace(std::ssize(workers_));
    for (auto& worker : workers_) worker->CloseAll(*closed_);
    closed_->wait();
  }

 private:
  // Accepts until the listener stops. Where memory runs out, the connection
  // that has just come is lost, and accepting begins again after a rest.
  void RunAccept() {
    while (acceptor_.is_open()) {
      try {
        accept_io_.restart();
        asio::co_spawn(accept_io_, Accept(), asio::detached);
        RunLoop(accept_io_);
      } catch (const std::bad_alloc&) {  // NOLINT(*-empty-catch)
        // There is not even memory for the coroutine. The steps after it
        // are the same.
      }
      if (!acceptor_.is_open()) return;
      ReportRefusal(options_, Refusal::kOutOfMemory, address_, "");
      std::this_thread::sleep_for(kAcceptPause);
    }
  }

  // Accepts connections and gives them to the workers in turn. It ends when the
  // acceptor is closed; other errors, such as a lack of descriptors, are
  // logged, and accepting goes on after a rest.
  asio::awaitable<void> Accept() {
    asio::steady_timer pause(accept_io_);
    for (std::size_t next = 0;; ++next) {
      HttpWorker& worker = *workers_[next % workers_.size()];
      HttpSocket socket(worker.io());
      Tcp::endpoint peer;
      auto [error] =
          co_await acceptor_.async_accept(socket, peer, kHttpNoThrow);
      if (error == asio::error::operation_aborted ||
          error == asio::error::bad_descriptor) {
        co_return;
      }
      if (error) {
        LogCause(LogLevel::kWarning, "accept failed", address_,
                 {{"error", error.message()}});
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(kHttpNoThrow);
        continue;
      }
      Admit(worker, std::move(socket), peer.address().to_string());
    }
  }

  // Gives a connection from `peer` to a worker if there is room for it;
  // otherwise the socket is closed here, without an answer. The place moves
  // with the socket, so that the connection is counted until the worker has
  // ended it.
  void Admit(HttpWorker& worker, HttpSocket socket, const std::string& peer) {
    std::optional<HttpConnectionCount::Place> place = connections_.Enter(peer);
    if (!place.has_value()) {
      return ReportRefusal(options_, Refusal::kConnectionLimit, address_, peer);
    }
    beast::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    asio::post(worker.io(), [&worker, s = std::move(socket),
                             p = *std::move(place)]() mutable {
      worker.Adopt(std::move(s), std::move(p));
    });
  }

  const Options options_;
  const Handler handler_;
  HttpBudget budget_;
  HttpConnectionCount connections_;
  // It is absent when the listener speaks plaintext.
  std::optional<TlsContexts> tls_;
  asio::io_context accept_io_{1};
  asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type> acceptor_;
  std::string address_;
  // Counts the workers that have yet to close their connections. It is a member
  // and not a local of Stop, because a worker may still be inside it when the
  // wait for it is over.
  std::optional<std::latch> closed_;
  std::vector<std::unique_ptr<HttpWorker>> workers_;
  std::thread accept_thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(
    const Options& options, Handler handler) {
  auto listener = std::make_unique<BeastListener>(options, std::move(handler));
  if (absl::Status status = listener->Bind(); !status.ok()) return status;
  listener->Run();
  return listener;
}

bool SplitHostPort(std::string_view text, std::string& host,
                   std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view name = text.substr(0, colon);
  if (name.front() == '[') {
    if (name.back() != ']') return false;
    name = name.substr(1, name.size() - 2);
  } else if (name.find(':') != std::string_view::npos) {
    return false;
  }
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return false;
  host = std::string(name);
  return !host.empty();
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

}  // namespace linktor::http
