// The denominators: fixed small programs with no code of the server in them.
// Change one, and figures before and after cannot be compared.

#pragma once

namespace linktor::bench {

// Answers every POST 200 until it is killed; `graph`: as Meta answers a send.
int RunRawHttp(bool graph);

// Method "/bench/Echo" answers what it is sent. Method "/bench/Stream" is sent
// "<messages> <events> <bytes>" and streams so many messages, each of so many
// pre-encoded events of so many bytes.
int RunRawGrpc();

}  // namespace linktor::bench
