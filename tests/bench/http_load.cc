#include "tests/bench/http_load.h"

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace linktor::bench {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using SteadyClock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using TlsSocket = asio::ssl::stream<Socket>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

class Runner {
 public:
  explicit Runner(const Load& load) : load_(load) {
    result_.latencies_ms.reserve(load.requests.size());
    if (load.trusted.empty()) return;
    tls_.add_certificate_authority(asio::buffer(load.trusted));
    tls_.set_verify_mode(asio::ssl::verify_peer);
  }

  LoadResult Run() {
    const std::size_t colon = load_.address.rfind(':');
    endpoint_ = {
        asio::ip::make_address(load_.address.substr(0, colon)),
        static_cast<std::uint16_t>(std::stoi(load_.address.substr(colon + 1)))};
    start_ = SteadyClock::now();
    for (int i = 0; i < load_.connections; ++i) {
      asio::co_spawn(io_, load_.trusted.empty() ? Plain() : Tls(),
                     asio::detached);
    }
    io_.run();
    result_.seconds =
        std::chrono::duration<double>(SteadyClock::now() - start_).count();
    return std::move(result_);
  }

 private:
  asio::awaitable<void> Plain() {
    Socket socket(io_);
    co_await Connect(socket);
    co_await Send(socket);
  }

  asio::awaitable<void> Tls() {
    TlsSocket socket(io_, tls_);
    co_await Connect(socket.next_layer());
    auto [failed] =
        co_await socket.async_handshake(TlsSocket::client, kNoThrow);
    if (failed) Fail(failed.message());
    co_await Send(socket);
  }

  asio::awaitable<void> Connect(Socket& socket) {
    auto [failed] = co_await socket.async_connect(endpoint_, kNoThrow);
    if (failed) Fail(failed.message());
    socket.set_option(Tcp::no_delay(true));
  }

  template <typename Stream>
  asio::awaitable<void> Send(Stream& socket) {
    boost::beast::flat_buffer buffer;
    asio::steady_timer timer(io_);
    while (next_ < load_.requests.size()) {
      const std::size_t index = next_++;
      if (load_.rate > 0) {
        timer.expires_at(start_ +
                         std::chrono::duration_cast<SteadyClock::duration>(
                             std::chrono::duration<double>(
                                 static_cast<double>(index) / load_.rate)));
        co_await timer.async_wait(kNoThrow);
      }
      if (load_.on_send) load_.on_send(index);
      const auto begin = SteadyClock::now();
      auto [write_failed, written] = co_await asio::async_write(
          socket, asio::buffer(load_.requests[index]), kNoThrow);
      if (write_failed) Fail(write_failed.message());
      beast_http::response_parser<beast_http::string_body> parser;
      auto [read_failed, size] =
          co_await beast_http::async_read(socket, buffer, parser, kNoThrow);
      if (read_failed) Fail(read_failed.message());
      result_.latencies_ms.push_back(
          std::chrono::duration<double, std::milli>(SteadyClock::now() - begin)
              .count());
      if (parser.get().result_int() != 200) ++result_.refused;
    }
  }

  static void Fail(const std::string& why) {
    std::fprintf(stderr, "the load cannot be sent: %s\n", why.c_str());
    std::exit(1);
  }

  const Load& load_;
  asio::io_context io_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  Tcp::endpoint endpoint_;
  SteadyClock::time_point start_;
  std::size_t next_ = 0;
  LoadResult result_;
};

}  // namespace

double LoadResult::Quantile(double q) const {
  return QuantileOf(latencies_ms, q);
}

LoadResult RunLoad(const Load& load) { return Runner(load).Run(); }

double QuantileOf(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  const std::ptrdiff_t at =
      std::lround(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

}  // namespace linktor::bench
