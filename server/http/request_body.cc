#include "server/http/request_body.h"

#include <algorithm>
#include <boost/system/errc.hpp>
#include <utility>

#include "server/http/message.h"

namespace linktor::http {

boost::beast::error_code OverBudget() {
  return boost::system::errc::make_error_code(
      boost::system::errc::no_buffer_space);
}

void RequestBody::reader::init(const boost::optional<std::uint64_t>& announced,
                               boost::beast::error_code& error) {
  announced_ = static_cast<std::size_t>(announced.value_or(0));
  error = {};
}

std::size_t RequestBody::reader::put(boost::asio::const_buffer arrived,
                                     boost::beast::error_code& error) {
  if (!MakeRoom(body_.bytes.size() + arrived.size())) {
    error = OverBudget();
    return 0;
  }
  body_.bytes.append(static_cast<const char*>(arrived.data()), arrived.size());
  error = {};
  return arrived.size();
}

bool RequestBody::reader::MakeRoom(std::size_t size) {
  HttpShare& share = *body_.share;
  if (size <= share.held()) return true;
  std::size_t room = 2 * share.held();
  if (announced_ > 0) room = std::min(room, announced_);
  room = std::max(room, size);
  // Where there is no room to spare, there may be room enough.
  if (!share.GrowTo(room)) {
    room = size;
    if (!share.GrowTo(room)) return false;
  }
  // A string that grows takes more than it is asked for; a new one does not.
  std::string larger;
  larger.reserve(room + kBodySlack);
  larger.append(body_.bytes);
  body_.bytes = std::move(larger);
  return true;
}

}  // namespace linktor::http
