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

/**
 * This is a gRPC channel whose calls carry the API key. After a failure it tries to
 * connect again soon.
 */
final class Connection implements ClientInterceptor {
    // This time is shorter than the shortest wait of Backoff. Therefore a call that is
    // repeated always makes gRPC try to connect again.
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

    /** Ends every call of the connection, and does not wait until they have ended. */
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
     * Makes gRPC forget that connecting has failed, so that it tries again. gRPC itself
     * would wait for up to two minutes between attempts, and fail every call until then
     * with the error of the last attempt.
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
