package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Attributes;
import io.grpc.CallCredentials.MetadataApplier;
import io.grpc.CallCredentials.RequestInfo;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolverRegistry;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:50051", "127.9.9.9:1", "[::1]:50051", "::1",
        "[::ffff:127.0.0.1]:50051", "localhost:50051", "LocalHost:50051", "localhost",
        "unix:/run/linktor.sock", "unix:///run/linktor.sock", "dns:///127.0.0.1:50051",
        "dns:localhost:50051"})
    void isThisMachine(String address) {
        assertTrue(Connector.isThisMachine(address));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway.example:50051", "127.0.0.1.example:50051", "127.0.0.1.:1",
        "localhost.example:50051", "10.0.0.1:50051", "0.0.0.0:50051", "127.0.0.256:1",
        "[2001:db8::1]:50051", "2001:db8::1", "dns:///gateway.example:50051",
        "dns://127.0.0.1/gateway.example", "xds:///127.0.0.1:50051", "127.1:1", "[gateway]:1", ""})
    void isAnotherMachine(String address) {
        assertFalse(Connector.isThisMachine(address));
    }

    private static void refused(Linktor.Builder builder, String message) {
        IllegalArgumentException error =
                assertThrows(IllegalArgumentException.class, builder::build);
        assertTrue(error.getMessage().contains(message), error.getMessage());
    }

    @Test
    void refusesWhatCannotBeUsed() throws IOException {
        Path missing = folder.resolve("missing.pem");
        Path notPem = Files.writeString(folder.resolve("no.pem"), "no certificate");
        String address = "gateway.example:1";
        refused(Linktor.builder(""), "empty");
        refused(Linktor.builder("http://127.0.0.1:50051"), "leave out http://");
        refused(Linktor.builder("https://gateway.example"), "leave out https://");
        refused(Linktor.builder("127.0.0.1:1").apiKey("a\nb"), "API key");
        refused(Linktor.builder(address).tls(new Tls().caFile(missing)), "missing.pem");
        refused(Linktor.builder(address).tls(new Tls().caFile(notPem)), "cannot be used");
        refused(Linktor.builder(address).tls(new Tls().clientCertificate(notPem, notPem)),
                "cannot be used");
        refused(Linktor.builder(address).tls(new Tls()).plaintextToOtherMachines(), "exclude");
    }

    /**
     * Makes one call, and returns the "authorization" headers that the server has seen.
     */
    private static List<String> keysOf(FakeServer server, Linktor.Builder builder) {
        try (Linktor client = builder.build()) {
            client.messaging().sendMessage(
                    Linktor.text("ch_1", "6101", "Hello").setRequestId("order-17").build());
        }
        return server.authorizations;
    }

    @Test
    void keyGoesToThisMachine() throws Exception {
        try (FakeServer server = new FakeServer()) {
            assertEquals(List.of("Bearer key-1"),
                    keysOf(server, Linktor.builder(server.address()).apiKey("  key-1\n")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n"})
    void noKeyNoMetadata(String key) throws Exception {
        try (FakeServer server = new FakeServer()) {
            assertEquals(List.of(), keysOf(server, Linktor.builder(server.address()).apiKey(key)));
            assertEquals(List.of(), keysOf(server, Linktor.builder(server.address()).apiKey(null)));
        }
    }

    @Test
    void keyGoesThroughAUnixSocket() throws Exception {
        Path socket = folder.resolve("s");
        EpollEventLoopGroup loops = new EpollEventLoopGroup(1);
        try (FakeServer server = new FakeServer(NettyServerBuilder
                .forAddress(new DomainSocketAddress(socket.toFile()),
                        InsecureServerCredentials.create())
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loops).workerEventLoopGroup(loops))) {
            assertEquals(List.of("Bearer key-1"),
                    keysOf(server, Linktor.builder("unix:" + socket).apiKey("key-1")));
        } finally {
            loops.shutdownGracefully();
        }
    }

    // An address that is not a name of this machine counts as another machine, even
    // when it leads to this machine.
    @Test
    void nothingGoesInPlaintextToAnotherMachine() throws Exception {
        try (FakeServer server = new FakeServer()) {
            NamesOfTests names = new NamesOfTests(server.port());
            NameResolverRegistry.getDefaultRegistry().register(names);
            try {
                Linktor.Builder builder =
                        Linktor.builder("test:///gateway.example:1").apiKey("key-1");
                assertThrows(StatusRuntimeException.class, () -> keysOf(server, builder));
                assertEquals(List.of(), server.sends);
                assertEquals(List.of("Bearer key-1"),
                        keysOf(server, builder.plaintextToOtherMachines()));
            } finally {
                NameResolverRegistry.getDefaultRegistry().deregister(names);
            }
        }
    }

    /**
     * Returns the status with which a call on this connection fails, or null when the
     * call may go.
     */
    private static Status onConnection(
            ApiKey key, SecurityLevel security, String host) throws IOException {
        CompletableFuture<Status> end = new CompletableFuture<>();
        key.applyRequestMetadata(new RequestInfo() {
            @Override
            public MethodDescriptor<?, ?> getMethodDescriptor() {
                throw new UnsupportedOperationException();
            }

            @Override
            public SecurityLevel getSecurityLevel() {
                return security;
            }

            @Override
            public String getAuthority() {
                return "localhost:1";
            }

            @Override
            public Attributes getTransportAttrs() {
                return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR,
                        new InetSocketAddress(host, 1)).build();
            }
        }, Runnable::run, new MetadataApplier() {
            @Override
            public void apply(Metadata headers) {
                end.complete(null);
            }

            @Override
            public void fail(Status status) {
                end.complete(status);
            }
        });
        return end.join();
    }

    // A name such as localhost may be resolved to another machine.
    @Test
    void theConnectionItselfIsLookedAt() throws IOException {
        ApiKey careful = new ApiKey("key-1", false);
        assertEquals(null, onConnection(careful, SecurityLevel.NONE, "127.0.0.1"));
        assertEquals(null,
                onConnection(careful, SecurityLevel.PRIVACY_AND_INTEGRITY, "192.0.2.1"));
        assertEquals(Status.Code.UNAUTHENTICATED,
                onConnection(careful, SecurityLevel.NONE, "192.0.2.1").getCode());
        assertEquals(Status.Code.UNAUTHENTICATED,
                onConnection(new ApiKey("", false), SecurityLevel.NONE, "192.0.2.1").getCode());
        assertEquals(null,
                onConnection(new ApiKey("key-1", true), SecurityLevel.NONE, "192.0.2.1"));
    }

    @Test
    void theKeyIsInNoText() {
        try (Linktor client = Linktor.builder("127.0.0.1:1").apiKey("key-1").build()) {
            assertEquals("Linktor[127.0.0.1:1]", client.toString());
        }
        assertEquals("API key", new ApiKey("key-1", false).toString());
        Exception error = assertThrows(IllegalArgumentException.class,
                () -> Linktor.builder("127.0.0.1:1").apiKey("key 1").build());
        assertFalse(error.toString().contains("key 1"), error.toString());
    }

    private static boolean works(FakeServer server, Tls tls) {
        try {
            keysOf(server, Linktor.builder(server.address()).apiKey("key-1").tls(tls));
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    @Test
    void tlsWithOwnRootsAndClientCertificate() throws Exception {
        Certificate gateway = Certificate.of("gateway.example", folder);
        Certificate caller = Certificate.of("client.example", folder);
        try (FakeServer server = new FakeServer(0, TlsServerCredentials.newBuilder()
                .keyManager(gateway.certificate().toFile(), gateway.key().toFile())
                .trustManager(caller.certificate().toFile())
                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE).build())) {
            assertFalse(works(server, new Tls().caFile(gateway.certificate())
                    .serverName("gateway.example")), "without a client certificate");
            assertFalse(works(server, new Tls().caFile(gateway.certificate())
                    .clientCertificate(caller.certificate(), caller.key())), "another name");
            assertFalse(works(server, new Tls()
                    .clientCertificate(caller.certificate(), caller.key())
                    .serverName("gateway.example")), "the roots of the runtime");
            assertEquals(List.of(), server.authorizations);
            assertTrue(works(server, new Tls().caFile(gateway.certificate())
                    .clientCertificate(caller.certificate(), caller.key())
                    .serverName("gateway.example")));
            assertEquals(List.of("Bearer key-1"), server.authorizations);
        }
    }
}
