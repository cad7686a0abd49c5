package dev.linktor.instagram;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;

/** Says how a connection is encrypted. Every setting is optional. */
public final class Tls {
    private Path roots;
    private Path certificate;
    private Path key;
    private String serverName;

    /**
     * Names a PEM file with the root certificates to trust, in place of the roots of
     * the Java runtime.
     */
    public Tls caFile(Path file) {
        roots = file;
        return this;
    }

    /**
     * Names PEM files with the client's certificate and its private key (PKCS #8,
     * "BEGIN PRIVATE KEY"), for servers that ask for one.
     */
    public Tls clientCertificate(Path certificateFile, Path keyFile) {
        certificate = certificateFile;
        key = keyFile;
        return this;
    }

    /**
     * Sets the name in the server's certificate. It is needed only when that name is
     * not the host of the address.
     */
    public Tls serverName(String name) {
        serverName = name;
        return this;
    }

    String serverName() {
        return serverName;
    }

    ChannelCredentials credentials() {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        try {
            if (roots != null) {
                builder.trustManager(roots.toFile());
            }
            if (certificate != null) {
                builder.keyManager(certificate.toFile(), key.toFile());
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("linktor: a file of the roots or of the client"
                    + " certificate cannot be read: " + e.getMessage(), e);
        }
        return builder.build();
    }
}
