package dev.linktor.instagram;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;

/** Resolves names such as test:///gateway.example:443 to a port of this machine. */
final class NamesOfTests extends NameResolverProvider {
    private final int port;

    NamesOfTests(int port) {
        this.port = port;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    @Override
    protected int priority() {
        return 5;
    }

    @Override
    public String getDefaultScheme() {
        return "test";
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args arguments) {
        return new NameResolver() {
            @Override
            public String getServiceAuthority() {
                return target.getPath().substring(1);
            }

            @Override
            public void start(Listener2 listener) {
                listener.onResult(ResolutionResult.newBuilder()
                        .setAddressesOrError(StatusOr.fromValue(List.of(new EquivalentAddressGroup(
                                new InetSocketAddress("127.0.0.1", port))))).build());
            }

            @Override
            public void shutdown() {}
        };
    }
}
