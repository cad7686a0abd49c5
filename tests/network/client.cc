// A service in C++ as a user would write one, for tools/check/network.py: it
// connects over TLS with an API key, follows the events of a channel, sends one
// message and waits until the stream tells of it.
//
//   linktor-network-client ADDRESS CA_FILE CHANNEL USER
//
// The key is in LINKTOR_IG_API_KEY. It prints "sent MID" and ends with 0, or
// prints the reason of the refusal and ends with 1.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"

namespace {

namespace v1 = linktor::instagram::v1;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::unique_ptr<grpc::ClientContext> NewContext() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(15));
  if (const char* key = std::getenv("LINKTOR_IG_API_KEY")) {
    context->AddMetadata("authorization", std::string("Bearer ") + key);
  }
  return context;
}

// Prints why a call failed, by its reason where it has one.
int Refused(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      if (detail.UnpackTo(&info)) break;
    }
  }
  std::cout << (info.reason().empty() ? status.error_message() : info.reason())
            << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: linktor-network-client ADDRESS CA_FILE CHANNEL USER\n";
    return 2;
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(argv[2]);
  const auto channel = grpc::CreateChannel(argv[1], grpc::SslCredentials(tls));
  const auto events = v1::EventService::NewStub(channel);
  v1::SubscribeEventsRequest subscribe;
  subscribe.add_channel_ids(argv[3]);
  const auto stream_context = NewContext();
  const auto stream = events->SubscribeEvents(stream_context.get(), subscribe);
  v1::SubscribeEventsResponse response;
  if (!stream->Read(&response)) return Refused(stream->Finish());

  v1::SendMessageRequest request;
  request.set_channel_id(argv[3]);
  request.set_to(argv[4]);
  request.mutable_content()->set_text("hello from another machine");
  v1::SendMessageResponse sent;
  const grpc::Status status =
      v1::MessagingService::NewStub(channel)->SendMessage(NewContext().get(),
                                                          request, &sent);
  if (!status.ok()) return Refused(status);
  while (stream->Read(&response)) {
    for (const v1::Event& event : response.events()) {
      if (event.message_sent().mid() == sent.message().mid()) {
        std::cout << "sent " << sent.message().mid() << "\n";
        return 0;
      }
    }
  }
  return Refused(stream->Finish());
}
