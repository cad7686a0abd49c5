// Advice says what to do next about a failure, in commands of this program. The
// remedies are the server's, for every client, and speak of its RPCs. The
// functions are pure, for any thread.

#pragma once

#include <string>

#include "client/cli/failure.h"
#include "client/cli/settings.h"

namespace linktor::cli {

// The command was about these; they are empty when it does not name them.
struct Subject {
  std::string channel_id;
  std::string user_id;
};

// Adds the commands that help.
void Advise(const Subject& subject, Failure& failure);

// Adds to a refusal of the API key where the key came from, or where it is
// looked for. It says nothing of other failures.
void AdviseAboutKey(const Connection& connection, Failure& failure);

// Adds to a failure of NotReached what about TLS may be the cause.
void AdviseAboutTls(const Connection& connection, Failure& failure);

}  // namespace linktor::cli
