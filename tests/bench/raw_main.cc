// This is the program of the denominators. It is called as
// linktor-bench-raw http | graph | grpc

#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <thread>

#include "tests/bench/raw.h"

namespace {

// Ends this program when its parent ends, in whatever way.
void EndWithParent() {
  std::thread([] {
    char c = 0;
    while (read(STDIN_FILENO, &c, 1) > 0) {
    }
    _exit(0);
  }).detach();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  EndWithParent();
  if (what == "http") return linktor::bench::RunRawHttp(false);
  if (what == "graph") return linktor::bench::RunRawHttp(true);
  if (what == "grpc") return linktor::bench::RunRawGrpc();
  std::fprintf(stderr, "usage: linktor-bench-raw http|graph|grpc\n");
  return 2;
}
