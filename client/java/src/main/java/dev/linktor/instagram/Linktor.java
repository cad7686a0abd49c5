package dev.linktor.instagram;

import com.google.protobuf.Message;
import dev.linktor.instagram.v1.AccessServiceGrpc;
import dev.linktor.instagram.v1.AccessServiceGrpc.AccessServiceBlockingStub;
import dev.linktor.instagram.v1.ChannelServiceGrpc;
import dev.linktor.instagram.v1.ChannelServiceGrpc.ChannelServiceBlockingStub;
import dev.linktor.instagram.v1.EventServiceGrpc;
import dev.linktor.instagram.v1.EventServiceGrpc.EventServiceBlockingStub;
import dev.linktor.instagram.v1.MessageContent;
import dev.linktor.instagram.v1.MessagingServiceGrpc;
import dev.linktor.instagram.v1.MessagingServiceGrpc.MessagingServiceBlockingStub;
import dev.linktor.instagram.v1.SendMessageRequest;
import dev.linktor.instagram.v1.SendMessageResponse;
import dev.linktor.instagram.v1.ServerServiceGrpc;
import dev.linktor.instagram.v1.ServerServiceGrpc.ServerServiceBlockingStub;
import dev.linktor.instagram.v1.SetIceBreakersRequest;
import dev.linktor.instagram.v1.SetIceBreakersResponse;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * This is a client of one server. It connects with the first call. Any thread may use
 * it; make one client and keep it.
 *
 * <p>The generated stubs do not repeat calls. They throw {@link
 * StatusRuntimeException}, which {@link LinktorException#of(Throwable)} reads.
 */
public final class Linktor implements AutoCloseable {
    // A send with media takes up to 90 s, and the rest of the time is for repeating it.
    static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(2);
    // The server does not begin a send when less time than this is left. Repeating a
    // send then would only replace the error that is known by a less useful one.
    static final Duration LEAST_TIME = Duration.ofMillis(500);

    final Connector connector;
    final Connection connection;
    // Tests replace the values of these two fields.
    Backoff.Waiter waiter = Backoff.Waiter.REAL;
    Duration firstResponse = Subscription.FIRST_RESPONSE;

    // This context is cancelled when the client is closed.
    private final Context.CancellableContext closed = Context.ROOT.withCancellation();
    private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();

    private Linktor(Connector connector) {
        this.connector = connector;
        this.connection = connector.open();
    }

    /**
     * Begins a client of the server at an address such as "127.0.0.1:50051",
     * "gateway.example:443" or "unix:/run/linktor.sock". A connection to this machine
     * (a loopback address, "localhost" or a Unix socket) is plaintext. A connection to
     * any other machine uses TLS.
     */
    public static Builder builder(String address) {
        return new Builder(Objects.requireNonNull(address));
    }

    /**
     * Begins a request that sends a text to a customer. The caller may set more fields
     * in it.
     */
    public static SendMessageRequest.Builder text(String channelId, String to, String text) {
        return SendMessageRequest.newBuilder().setChannelId(channelId).setTo(to)
                .setContent(MessageContent.newBuilder().setText(text));
    }

    /**
     * Sends one message within two minutes; see {@link #send(SendMessageRequest,
     * Duration)}.
     */
    public SendMessageResponse send(SendMessageRequest request) {
        return send(request, DEFAULT_TIMEOUT);
    }

    /**
     * Sends one message and returns it as sent. When the request has no request id, the
     * client makes one. A program that may send the same message again after a restart
     * should set the id itself, made from the event that it answers.
     *
     * <p>A call is repeated with the same id when it may not have reached the server,
     * or when the server could not serve it for now. It is repeated until the timeout
     * or the deadline of the gRPC Context. Repeating never sends the message twice.
     *
     * <p>The send ends early when the context is cancelled, the thread is interrupted
     * or the client is closed. It then throws the error of the call under way, or of
     * the last call when none is under way.
     *
     * @throws LinktorException when the send failed
     * @throws IllegalArgumentException when a text is not valid Unicode
     */
    public SendMessageResponse send(SendMessageRequest request, Duration timeout) {
        SendMessageRequest sent = !request.getRequestId().isEmpty() ? request
                : request.toBuilder().setRequestId("java-" + UUID.randomUUID()).build();
        return repeat(sent, sent.getRequestId(), timeout,
                deadline -> messaging().withDeadline(deadline).sendMessage(sent));
    }

    /**
     * Sets the ice breakers within two minutes; see {@link
     * #setIceBreakers(SetIceBreakersRequest, Duration)}.
     */
    public SetIceBreakersResponse setIceBreakers(SetIceBreakersRequest request) {
        return setIceBreakers(request, DEFAULT_TIMEOUT);
    }

    /**
     * Replaces the ice breakers of the account. The call is repeated as a send is,
     * because setting the same ice breakers twice changes nothing.
     */
    public SetIceBreakersResponse setIceBreakers(SetIceBreakersRequest request, Duration timeout) {
        return repeat(request, "", timeout,
                deadline -> channels().withDeadline(deadline).setIceBreakers(request));
    }

    /** Subscribes with no options; see {@link Subscription}. */
    public Subscription subscribe(SubscribeEventsRequest request) {
        return subscribe(request, new SubscribeOptions());
    }

    /**
     * Returns a subscription, which begins when the application asks for its first
     * event.
     */
    public Subscription subscribe(SubscribeEventsRequest request, SubscribeOptions options) {
        Subscription subscription = new Subscription(this, request, options);
        subscriptions.add(subscription);
        if (isClosed()) {
            subscription.end(clientClosed());
        }
        return subscription;
    }

    /** Returns a channel whose calls carry the API key, for other kinds of stubs. */
    public Channel channel() {
        return connection.channel();
    }

    public AccessServiceBlockingStub access() {
        return AccessServiceGrpc.newBlockingStub(channel());
    }

    public ChannelServiceBlockingStub channels() {
        return ChannelServiceGrpc.newBlockingStub(channel());
    }

    public EventServiceBlockingStub events() {
        return EventServiceGrpc.newBlockingStub(channel());
    }

    public MessagingServiceBlockingStub messaging() {
        return MessagingServiceGrpc.newBlockingStub(channel());
    }

    public ServerServiceBlockingStub server() {
        return ServerServiceGrpc.newBlockingStub(channel());
    }

    /** Ends the connection, every call and every subscription. */
    @Override
    public void close() {
        closed.cancel(null);
        for (Subscription subscription : subscriptions) {
            subscription.end(clientClosed());
        }
        connection.close();
    }

    @Override
    public String toString() {
        return "Linktor[" + connector + "]";
    }

    void forget(Subscription subscription) {
        subscriptions.remove(subscription);
    }

    private boolean isClosed() {
        return closed.isCancelled();
    }

    private static IllegalStateException clientClosed() {
        return new IllegalStateException("linktor: the client is closed");
    }

    /**
     * Makes the call again until its outcome is known, or until no other call fits
     * before the deadline.
     */
    private <S> S repeat(Message request, String requestId, Duration timeout,
            Function<Deadline, S> call) {
        Unicode.check(request);
        Deadline deadline = Deadline.after(
                TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        Deadline callers = Context.current().getDeadline();
        deadline = callers == null ? deadline : deadline.minimum(callers);
        boolean unknown = false;
        for (int attempt = 0; ; attempt++) {
            try {
                return call.apply(deadline);
            } catch (StatusRuntimeException e) {
                LinktorException error = LinktorException.of(e);
                // An earlier call that got lost may have been done, even when a later
                // call is refused.
                unknown |= error.leavesUnknown();
                error.sentAs(requestId, unknown);
                Duration wait = Backoff.delay(attempt, error);
                if (callerEnds() || !error.isRepeatable() || !fits(wait, deadline)) {
                    throw error;
                }
                pause(wait, error);
                if (callerEnds()) {
                    throw error; // Another call would only replace this error.
                }
            }
        }
    }

    private boolean callerEnds() {
        return Thread.currentThread().isInterrupted() || Context.current().isCancelled()
                || isClosed();
    }

    private static boolean fits(Duration wait, Deadline deadline) {
        Duration left = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
        return left.compareTo(wait.plus(LEAST_TIME)) >= 0;
    }

    private void pause(Duration wait, LinktorException error) {
        try {
            waiter.await(closed, wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            error.addSuppressed(e);
            throw error;
        }
    }

    /** Says how a client connects. */
    public static final class Builder {
        private final String address;
        private String apiKey = "";
        private Tls tls;
        private boolean plaintext;
        private Consumer<ManagedChannelBuilder<?>> configure = builder -> {};

        private Builder(String address) {
            this.address = address;
        }

        /**
         * Sends the key with every call. White space around the key is removed. Null or
         * an empty key means that there is no key, so that the value may come from a
         * file or a variable.
         */
        public Builder apiKey(String key) {
            apiKey = key == null ? "" : key.strip();
            return this;
        }

        /**
         * Encrypts the connection with these settings, also the connection to this
         * machine. Without this call, a connection to another machine is encrypted, and
         * trusts the roots of the Java runtime.
         */
        public Builder tls(Tls config) {
            tls = Objects.requireNonNull(config);
            return this;
        }

        /**
         * Sends everything without encryption to the machine that the address names,
         * even the API key and the messages of customers. It is for networks that
         * encrypt by themselves, such as a mesh.
         */
        public Builder plaintextToOtherMachines() {
            plaintext = true;
            return this;
        }

        /**
         * Sets more options of gRPC. They replace the options that the client sets.
         */
        public Builder configure(Consumer<ManagedChannelBuilder<?>> function) {
            configure = Objects.requireNonNull(function);
            return this;
        }

        /**
         * @throws IllegalArgumentException when the address, the key or a file cannot be
         *     used
         */
        public Linktor build() {
            return new Linktor(new Connector(address, apiKey, tls, plaintext, configure));
        }
    }
}
