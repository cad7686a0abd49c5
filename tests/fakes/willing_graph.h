// A WillingGraph imitates Instagram for tests. It accepts every call at once
// and answers with an empty result; a send gets a mid. A fake for one kind of
// call overrides the function for that call.

#pragma once

#include <string>
#include <string_view>

#include "server/graph/client.h"

namespace linktor {

class WillingGraph : public graph::GraphClient {
 public:
  void Send(const graph::GraphAccount&, std::string_view,
            const v1::MessageContent&, v1::MessageTag,
            absl::AnyInvocable<void(graph::GraphSendResult)> done) override {
    done({.mid = "mid.sent", .failure = {}});
  }
  void SetIceBreakers(const graph::GraphAccount&,
                      const v1::SetIceBreakersRequest&, Done done) override {
    done(absl::OkStatus());
  }
  void GetIceBreakers(
      const graph::GraphAccount&,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)> done)
      override {
    done(v1::GetIceBreakersResponse());
  }
  void DeleteIceBreakers(const graph::GraphAccount&, Done done) override {
    done(absl::OkStatus());
  }
  void GetUserProfile(
      const graph::GraphAccount&, std::string_view,
      absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)> done) override {
    done(v1::UserProfile());
  }
  void GetMessageMedia(
      const graph::GraphAccount&, std::string_view, const graph::MediaFields&,
      absl::AnyInvocable<void(absl::StatusOr<v1::RefreshMediaResponse>)> done)
      override {
    done(v1::RefreshMediaResponse());
  }
};

}  // namespace linktor
