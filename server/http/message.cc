#include "server/http/message.h"

#include <boost/url.hpp>

namespace linktor {

std::string_view HttpRequest::Header(std::string_view name) const {
  const auto it = headers.find({name.data(), name.size()});
  if (it == headers.end()) return {};
  return {it->value().data(), it->value().size()};
}

std::vector<std::string_view> HttpRequest::Headers(
    std::string_view name) const {
  std::vector<std::string_view> values;
  const auto [begin, end] = headers.equal_range({name.data(), name.size()});
  for (auto it = begin; it != end; ++it) {
    values.emplace_back(it->value().data(), it->value().size());
  }
  return values;
}

std::string_view HttpTarget::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

namespace {

boost::system::result<boost::urls::url_view> ParseEitherForm(
    std::string_view target) {
  const boost::core::string_view text(target.data(), target.size());
  auto parsed = boost::urls::parse_origin_form(text);
  if (parsed.has_value()) return parsed;
  auto whole = boost::urls::parse_absolute_uri(text);
  if (whole.has_value() && !whole->encoded_host().empty() &&
      (whole->scheme_id() == boost::urls::scheme::http ||
       whole->scheme_id() == boost::urls::scheme::https)) {
    return whole;
  }
  return parsed.error();
}

}  // namespace

bool ParseTarget(std::string_view target, HttpTarget& out) {
  const auto parsed = ParseEitherForm(target);
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

std::string_view WithoutBlanks(std::string_view value) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = value.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(kBlanks) + 1 - begin);
}

}  // namespace linktor
