// Makes the calls to Meta's API that this server needs. The sender, the
// profiles of customers, the refresher of media and the channel service call
// it.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/user_profile.pb.h"
#include "server/graph/account.h"
#include "server/graph/error_map.h"
#include "server/graph/observer.h"
#include "server/graph/request.h"
#include "server/http/client.h"

namespace linktor::graph {

// Says how a send ended: with a mid and an OK status, or without a mid and with
// a failure, which says whether the message may have been delivered.
struct GraphSendResult {
  // It is Instagram's id of the message; empty when the send failed.
  std::string mid;
  // It is OK and without an unknown outcome when there is a mid.
  GraphFailure failure;
};

// This is the seam between this server and Meta: tests put a fake here.
// Thread-safe. Each call returns at once and calls `done` exactly once, on a
// thread of the implementation, or within the call when its transport has
// stopped; `done` must not block. Arguments are not borrowed beyond the call.
// Errors are those of the error map: their codes are never UNAUTHENTICATED or
// PERMISSION_DENIED.
class GraphClient {
 public:
  virtual ~GraphClient() = default;

  // Sends once, and never again by itself: only the caller can know whether a
  // repetition is safe. `to` is the customer's id; `content` has passed the
  // limits.
  virtual void Send(const GraphAccount& account, std::string_view to,
                    const v1::MessageContent& content, v1::MessageTag tag,
                    absl::AnyInvocable<void(GraphSendResult)> done) = 0;

  // The status is OK, or one of the error map.
  using Done = absl::AnyInvocable<void(absl::Status)>;
  // Replaces the questions that the account offers a new customer, in all
  // languages. The call may be repeated; after an error it is not known which
  // questions are in force.
  virtual void SetIceBreakers(const GraphAccount& account,
                              const v1::SetIceBreakersRequest& request,
                              Done done) = 0;
  // Reads these questions; an account that has none gives an empty response.
  // The call may be repeated.
  virtual void GetIceBreakers(
      const GraphAccount& account,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
          done) = 0;
  // Deletes all of these questions. The call may be repeated.
  virtual void DeleteIceBreakers(const GraphAccount& account, Done done) = 0;

  // Asks for a customer's profile. Only what Instagram has given is set; the id
  // and the times are left to the caller. The call may be repeated.
  virtual void GetUserProfile(
      const GraphAccount& account, std::string_view user_id,
      absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)> done) = 0;
  // Asks for links to the media of a message, by Instagram's id. Only what
  // Instagram has given is set: the story's id and link, and the attachments
  // with a link. The ids of the message and the times are left to the caller.
  // The call may be repeated.
  virtual void GetMessageMedia(
      const GraphAccount& account, std::string_view mid,
      const MediaFields& fields,
      absl::AnyInvocable<void(absl::StatusOr<v1::RefreshMediaResponse>)>
          done) = 0;
};

// This is the client of the program. It keeps no state, so calls do not
// affect each other; it repeats nothing, and tells the observer of each call
// before `done`.
class HttpGraphClient final : public GraphClient {
 public:
  // `transport` and `observer` must outlive this, and this must outlive all
  // calls: the transport must stop before this goes.
  HttpGraphClient(GraphHosts hosts, http::HttpTransport& transport,
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
      absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)> done) override;
  void GetMessageMedia(
      const GraphAccount& account, std::string_view mid,
      const MediaFields& fields,
      absl::AnyInvocable<void(absl::StatusOr<v1::RefreshMediaResponse>)> done)
      override;

 private:
  // Makes the call. On the transport's thread, `read` turns the HTTP result
  // into an answer; the observer hears of it, and `done` gets it. `operation`
  // is one of graph/observer.h, whose text lives as long as the process.
  template <typename Read, typename Finish>
  void Run(std::string_view operation, const GraphAccount& account,
           http::HttpCall call, Read read, Finish done);

  // The hosts of both logins; the account says which of them a call goes to.
  const GraphHosts hosts_;
  // It sends each request at most once, which is why a Send is never repeated
  // below this class.
  http::HttpTransport& transport_;
  GraphObserver& observer_;
};

// These read Meta's answers, also for the fuzzer. Pure. Each of
// these gives a status of the error map: a result whose answer is not complete,
// an error of Meta's, and a body of another form than expected.
//
// A send is only a success with a mid: without one nobody could recognise its
// echo.
GraphSendResult ReadSendAnswer(const http::HttpResult& result);
// An OK answer to setting or deleting ice breakers has nothing to read.
absl::Status ReadProfileAnswer(const http::HttpResult& result);
// Reads all forms in which Meta is known to give ice breakers; entries that are
// none are left out.
absl::StatusOr<v1::GetIceBreakersResponse> ReadIceBreakersAnswer(
    const http::HttpResult& result);
// Reads what the answer has of a profile. A field that is null, empty, of
// another type or longer than anything of Instagram's is as good as none.
absl::StatusOr<v1::UserProfile> ReadUserProfileAnswer(
    const http::HttpResult& result);
// Reads the story of a message, which it mentions or answers, and its images,
// videos and files. Anything without a link is left out; only a
// story's id is kept without one.
absl::StatusOr<v1::RefreshMediaResponse> ReadMessageMediaAnswer(
    const http::HttpResult& result);

}  // namespace linktor::graph
