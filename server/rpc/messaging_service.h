// MessagingService over gRPC: a thin shell around messaging/.
//
// gRPC calls the methods on its own threads, and they do not block: the work
// runs on the executor. Every call was admitted, read and validated before; the
// errors below come on top. CHANNEL_NOT_FOUND can come from each. When the
// executor's queue is full, a call ends with OVERLOADED and nothing was done.
// The answers of methods that ask Meta come from the thread of the Graph
// client.

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

// This is the generated service, with all of its methods raw (unary_call.h). A
// method that is missing here would be answered with UNIMPLEMENTED.
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
  // All must outlive this.
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

  // Sends a message, once (Sender::Send). The executor is held only for the
  // steps, not while Instagram works; the answer comes when the outcome is
  // durable, or the caller's deadline comes first. docs/life-of-a-send.md
  // follows a call through all of it, and docs/errors.md explains each reason.
  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Finds a message by any of its ids, in either direction. It fails with
  // MESSAGE_NOT_FOUND. It reads the disk.
  grpc::ServerUnaryReactor* GetMessage(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  // Gives out a page of the messages of a channel or a conversation
  // (MessageList::List). It reads the disk.
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Settles an UNCONFIRMED message by what the caller knows. It fails with
  // MESSAGE_NOT_FOUND, MESSAGE_NOT_UNCONFIRMED, and INVALID_REQUEST when the
  // mid is another message's. It waits for the journal.
  grpc::ServerUnaryReactor* ResolveMessage(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Gives out a page of the conversations of a channel (Conversations::List).
  // It reads the disk.
  grpc::ServerUnaryReactor* ListConversations(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // Returns what is known about a customer. It fails with
  // CONVERSATION_NOT_FOUND when that is nothing. It reads the disk.
  grpc::ServerUnaryReactor* GetConversation(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // Sets whether the customer wants messages; later sends are refused
  // accordingly. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateConversation(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  // Erases a customer (Conversations::Erase). It fails with REQUEST_IN_FLIGHT
  // while a send to them is under way. It waits for the journal.
  grpc::ServerUnaryReactor* EraseUser(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

  // Gives what Instagram shows of a customer (UserProfiles::Get). It fails with
  // USER_CONSENT_REQUIRED, CREDENTIALS_MISSING, and each reason that a Graph
  // error is mapped to. It does not block, and asks Meta unless it knows.
  grpc::ServerUnaryReactor* GetUserProfile(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  // Asks Meta for new links to the media of a message
  // (MediaRefresher::Refresh). It fails with MESSAGE_NOT_FOUND,
  // MEDIA_UNAVAILABLE, CREDENTIALS_MISSING, and each reason that a Graph error
  // is mapped to. It reads the disk; the executor is not held while Meta works.
  grpc::ServerUnaryReactor* RefreshMedia(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // The components are borrowed. Their blocking calls run on the executor
  // alone.
  messaging::Sender& sender_;
  messaging::Settler& settler_;
  messaging::MessageReader& reader_;
  messaging::MessageList& list_;
  messaging::Conversations& conversations_;
  channels::UserProfiles& profiles_;
  messaging::MediaRefresher& media_;
};

}  // namespace linktor::rpc
