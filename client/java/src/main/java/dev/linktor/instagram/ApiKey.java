package dev.linktor.instagram;

import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.Executor;

/**
 * Adds the API key to each call. It stops a call on a connection that is not encrypted
 * and does not end on this machine, unless the caller allows plaintext anywhere. A look
 * at the address is not enough: a name such as localhost may be resolved to another
 * machine.
 */
final class ApiKey extends CallCredentials {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final String key;
    private final boolean plaintextAnywhere;

    /**
     * When the key is empty, no key is sent, but the connection is checked all the
     * same.
     */
    ApiKey(String key, boolean plaintextAnywhere) {
        if (!key.chars().allMatch(c -> c > ' ' && c <= '~')) {
            throw new IllegalArgumentException("linktor: the API key has white space or a"
                    + " character in it that is not ASCII");
        }
        this.key = key;
        this.plaintextAnywhere = plaintextAnywhere;
    }

    @Override
    public void applyRequestMetadata(RequestInfo call, Executor executor,
            MetadataApplier applier) {
        if (call.getSecurityLevel() != SecurityLevel.PRIVACY_AND_INTEGRITY
                && !plaintextAnywhere && !endsHere(call.getTransportAttrs())) {
            applier.fail(Status.UNAUTHENTICATED.withDescription(
                    "the connection leads to another machine and is not encrypted, so nothing"
                            + " is sent on it"));
            return;
        }
        Metadata headers = new Metadata();
        if (!key.isEmpty()) {
            headers.put(AUTHORIZATION, "Bearer " + key);
        }
        applier.apply(headers);
    }

    private static boolean endsHere(Attributes transport) {
        SocketAddress peer = transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        if (peer instanceof InetSocketAddress address) {
            return address.getAddress() != null && address.getAddress().isLoopbackAddress();
        }
        return peer != null; // A peer without an IP address is a Unix socket.
    }

    /** Keeps the key out of logs. */
    @Override
    public String toString() {
        return "API key";
    }
}
