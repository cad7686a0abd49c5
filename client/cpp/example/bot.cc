// This bot answers each customer's first message, and the choice they make.

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>

#include "linktor/instagram/client.h"

namespace ig = linktor::instagram;

static int Fail(const ig::Error& error) {
  std::cerr << ToString(error) << "\n";
  return 1;
}

int main() {
  const char* server = std::getenv("LINKTOR_IG_SERVER");
  const char* key = std::getenv("LINKTOR_IG_API_KEY");
  const auto client = ig::Client::Create(
      {.address = server != nullptr ? server : "127.0.0.1:50051",
       .api_key = key != nullptr ? key : ""});
  if (!client) return Fail(client.error());
  ig::v1::SetIceBreakersRequest menu;
  menu.set_channel_id("ch_instagram_123");
  menu.add_ice_breakers()->set_question("What is new?");
  menu.mutable_ice_breakers(0)->set_payload("NEW");
  const auto set = (*client)->SetIceBreakers(menu);
  if (!set) return Fail(set.error());
  const auto ready = [](const ig::v1::SubscribeEventsResponse& response) {
    if (response.subscribed()) std::cerr << "reading events; Ctrl-C ends\n";
  };
  ig::FileCursorStore place("example.cursor");
  auto events =
      (*client)->Subscribe({}, {.cursor_store = &place, .on_response = ready});
  std::set<std::string> met;
  while (const auto event = events.Next()) {
    // The request id is made from the message, so replicas send one answer.
    std::string text = "Hello! What do you look for?";
    std::string id = "first-" + event->message_received().id();
    if (event->has_quick_reply()) {
      text = "You chose " + event->quick_reply().text() + ".";
      id = "choice-" + event->quick_reply().message().id();
    } else if (!event->has_message_received() ||
               !met.insert(event->user_id()).second) {
      continue;
    }
    auto send = ig::Text(event->channel_id(), event->user_id(), text);
    send.set_request_id(id);
    for (const std::string title : {"Dresses", "Shoes"}) {
      if (event->has_quick_reply()) break;
      auto* reply = send.mutable_content()->add_quick_replies();
      reply->set_title(title);
      reply->set_payload(title == "Shoes" ? "SHOES" : "DRESSES");
    }
    if (const auto sent = (*client)->Send(send); !sent) Fail(sent.error());
  }
  return events.error() ? Fail(*events.error()) : 0;
}
