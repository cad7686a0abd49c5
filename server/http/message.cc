#include "server/http/message.h"

#include <boost/url.hpp>
#include <utility>

#include "server/http/beast_headers.h"

namespace linktor::http {

namespace {

std::string_view ViewOf(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

HttpHeaders::HttpHeaders() : impl_(std::make_unique<Impl>()) {}
HttpHeaders::HttpHeaders(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpHeaders::~HttpHeaders() = default;
HttpHeaders::HttpHeaders(const HttpHeaders& other)
    : impl_(std::make_unique<Impl>(*other.impl_)) {}
HttpHeaders& HttpHeaders::operator=(const HttpHeaders& other) {
  return *this = HttpHeaders(other);
}
HttpHeaders::HttpHeaders(HttpHeaders&&) noexcept = default;
HttpHeaders& HttpHeaders::operator=(HttpHeaders&&) noexcept = default;

void HttpHeaders::Add(std::string_view name, std::string_view value) {
  impl_->fields.insert({name.data(), name.size()},
                       {value.data(), value.size()});
}

void HttpHeaders::ForEach(
    absl::FunctionRef<void(std::string_view name, std::string_view value)> call)
    const {
  for (const auto& field : impl_->fields) {
    call(ViewOf(field.name_string()), ViewOf(field.value()));
  }
}

std::string_view HttpHeaders::First(std::string_view name) const {
  const auto it = impl_->fields.find({name.data(), name.size()});
  return it == impl_->fields.end() ? std::string_view() : ViewOf(it->value());
}

std::vector<std::string_view> HttpHeaders::All(std::string_view name) const {
  std::vector<std::string_view> values;
  const auto [begin, end] =
      impl_->fields.equal_range({name.data(), name.size()});
  for (auto it = begin; it != end; ++it) {
    values.push_back(ViewOf(it->value()));
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

}  // namespace linktor::http
