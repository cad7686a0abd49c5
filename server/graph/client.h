// A GraphClient makes the calls to Meta's Graph API that this server needs. The
// sender, UserProfiles, the media refresher and IceBreakers call it.

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

// Says how a send ended. A send ends with a mid and an OK status, or with a
// failure and no mid. The failure says whether the message may still have been
// delivered.
struct GraphSendResult {
  // This is Instagram's id of the message; it is empty when the send failed.
  std::string mid;
  // When there is a mid, `failure.status` is OK and `failure.outcome_unknown`
  // is false.
  GraphFailure failure;
};

// This interface separates the server from Meta, so that tests can use a fake.
// It is thread-safe. Each function begins a call to Meta and returns at once.
// It calls `done` exactly once: on a thread of the implementation, or before it
// returns when the transport (http/client.h) has stopped. `done` must not
// block. A function does not use its arguments after it has returned, except
// `done`. All errors come from the error map (error_map.h), so their codes are
// never UNAUTHENTICATED or PERMISSION_DENIED.
class GraphClient {
 public:
  virtual ~GraphClient() = default;

  // Sends the message once and never repeats the call by itself, because only
  // the caller can know whether a repetition is safe. `to` is the customer's
  // id. `content` has passed the limits of policy/content.h.
  virtual void Send(const GraphAccount& account, std::string_view to,
                    const v1::MessageContent& content, v1::MessageTag tag,
                    absl::AnyInvocable<void(GraphSendResult)> done) = 0;

  // The status is OK, or an error from the error map.
  using Done = absl::AnyInvocable<void(absl::Status)>;
  // Replaces the ice breakers of the account in all languages. Ice breakers are
  // the questions that the account offers a new customer. The call may be
  // repeated. After an error nobody knows whether the account has its old ice
  // breakers or the new ones.
  virtual void SetIceBreakers(const GraphAccount& account,
                              const v1::SetIceBreakersRequest& request,
                              Done done) = 0;
  // Reads the ice breakers. The response is empty when the account has no ice
  // breakers. The call may be repeated.
  virtual void GetIceBreakers(
      const GraphAccount& account,
      absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
          done) = 0;
  // Deletes all ice breakers. The call may be repeated.
  virtual void DeleteIceBreakers(const GraphAccount& account, Done done) = 0;

  // Asks for a customer's profile. Only the fields that Instagram has given are
  // set; the caller fills in the id and the times. The call may be repeated.
  virtual void GetUserProfile(
      const GraphAccount& account, std::string_view user_id,
      absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)> done) = 0;
  // Asks for links to the media of a message. `mid` is Instagram's id of the
  // message. Only the fields that Instagram has given are set: the id and the
  // link of the story, and the attachments that have a link. The caller fills
  // in the ids of the message and the times. The call may be repeated.
  virtual void GetMessageMedia(
      const GraphAccount& account, std::string_view mid,
      const MediaFields& fields,
      absl::AnyInvocable<void(absl::StatusOr<v1::RefreshMediaResponse>)>
          done) = 0;
};

// This is the client that the server uses. It keeps no state, so calls do not
// affect each other. It never repeats a call. Before it calls `done`, it tells
// the observer how the call has ended.
class HttpGraphClient final : public GraphClient {
 public:
  // `transport` and `observer` must outlive the client. The client must outlive
  // all calls, so the transport must stop before the client is destroyed.
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
  // Makes the call. Three things happen on the transport's thread, in this
  // order: `read` turns the HTTP result into an answer, the observer is told,
  // and `done` gets the answer. `operation` is one of the names in
  // graph/observer.h, whose text lives as long as the process.
  template <typename Read, typename Finish>
  void Run(std::string_view operation, const GraphAccount& account,
           http::HttpCall call, Read read, Finish done);

  // These are the hosts of both logins. The account's login type says to which
  // host a call goes.
  const GraphHosts hosts_;
  // The transport sends each request at most once. So the layers below this
  // class do not send a message twice either.
  http::HttpTransport& transport_;
  GraphObserver& observer_;
};

// These functions read Meta's answers. They are public so that the fuzzer can
// call them, too. They are pure. Each of them returns an error from the error
// map in three cases: no complete answer has come, the answer is an error of
// Meta's, or the body does not have the expected form.
//
// A send is a success only if the answer has a mid, because without a mid
// nobody could recognise the echo of the message.
GraphSendResult ReadSendAnswer(const http::HttpResult& result);
// Reads the answer to a call that sets or deletes ice breakers, which are a
// part of Meta's "messenger profile". The function only returns whether the
// call has succeeded, because such an answer has no other content.
absl::Status ReadProfileAnswer(const http::HttpResult& result);
// Reads ice breakers in every JSON form in which Meta is known to give them.
// Entries that are not ice breakers are left out.
absl::StatusOr<v1::GetIceBreakersResponse> ReadIceBreakersAnswer(
    const http::HttpResult& result);
// Reads the fields of a profile, as far as the answer has them. A field counts
// as missing when it is null, empty, of another type, or longer than any text
// that Instagram gives.
absl::StatusOr<v1::UserProfile> ReadUserProfileAnswer(
    const http::HttpResult& result);
// Reads the story that a message mentions or answers, and the images, videos,
// voice notes and files of the message. A file without a link is left out. When
// the story has no link, the response has only the story's id.
absl::StatusOr<v1::RefreshMediaResponse> ReadMessageMediaAnswer(
    const http::HttpResult& result);

}  // namespace linktor::graph
