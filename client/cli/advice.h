// Advice says what the user can do next about a failure, in commands of this
// program. The server sends a remedy too, but a remedy serves every client, and
// so it speaks of RPCs and not of commands. The functions are pure, for any
// thread.

#pragma once

#include <string>

#include "client/cli/failure.h"
#include "client/cli/settings.h"

namespace linktor::cli {

// These are the channel and the customer that the failed command was about. A
// field is empty when the command does not name one.
struct Subject {
  std::string channel_id;
  std::string user_id;
};

// Adds commands that help with this failure to `failure.next`.
void Advise(const Subject& subject, Failure& failure);

// When the API key was refused, adds where the key came from and commands that
// help. When no key was sent, adds how to give a key. It changes no other
// failure.
void AdviseAboutKey(const Connection& connection, Failure& failure);

// `failure` is the result of NotReached(). When gRPC's message points to a
// problem with TLS, adds advice about that problem.
void AdviseAboutTls(const Connection& connection, Failure& failure);

}  // namespace linktor::cli
