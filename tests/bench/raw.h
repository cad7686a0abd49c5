// These are the denominators: small programs with no code of the server in
// them. They must not change, because figures from before and after a change
// cannot be compared.

#pragma once

namespace linktor::bench {

// Answers every POST with 200 until it is killed. With `graph` the answers are
// those of Meta to a send.
int RunRawHttp(bool graph);

// The method "/bench/Echo" answers with its request. The request of
// "/bench/Stream" is "<messages> <events> <bytes>": it streams so many
// messages, each with so many events of so many bytes, which are encoded
// before.
int RunRawGrpc();

}  // namespace linktor::bench
