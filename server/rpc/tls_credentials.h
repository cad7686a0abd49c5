// Makes gRPC's side of TLS: server credentials that ask a TlsSource
// (base/tls_identity.h) at every handshake. After a certificate was replaced,
// the next connection uses the new one, and open connections go on. GrpcServer
// makes the credentials, once. gRPC's threads then call the source.

#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/base/tls_identity.h"

namespace linktor::rpc {

// Makes credentials for TLS 1.2 and 1.3. With `require_client_certificate`, a
// client must show a certificate that the identity's client_ca has signed, and
// client_ca must not be empty. Otherwise no client is asked for a certificate.
// The same credentials serve any number of ports: gRPC's own ports and external
// connection acceptors (grpc_listener.h).
//
// OpenSSL must accept the first identity; CertificateFiles
// (access/certificates.h) makes sure of this. If gRPC cannot use the first
// identity, it only logs this, and it leaves every connection of an external
// acceptor open and unanswered. If gRPC cannot use a later identity, it logs
// this and ignores that identity.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    TlsSource source, bool require_client_certificate);

}  // namespace linktor::rpc
