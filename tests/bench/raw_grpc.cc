// This is the denominator of the gRPC ratios: a callback server that streams
// messages which were encoded before, or echoes.

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <sstream>
#include <string>

#include "tests/bench/raw.h"

namespace linktor::bench {
namespace {

std::string Text(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  (void)bytes.Dump(&slices);
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

class Echo final : public grpc::ServerGenericBidiReactor {
 public:
  Echo() { StartRead(&bytes_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartWriteAndFinish(&bytes_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer bytes_;
};

class Stream final : public grpc::ServerGenericBidiReactor {
 public:
  Stream() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    std::istringstream words(Text(request_));
    std::size_t events = 0;
    std::size_t bytes = 0;
    words >> left_ >> events >> bytes;
    // A message has `events` fields of a SubscribeEventsResponse; each is a
    // tag, a length and a content.
    std::string message;
    for (std::size_t i = 0; i < events; ++i) {
      message.push_back('\x0a');
      message.push_back(static_cast<char>(0x80 | (bytes & 0x7F)));
      message.push_back(static_cast<char>(bytes >> 7));
      message.append(bytes, 'e');
    }
    const grpc::Slice slice(message);
    message_ = grpc::ByteBuffer(&slice, 1);
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) left_ = 0;
    Next();
  }
  void OnCancel() override {}
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (left_ == 0) return Finish(grpc::Status::OK);
    --left_;
    StartWrite(&message_);
  }

  grpc::ByteBuffer request_;
  grpc::ByteBuffer message_;
  std::size_t left_ = 0;
};

class Service final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (context->method() == "/bench/Echo") return new Echo;
    return new Stream;
  }
};

}  // namespace

int RunRawGrpc() {
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterCallbackGenericService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("ready grpc=127.0.0.1:%d\n", port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}

}  // namespace linktor::bench
