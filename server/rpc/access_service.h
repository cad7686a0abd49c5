// AccessService over gRPC: a thin shell around access/.
//
// gRPC calls the methods on its own threads, and they do not block: RunUnary
// hands the work to the executor and answers from there. Before that, every
// call was admitted, read and validated (Admission, ReadRequest); those errors
// come on top of each method's own. A limited key manages only keys that it
// could itself grant; for it the others do not exist.

#pragma once

#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "server/access/key_admin.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h). A
// method that is missing here would be answered with UNIMPLEMENTED.
using RawAccessService =
    RawMethods<v1::AccessService::Service,
               v1::AccessService::WithRawCallbackMethod_CreateApiKey,
               v1::AccessService::WithRawCallbackMethod_GetApiKey,
               v1::AccessService::WithRawCallbackMethod_ListApiKeys,
               v1::AccessService::WithRawCallbackMethod_UpdateApiKey,
               v1::AccessService::WithRawCallbackMethod_DeleteApiKey>::Type;

class AccessServiceImpl final : public RawAccessService {
 public:
  // Both must outlive this.
  AccessServiceImpl(CallContext& calls, access::KeyAdmin& keys)
      : calls_(calls), keys_(keys) {}

  // Makes a key; its secret is in this answer alone. It fails with
  // NOT_AUTHORIZED when the caller may not grant the key, INVALID_REQUEST when
  // it would expire at once, LIMIT_REACHED when there are too many,
  // REQUEST_ID_REUSED. A repeated request returns the same key without its
  // secret. It waits for the journal.
  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Returns a key with its last use. It fails with API_KEY_NOT_FOUND.
  grpc::ServerUnaryReactor* GetApiKey(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  // Returns a page of keys, by id. It never fails.
  grpc::ServerUnaryReactor* ListApiKeys(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Changes the fields that the mask names. It fails with API_KEY_NOT_FOUND,
  // NOT_AUTHORIZED, INVALID_REQUEST, and OVERLOADED when others change the key
  // all the time. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Deletes a key; streams of its holder end within a second. It fails with
  // API_KEY_NOT_FOUND. It waits for the journal.
  grpc::ServerUnaryReactor* DeleteApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // It reads memory, and waits for the journal when it changes something; so it
  // is called on the executor alone.
  access::KeyAdmin& keys_;
};

}  // namespace linktor::rpc
