// AccessServiceImpl serves the gRPC service AccessService. It hands the calls
// over to KeyAdmin (access/key_admin.h).
//
// gRPC calls the methods on its own threads, and the methods do not block.
// RunUnary (unary_call.h) hands the work to the executor, which also sends the
// answer. Some comments say that a method waits for the journal. This means
// that the work on the executor waits; the method itself returns at once.
// Before its work begins, each call is admitted, read and validated
// (admission.h, and ReadRequest in call.h). These steps have errors of their
// own, in addition to the errors that the methods below name. A method that
// waits for the journal can also fail as an append does (journal/journal.h).
//
// The key of a caller may be limited to some channels. Such a caller may give
// other keys only its own permissions and its own channels. It may also see and
// change only keys that it could have made itself. For this caller, all other
// keys do not exist. A caller whose key covers all channels may give every
// right.

#pragma once

#include "linktor/instagram/v1/access_service.grpc.pb.h"
#include "server/access/key_admin.h"
#include "server/rpc/unary_call.h"

namespace linktor::rpc {

// This is the generated service, with all of its methods raw (unary_call.h).
// When a method is missing in this list, gRPC answers its calls with
// UNIMPLEMENTED.
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
  // the caller may not give a key these rights, and with INVALID_REQUEST when
  // the key's expire_time has passed already. It fails with LIMIT_REACHED when
  // there are too many keys, and with REQUEST_ID_REUSED when the request id was
  // used for another key. A repeated request fails with API_KEY_NOT_FOUND when
  // the key has since got more rights, so that the caller may no longer see it.
  // It waits for the journal.
  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Returns a key with the time of its last use. It fails with
  // API_KEY_NOT_FOUND when the caller may not see the key or there is none.
  grpc::ServerUnaryReactor* GetApiKey(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  // Returns a page of the keys that the caller may see, sorted by id. It has no
  // errors of its own.
  grpc::ServerUnaryReactor* ListApiKeys(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Changes the fields that update_mask names. It fails with API_KEY_NOT_FOUND
  // as GetApiKey does. It fails with NOT_AUTHORIZED when the caller may not
  // give a key the new rights, and with INVALID_REQUEST when a new expire_time
  // has passed already. It fails with OVERLOADED when other callers keep
  // changing the key. It waits for the journal.
  grpc::ServerUnaryReactor* UpdateApiKey(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  // Deletes a key. The streams that use this key end within a second. It fails
  // with API_KEY_NOT_FOUND as GetApiKey does, and with OVERLOADED when other
  // callers keep changing the key. It waits for the journal.
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
