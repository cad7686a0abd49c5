// A FakeTransport keeps each HTTP call and answers it at once with the answer
// that the test has set.

#pragma once

#include <utility>
#include <vector>

#include "server/http/client.h"

namespace linktor {

class FakeTransport final : public http::HttpTransport {
 public:
  void Send(http::HttpCall call, Callback done) override {
    calls.push_back(std::move(call));
    done(answer);
  }

  std::vector<http::HttpCall> calls;
  http::HttpResult answer;
};

}  // namespace linktor
