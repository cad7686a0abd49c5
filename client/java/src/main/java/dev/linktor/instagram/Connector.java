package dev.linktor.instagram;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Opens connections to one server, all with the same settings. */
final class Connector {
    /**
     * A connection that is silent for this long during a call gets a ping. The server
     * permits a ping every 10 s. Streams carry data every 15 s, so that a healthy
     * stream never gets a ping. That matters because some proxies do not accept many
     * pings.
     */
    static final Duration PING_AFTER = Duration.ofSeconds(20);
    /**
     * When a ping is not answered for this long, the connection is given up, and its
     * calls end with UNAVAILABLE.
     */
    static final Duration PING_TIMEOUT = Duration.ofSeconds(10);

    private static final Pattern URL = Pattern.compile("(https?://).*");
    private static final Pattern DNS = Pattern.compile("dns:(?://[^/]*/)?(.*)");
    private static final Pattern HOST = Pattern.compile("\\[(.*)](?::\\d+)?|([^:]*)(?::\\d+)?");
    private static final Pattern IP_V4 =
            Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");

    private final String address;
    private final ApiKey key;
    private final String serverName;
    private final ChannelCredentials transport;
    private final Consumer<ManagedChannelBuilder<?>> configure;

    /**
     * @param tls is null when the address decides whether the connection is encrypted
     * @param plaintextAnywhere allows plaintext to other machines
     */
    Connector(String address, String apiKey, Tls tls, boolean plaintextAnywhere,
            Consumer<ManagedChannelBuilder<?>> configure) {
        Matcher url = URL.matcher(address);
        if (address.isEmpty()) {
            throw new IllegalArgumentException("linktor: the address of the server is empty");
        } else if (url.matches()) {
            throw new IllegalArgumentException("linktor: the address \"" + address
                    + "\" is host:port, so leave out " + url.group(1));
        } else if (tls != null && plaintextAnywhere) {
            throw new IllegalArgumentException(
                    "linktor: tls and plaintextToOtherMachines exclude each other");
        }
        boolean plaintext = plaintextAnywhere || (tls == null && isThisMachine(address));
        this.address = address;
        this.key = new ApiKey(apiKey, plaintextAnywhere);
        this.serverName = tls == null ? null : tls.serverName();
        this.transport = plaintext ? InsecureChannelCredentials.create()
                : (tls == null ? new Tls() : tls).credentials();
        this.configure = configure;
    }

    /** Returns a connection, which connects only when a call needs it. */
    Connection open() {
        try {
            ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(address, transport)
                    .keepAliveTime(PING_AFTER.toNanos(), TimeUnit.NANOSECONDS)
                    .keepAliveTimeout(PING_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
                    .keepAliveWithoutCalls(false);
            if (serverName != null) {
                builder.overrideAuthority(serverName);
            }
            configure.accept(builder);
            return new Connection(builder.build(), key);
        } catch (ManagedChannelRegistry.ProviderNotFoundException | IllegalArgumentException e) {
            throw new IllegalArgumentException("linktor: the address \"" + address
                    + "\" or a file of its TLS cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Returns whether the address names this machine. It asks no name server: a name
     * that resolves to this machine counts as another machine, unless it is localhost.
     */
    static boolean isThisMachine(String address) {
        if (address.startsWith("unix:")) {
            return true;
        }
        Matcher dns = DNS.matcher(address);
        String target = dns.matches() ? dns.group(1) : address;
        Matcher found = HOST.matcher(target);
        // An IPv6 address without a port may have no brackets; HOST does not match it
        // then.
        String host = !found.matches() ? target
                : found.group(1) != null ? found.group(1) : found.group(2);
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        if (!host.contains(":") && !IP_V4.matcher(host).matches()) {
            return false; // InetAddress would ask a name server for this name.
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return address;
    }
}
