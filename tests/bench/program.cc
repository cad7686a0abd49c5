#include "tests/bench/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/spawn.h"

namespace linktor::bench {

Program::Program(const std::vector<std::string>& arguments) {
  int ends[2];
  int life[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || pipe2(life, O_CLOEXEC) != 0) std::abort();
  pid_ = testing::Spawn({.program = arguments.front(),
                         .arguments = {arguments.begin() + 1, arguments.end()},
                         .environment = {},
                         .in = life[0],
                         .out = ends[1]});
  close(ends[1]);
  close(life[0]);
  life_fd_ = life[1];
  char c = 0;
  while (read(ends[0], &c, 1) == 1 && c != '\n') first_line_.push_back(c);
  close(ends[0]);
  if (first_line_.empty()) {
    std::fprintf(stderr, "%s cannot be started\n", arguments.front().c_str());
    std::exit(1);
  }
}

Program::~Program() {
  if (pid_ <= 0) return;
  close(life_fd_);
  kill(pid_, SIGKILL);
  (void)testing::WaitForEnd(pid_);
}

std::string AddressIn(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(name + "=");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

double CpuSeconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)),
                   std::istreambuf_iterator<char>());
  // The second field is a name in parentheses that may have spaces in it, so
  // the fields are counted from behind it.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace linktor::bench
