#include "server/channels/sealed_channel.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/try.h"

namespace linktor::channels {
namespace {

absl::Status CannotOpen(const state::ChannelRow& row, const absl::Status& why) {
  return {why.code(), absl::StrCat("channel '", row.id,
                                   "' cannot be opened: ", why.message())};
}

template <typename T>
absl::StatusOr<T> OpenAs(seal::Sealer& sealer, const state::ChannelRow& row,
                         seal::SealedPlace place, std::string_view sealed) {
  const auto opened = sealer.Open(place, std::to_string(row.no), sealed);
  if (!opened.ok()) return CannotOpen(row, opened.status());
  T message;
  if (!message.ParseFromString(*opened)) {
    return CannotOpen(
        row, absl::DataLossError("its content is not the expected message"));
  }
  return message;
}

}  // namespace

absl::StatusOr<journal::ChannelBody> SealChannel(seal::Sealer& sealer,
                                                 std::int64_t channel_no,
                                                 const ChannelContent& content,
                                                 seal::NewKeys& new_keys) {
  const auto seal = [&](seal::SealedPlace place,
                        const google::protobuf::MessageLite& message) {
    return sealer.Seal({.channel_no = channel_no, .user_id = ""}, place,
                       std::to_string(channel_no), message.SerializeAsString(),
                       new_keys);
  };
  journal::ChannelBody body;
  body.set_id(content.channel.id());
  body.set_account_id(content.channel.instagram_account_id());
  body.set_page_id(content.channel.page_id());
  LINKTOR_ASSIGN(*body.mutable_sealed_channel(),
                 seal(seal::SealedPlace::kChannel, content.channel));
  LINKTOR_ASSIGN(*body.mutable_sealed_credentials(),
                 seal(seal::SealedPlace::kCredentials, content.credentials));
  if (!content.ice_breakers.empty()) {
    v1::GetIceBreakersResponse ice_breakers;
    *ice_breakers.mutable_ice_breakers() = content.ice_breakers;
    LINKTOR_ASSIGN(*body.mutable_sealed_ice_breakers(),
                   seal(seal::SealedPlace::kIceBreakers, ice_breakers));
  }
  return body;
}

absl::StatusOr<ChannelContent> OpenChannel(seal::Sealer& sealer,
                                           const state::ChannelRow& row) {
  ChannelContent content;
  LINKTOR_ASSIGN(content.channel,
                 OpenAs<v1::Channel>(sealer, row, seal::SealedPlace::kChannel,
                                     row.sealed_channel));
  LINKTOR_ASSIGN(content.credentials, OpenCredentials(sealer, row));
  if (!row.sealed_ice_breakers.empty()) {
    LINKTOR_ASSIGN(auto ice_breakers,
                   OpenAs<v1::GetIceBreakersResponse>(
                       sealer, row, seal::SealedPlace::kIceBreakers,
                       row.sealed_ice_breakers));
    content.ice_breakers = std::move(*ice_breakers.mutable_ice_breakers());
  }
  return content;
}

absl::StatusOr<v1::ChannelCredentials> OpenCredentials(
    seal::Sealer& sealer, const state::ChannelRow& row) {
  return OpenAs<v1::ChannelCredentials>(
      sealer, row, seal::SealedPlace::kCredentials, row.sealed_credentials);
}

}  // namespace linktor::channels
