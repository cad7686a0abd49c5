package dev.linktor.instagram;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.CompositeCallCredentials;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** This is a gRPC channel whose calls carry the API key, and which connects again soon. */
final class Connection implements ClientInterceptor {
    // It is less than the shortest wait of Backoff, so that a call that is repeated
    // always meets a new attempt to connect.
    static final Duration RECONNECT_AFTER = Duration.ofMillis(200);

    private final ManagedChannel channel;
    private final Channel calls;
    private final CallCredentials key;
    private final AtomicLong reconnected = new AtomicLong(System.nanoTime());

    Connection(ManagedChannel channel, CallCredentials key) {
        this.channel = channel;
        this.key = key;
        this.calls = ClientInterceptors.intercept(channel, this);
    }

    Channel channel() {
        return calls;
    }

    /** Ends every call of the connection, without waiting for it. */
    void close() {
        channel.shutdownNow();
    }

    @Override
    public <Q, S> ClientCall<Q, S> interceptCall(MethodDescriptor<Q, S> method,
            CallOptions options, Channel next) {
        reconnect();
        CallCredentials own = options.getCredentials();
        return next.newCall(method, options.withCallCredentials(
                own == null ? key : new CompositeCallCredentials(key, own)));
    }

    /**
     * Forgets that connecting has failed. gRPC itself would wait between attempts for up
     * to two minutes, and fail each call until then by the error of the last attempt.
     */
    private void reconnect() {
        long last = reconnected.get();
        long now = System.nanoTime();
        if (now - last >= RECONNECT_AFTER.toNanos()
                && channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE
                && reconnected.compareAndSet(last, now)) {
            channel.enterIdle();
        }
    }
}
