// gRPC's side of TLS: server credentials that ask a TlsSource at every
// handshake, so that the next connection uses a replaced certificate, while
// open ones go on. GrpcServer makes them, once; gRPC's threads then call the
// source.

#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/base/tls_identity.h"

namespace linktor::rpc {

// Makes credentials for TLS 1.2 and 1.3. With `require_client_certificate` a
// client must show a certificate that the identity's client_ca, which then must
// not be empty, has signed; otherwise no client is asked for one. They serve
// gRPC's own ports and external connection acceptors alike, any number of them.
//
// The first identity must be one that OpenSSL accepts, as CertificateFiles
// makes sure: gRPC only logs that it cannot use it, and then leaves every
// connection of an external acceptor open and unanswered. A later one that it
// cannot use is logged by gRPC and ignored.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    TlsSource source, bool require_client_certificate);

}  // namespace linktor::rpc
