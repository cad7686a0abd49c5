// MessagingServiceImpl serves the gRPC service MessagingService. It hands the
// calls over to the classes of messaging/ and to channels::UserProfiles.
//
// gRPC calls the methods on its own threads, and the methods do not block. Work
// that may block runs on the executor. Where a comment says that a method reads
// the disk or waits for the journal, this work does it. When the executor's
// queue is full, the call ends with OVERLOADED and has done nothing. Before its
// work begins, each call is admitted, read and validated (admission.h, and
// ReadRequest in call.h). These steps have errors of their own, in addition to
// the errors that are named below. Each method can also fail with
// CHANNEL_NOT_FOUND. A method that waits for the journal can also fail as an
// append does (journal/journal.h). The answers of GetUserProfile and
// RefreshMedia may come from the thread of the Graph client. docs/errors.md
// explains each reason.

#pragma once

#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "server/channels/user_profiles.h"
#include "server/messaging/conversations.h"
#include "server/messaging/media_refresher.h"
#include "server/messaging/message_list.h"
#include "server/messaging/message_reader.h"
#include "server/messaging/sender.h"
#include "server/messaging/settler.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h).
// When a method is missing in this list, gRPC answers its calls with
// UNIMPLEMENTED.
using RawMessagingService =
    RawMethods<v1::MessagingService::Service,
               v1::MessagingService::WithRawCallbackMethod_SendMessage,
               v1::MessagingService::WithRawCallbackMethod_GetMessage,
               v1::MessagingService::WithRawCallbackMethod_ListMessages,
               v1::MessagingService::WithRawCallbackMethod_ResolveMessage,
               v1::MessagingService::WithRawCallbackMethod_ListConversations,
               v1::MessagingService::WithRawCallbackMethod_GetConversation,
               v1::MessagingService::WithRawCallbackMethod_UpdateConversation,
               v1::MessagingService::WithRawCallbackMethod_GetUserProfile,
               v1::MessagingService::WithRawCallbackMethod_RefreshMedia,
               v1::MessagingService::WithRawCallbackMethod_EraseUser>::Type;

class MessagingServiceImpl final : public RawMessagingService {
 public:
  // All of these must outlive this object.
  MessagingServiceImpl(CallContext& calls, messaging::Sender& sender,
                       messaging::Settler& settler,
                       messaging::MessageReader& reader,
                       messaging::MessageList& list,
                       messaging::Conversations& conversations,
                       channels::UserProfiles& profiles,
                       messaging::MediaRefresher& media)
      : calls_(calls),
        sender_(sender),
        settler_(settler),
        reader_(reader),
        list_(list),
        conversations_(conversations),
        profiles_(profiles),
        media_(media) {}

  // Sends a message, once (Sender::Send). A step of the send holds a thread of
  // the executor only while the step runs, and no thread is held while the
  // server waits for Instagram's answer. The caller gets the answer when the
  // outcome of the send is durable. While the send is under way, a second call
  // with the same request id does not send again: it waits for the same
  // outcome. Just before its own deadline, the second call stops waiting and
  // fails with REQUEST_IN_FLIGHT. docs/life-of-a-send.md follows a call through
  // all steps.
  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Finds an inbound or outbound message by its message id, its request id or
  // its mid (Instagram's id of it). It fails with MESSAGE_NOT_FOUND. It reads
  // the disk.
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Returns a page of the messages of a channel or of a conversation
  // (MessageList::List). It reads the disk.
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Records whether an UNCONFIRMED message was sent, as the caller says
  // (Settler::Resolve). The request may give the mid of the message, which is
  // Instagram's id of it. It fails with MESSAGE_NOT_FOUND when there is no such
  // message, and with MESSAGE_NOT_UNCONFIRMED when the message has another
  // state. It fails with INVALID_REQUEST when the given mid belongs to another
  // message. It reads the disk and waits for the journal.
  grpc::ServerUnaryReactor* ResolveMessage(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Returns a page of the conversations of a channel (Conversations::List). It
  // reads the disk.
  grpc::ServerUnaryReactor* ListConversations(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // Returns what is known about the conversation with a customer. It fails with
  // CONVERSATION_NOT_FOUND when nothing is known. It reads the disk.
  grpc::ServerUnaryReactor* GetConversation(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // Records whether the customer wants messages (opt-out). While the customer
  // wants none, sends to this customer are refused. It reads the disk and waits
  // for the journal.
  grpc::ServerUnaryReactor* UpdateConversation(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // Erases what is stored about a customer (Conversations::Erase). It fails
  // with REQUEST_IN_FLIGHT while a send to this customer is under way. It waits
  // for the journal.
  grpc::ServerUnaryReactor* EraseUser(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

  // Returns what Instagram shows about a customer (UserProfiles::Get). It fails
  // with USER_CONSENT_REQUIRED, with CREDENTIALS_MISSING when the channel has
  // no access token, and with OVERLOADED when too many calls of GetUserProfile
  // are under way. It also fails with the reasons to which errors of Meta's
  // Graph API are mapped (graph/error_map.h). It does not block. It asks Meta
  // unless a recent answer is in memory and the request accepts this answer.
  grpc::ServerUnaryReactor* GetUserProfile(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Asks Meta for new links to the media of a message
  // (MediaRefresher::Refresh). It fails with MESSAGE_NOT_FOUND,
  // MEDIA_UNAVAILABLE and CREDENTIALS_MISSING, with OVERLOADED when too many
  // calls of RefreshMedia are under way, and with the reasons to which errors
  // of the Graph API are mapped. It reads the disk. It holds no thread of the
  // executor while the server waits for Meta's answer.
  grpc::ServerUnaryReactor* RefreshMedia(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // These components are borrowed. Their functions that may block are called
  // only on the executor.
  messaging::Sender& sender_;
  messaging::Settler& settler_;
  messaging::MessageReader& reader_;
  messaging::MessageList& list_;
  messaging::Conversations& conversations_;
  channels::UserProfiles& profiles_;
  messaging::MediaRefresher& media_;
};

}  // namespace linktor::rpc
