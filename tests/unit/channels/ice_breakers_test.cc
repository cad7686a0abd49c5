#include "server/channels/ice_breakers.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "tests/fakes/willing_graph.h"
#include "tests/support/proto_matchers.h"
#include "tests/unit/channels/channels_fixture.h"

namespace linktor::channels {
namespace {

// Instagram as it is when it answers with what the test wants.
class FakeIceBreakers final : public WillingGraph {
 public:
  void SetIceBreakers(const graph::GraphAccount&,
                      const v1::SetIceBreakersRequest&, Done done) override {
    ++asked;
    if (on_set) on_set();
    done(answer);
  }
  void GetIceBreakers(
      const graph::GraphAccount&,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)> done)
      override {
    ++asked;
    if (!answer.ok()) return done(answer);
    done(found);
  }
  void DeleteIceBreakers(const graph::GraphAccount&, Done done) override {
    ++asked;
    done(answer);
  }

  int asked = 0;
  absl::Status answer;
  v1::GetIceBreakersResponse found;
  std::function<void()> on_set;
};

class IceBreakersTest : public ChannelsFixture {
 protected:
  IceBreakersTest() {
    EXPECT_THAT(admin_->Create(Request("ch_1", "1784", "100")), IsOk());
  }

  static v1::SetIceBreakersRequest Wanted(const std::string& channel_id) {
    v1::SetIceBreakersRequest request;
    request.set_channel_id(channel_id);
    v1::IceBreaker& one = *request.add_ice_breakers();
    one.set_question("Where are you?");
    one.set_payload("WHERE");
    return request;
  }
  bool IsKnown() {
    return registry_->Find("ch_1")->IsIceBreaker("Where are you?", "WHERE");
  }

  template <typename Answer>
  auto Into(std::promise<Answer>& promise) {
    return [&promise](Answer answer) { promise.set_value(std::move(answer)); };
  }
  absl::StatusOr<v1::SetIceBreakersResponse> Set(
      const v1::SetIceBreakersRequest& request) {
    std::promise<absl::StatusOr<v1::SetIceBreakersResponse>> answer;
    ice_breakers_.Set(request, Into(answer));
    return answer.get_future().get();
  }
  absl::StatusOr<v1::GetIceBreakersResponse> Get(const std::string& id) {
    std::promise<absl::StatusOr<v1::GetIceBreakersResponse>> answer;
    ice_breakers_.Get(id, Into(answer));
    return answer.get_future().get();
  }

  FakeIceBreakers graph_;
  Executor executor_{1, 10};
  IceBreakers ice_breakers_{executor_, *admin_, *registry_, graph_};
};

TEST_F(IceBreakersTest, AreKnownBeforeInstagramIsAsked) {
  bool known = false;
  graph_.on_set = [&] { known = IsKnown(); };
  const auto answer = Set(Wanted("ch_1"));
  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(known);
  ASSERT_EQ(answer->ice_breakers_size(), 1);
  EXPECT_EQ(answer->ice_breakers(0).payload(), "WHERE");
}

TEST_F(IceBreakersTest, ThatCannotBeRememberedAreNotSet) {
  journal_->Stop();
  EXPECT_THAT(Set(Wanted("ch_1")), HasReason("DRAINING"));
  EXPECT_EQ(graph_.asked, 0);
}

TEST_F(IceBreakersTest, WhatInstagramHasIsRemembered) {
  *graph_.found.mutable_ice_breakers() = Wanted("ch_1").ice_breakers();
  EXPECT_THAT(Get("ch_1"), IsOk());
  EXPECT_TRUE(IsKnown());
}

TEST_F(IceBreakersTest, WhatInstagramHasIsToldAlsoWhereItCannotBeRemembered) {
  *graph_.found.mutable_ice_breakers() = Wanted("ch_1").ice_breakers();
  journal_->Stop();
  const auto answer = Get("ch_1");
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->ice_breakers_size(), 1);
  EXPECT_FALSE(IsKnown());
}

TEST_F(IceBreakersTest, ChannelThatIsNotThereIsNotAskedFor) {
  EXPECT_THAT(Set(Wanted("ch_2")), HasReason("CHANNEL_NOT_FOUND"));
  EXPECT_THAT(Get("ch_2"), HasReason("CHANNEL_NOT_FOUND"));
  std::promise<absl::Status> deleted;
  ice_breakers_.Delete("ch_2", Into(deleted));
  EXPECT_THAT(deleted.get_future().get(), HasReason("CHANNEL_NOT_FOUND"));
  EXPECT_EQ(graph_.asked, 0);
}

TEST_F(IceBreakersTest, RefusalsOfInstagramAreTold) {
  graph_.answer = MakeError(absl::StatusCode::kFailedPrecondition,
                            v1::ERROR_REASON_PERMISSION_MISSING, "no");
  EXPECT_THAT(Set(Wanted("ch_1")), HasReason("PERMISSION_MISSING"));
  EXPECT_THAT(Get("ch_1"), HasReason("PERMISSION_MISSING"));
  std::promise<absl::Status> deleted;
  ice_breakers_.Delete("ch_1", Into(deleted));
  EXPECT_THAT(deleted.get_future().get(), HasReason("PERMISSION_MISSING"));
}

}  // namespace
}  // namespace linktor::channels
