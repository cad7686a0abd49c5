// This is the denominator of the HTTP ratios: the least that Beast needs to
// read a POST and answer it. Each connection has a coroutine on a plain socket;
// there is one thread, and there are no timers. It also plays an instant Graph,
// which gives the answer that a send gets.

#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>

#include "tests/bench/raw.h"

namespace linktor::bench {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kBodyLimit = 64 * 1024 * 1024;

asio::awaitable<void> Serve(Socket socket, std::string answer) {
  boost::beast::flat_buffer buffer;
  std::uint64_t count = 0;
  for (;;) {
    beast_http::request_parser<beast_http::string_body> parser;
    parser.body_limit(kBodyLimit);
    auto [read_failed, size] =
        co_await beast_http::async_read(socket, buffer, parser, kNoThrow);
    if (read_failed) co_return;
    beast_http::response<beast_http::string_body> response(
        beast_http::status::ok, 11);
    response.body() = answer;
    if (!answer.empty()) {
      // Each send has a mid of its own.
      response.set(beast_http::field::content_type, "application/json");
      response.body() =
          R"({"recipient_id":"1","message_id":"m_)" +
          std::to_string(reinterpret_cast<std::uintptr_t>(&buffer)) + "_" +
          std::to_string(++count) + R"("})";
    }
    response.keep_alive(parser.get().keep_alive());
    response.prepare_payload();
    beast_http::response_serializer<beast_http::string_body> serializer(
        response);
    auto [write_failed, written] =
        co_await beast_http::async_write(socket, serializer, kNoThrow);
    if (write_failed) co_return;
  }
}

asio::awaitable<void> Accept(
    asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>& acceptor,
    asio::io_context& io, std::string answer) {
  for (;;) {
    Socket socket(io);
    auto [failed] = co_await acceptor.async_accept(socket, kNoThrow);
    if (failed) co_return;
    socket.set_option(Tcp::no_delay(true));
    asio::co_spawn(io, Serve(std::move(socket), answer), asio::detached);
  }
}

}  // namespace

int RunRawHttp(bool graph) {
  asio::io_context io{1};
  asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type> acceptor(
      io, Tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  std::printf("ready http=127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(io, Accept(acceptor, io, graph ? "graph" : ""),
                 asio::detached);
  io.run();
  return 0;
}

}  // namespace linktor::bench
