#include "server/http/message.h"

#include <boost/url.hpp>

namespace linktor {

std::string_view HttpRequest::Header(std::string_view name) const {
  const auto it = headers.find({name.data(), name.size()});
  if (it == headers.end()) return {};
  return {it->value().data(), it->value().size()};
}

std::string_view HttpTarget::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

bool ParseTarget(std::string_view target, HttpTarget& out) {
  const auto parsed =
      boost::urls::parse_origin_form({target.data(), target.size()});
  if (!parsed.has_value()) return false;
  out = HttpTarget();
  for (const auto& segment : parsed->segments()) {
    out.segments.emplace_back(segment);
  }
  boost::urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& parameter : parsed->params(options)) {
    out.parameters.emplace_back(parameter.key, parameter.value);
  }
  return true;
}

}  // namespace linktor
