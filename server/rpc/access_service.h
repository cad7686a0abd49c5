// This is AccessService over gRPC: a thin shell around access/.
//
// gRPC calls the methods on its own threads, and the methods do not block:
// RunUnary hands the work to the executor, and the answer comes from there.
// Each call is first admitted, read and validated (Admission, ReadRequest).
// These steps have errors of their own, in addition to those that each method
// names. A caller whose key is limited to channels manages only keys that it
// could itself grant. For this caller, all other keys do not exist.

#pragma once

#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "server/access/key_admin.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h).
// When a method is missing here, gRPC answers its calls with UNIMPLEMENTED.
using RawAccessService =
    RawMethods<v1::AccessService::Service,
               v1::AccessService::WithRawCallbackMethod_CreateApiKey,
               v1::AccessService::WithRawCallbackMethod_GetApiKey,
               v1::AccessService::WithRawCallbackMethod_ListApiKeys,
               v1::AccessService::WithRawCallbackMethod_UpdateApiKey,
               v1::AccessService::WithRawCallbackMethod_DeleteApiKey>::Type;

class AccessServiceImpl final : public RawAccessService {
 public:
  // `calls` and `keys` must outlive this object.
  AccessServiceImpl(CallContext& calls, access::KeyAdmin& keys)
      : calls_(calls), keys_(keys) {}

  // Makes a key. Only this answer has the key's secret: a repeated request
  // returns the same key without its secret. It fails with NOT_AUTHORIZED when
  // the caller may not grant the key, and with INVALID_REQUEST when the key
  // would have expired already. It fails with LIMIT_REACHED when there are too
  // many keys, and with REQUEST_ID_REUSED when the request id was used for
  // another key. A repeated request fails with API_KEY_NOT_FOUND when the key
  // now has more rights than its creator may see. It waits for the journal.
  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Returns a key with the time of its last use. It fails with
  // API_KEY_NOT_FOUND.
  grpc::ServerUnaryReactor* GetApiKey(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  // Returns a page of keys, sorted by id. It has no errors of its own.
  grpc::ServerUnaryReactor* ListApiKeys(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Changes the fields that the mask names. It fails with API_KEY_NOT_FOUND,
  // NOT_AUTHORIZED and INVALID_REQUEST, and with OVERLOADED when other callers
  // keep changing the key. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Deletes a key. The streams that use it end within a second. It fails with
  // API_KEY_NOT_FOUND, and with OVERLOADED when other callers keep changing the
  // key. It waits for the journal.
  grpc::ServerUnaryReactor* DeleteApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  CallContext& calls_;
  // It reads from memory, and it waits for the journal when it changes
  // something. So it is called only on the executor.
  access::KeyAdmin& keys_;
};

}  // namespace linktor::rpc
