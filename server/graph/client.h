// Meta's API as this server uses it.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/graph/account.h"
#include "server/graph/error_map.h"
#include "server/graph/observer.h"
#include "server/http/client.h"

namespace linktor {

// How a send ended: with a mid; or with a failure, which says whether the
// message may have been delivered.
struct GraphSendResult {
  std::string mid;
  GraphFailure failure;
};

// The seam between this server and Meta. Callbacks come on a thread of the
// implementation and must not block.
class GraphClient {
 public:
  virtual ~GraphClient() = default;

  // Sends once, and never again by itself.
  virtual void Send(const GraphAccount& account, std::string_view to,
                    const v1::MessageContent& content, v1::MessageTag tag,
                    absl::AnyInvocable<void(GraphSendResult)> done) = 0;

  using Done = absl::AnyInvocable<void(absl::Status)>;
  virtual void SetIceBreakers(const GraphAccount& account,
                              const v1::SetIceBreakersRequest& request,
                              Done done) = 0;
  virtual void GetIceBreakers(
      const GraphAccount& account,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
          done) = 0;
  virtual void DeleteIceBreakers(const GraphAccount& account, Done done) = 0;

  // A customer's user name; empty when Instagram does not give it.
  virtual void GetUserProfile(
      const GraphAccount& account, std::string_view user_id,
      absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) = 0;
};

class HttpGraphClient final : public GraphClient {
 public:
  // Both references must outlive this.
  HttpGraphClient(GraphHosts hosts, HttpTransport& transport,
                  GraphObserver& observer)
      : hosts_(std::move(hosts)), transport_(transport), observer_(observer) {}

  void Send(const GraphAccount& account, std::string_view to,
            const v1::MessageContent& content, v1::MessageTag tag,
            absl::AnyInvocable<void(GraphSendResult)> done) override;
  void SetIceBreakers(const GraphAccount& account,
                      const v1::SetIceBreakersRequest& request,
                      Done done) override;
  void GetIceBreakers(
      const GraphAccount& account,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)> done)
      override;
  void DeleteIceBreakers(const GraphAccount& account, Done done) override;
  void GetUserProfile(
      const GraphAccount& account, std::string_view user_id,
      absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override;

 private:
  // Makes the call, reads its answer and tells the observer.
  template <typename Read, typename Finish>
  void Run(std::string_view operation, const GraphAccount& account,
           HttpCall call, Read read, Finish done);

  const GraphHosts hosts_;
  HttpTransport& transport_;
  GraphObserver& observer_;
};

// The answers, read. Pure.
GraphSendResult ReadSendAnswer(const HttpResult& result);
absl::Status ReadProfileAnswer(const HttpResult& result);
absl::StatusOr<v1::GetIceBreakersResponse> ReadIceBreakersAnswer(
    const HttpResult& result);
absl::StatusOr<std::string> ReadUserProfileAnswer(const HttpResult& result);

}  // namespace linktor
