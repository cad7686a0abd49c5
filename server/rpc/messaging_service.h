// This is MessagingService over gRPC: a thin shell around messaging/.
//
// gRPC calls the methods on its own threads, and the methods do not block: work
// that may block runs on the executor. When the executor's queue is full, such
// a call ends with OVERLOADED and has done nothing. Before its work begins,
// each call is admitted, read and validated (Admission, ReadRequest). These
// steps have errors of their own, in addition to those below. Each method can
// also fail with CHANNEL_NOT_FOUND. The answers of GetUserProfile and
// RefreshMedia may come from the thread of the Graph client.

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
// When a method is missing here, gRPC answers its calls with UNIMPLEMENTED.
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

  // Sends a message, once (Sender::Send). It uses the executor only for the
  // steps of the send, and not while Instagram works. The answer comes when the
  // outcome is durable. A call that repeats the request id of a send under way
  // waits for the same outcome, but only until just before its own deadline.
  // docs/life-of-a-send.md follows a call through all steps, and docs/errors.md
  // explains each reason.
  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Finds a message by any of its ids, whether it came in or went out. It fails
  // with MESSAGE_NOT_FOUND. It reads the disk.
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Returns a page of the messages of a channel or of a conversation
  // (MessageList::List). It reads the disk.
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Records how an UNCONFIRMED message ended, by what the caller knows
  // (Settler::Resolve). It fails with MESSAGE_NOT_FOUND and
  // MESSAGE_NOT_UNCONFIRMED, and with INVALID_REQUEST when the mid belongs to
  // another message. It reads the disk and waits for the journal.
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
  // Records whether the customer wants messages. While the customer wants none,
  // sends to this customer are refused. It waits for the journal.
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
  // with USER_CONSENT_REQUIRED and CREDENTIALS_MISSING, with OVERLOADED when
  // too many of these calls are under way, and with each reason that stands for
  // a Graph error. It does not block. It asks Meta unless a recent answer is in
  // memory.
  grpc::ServerUnaryReactor* GetUserProfile(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Asks Meta for new links to the media of a message
  // (MediaRefresher::Refresh). It fails with MESSAGE_NOT_FOUND,
  // MEDIA_UNAVAILABLE and CREDENTIALS_MISSING, with OVERLOADED when too many of
  // these calls are under way, and with each reason that stands for a Graph
  // error. It reads the disk. It does not use the executor while Meta works.
  grpc::ServerUnaryReactor* RefreshMedia(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // The components are borrowed. Those of their functions that block are called
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
