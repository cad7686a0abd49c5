package dev.linktor.instagram;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.linktor.instagram.v1.ChannelServiceGrpc.ChannelServiceImplBase;
import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.EventServiceGrpc.EventServiceImplBase;
import dev.linktor.instagram.v1.MessagingServiceGrpc.MessagingServiceImplBase;
import dev.linktor.instagram.v1.SendMessageRequest;
import dev.linktor.instagram.v1.SendMessageResponse;
import dev.linktor.instagram.v1.SetIceBreakersRequest;
import dev.linktor.instagram.v1.SetIceBreakersResponse;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import dev.linktor.instagram.v1.SubscribeEventsResponse;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** This is a server on this machine. Each test decides what it answers. */
final class FakeServer implements AutoCloseable {
    /**
     * Answers the stream with this number, counted from 0. A stream without an answer
     * stays open and silent.
     */
    interface Stream {
        void answer(int number, ServerCallStreamObserver<SubscribeEventsResponse> stream);
    }

    final List<SendMessageRequest> sends = new CopyOnWriteArrayList<>();
    final List<SetIceBreakersRequest> breakers = new CopyOnWriteArrayList<>();
    final List<SubscribeEventsRequest> streams = new CopyOnWriteArrayList<>();
    final List<String> authorizations = new CopyOnWriteArrayList<>();
    final List<Object> callers = new CopyOnWriteArrayList<>();

    private final Server server;
    private final List<StatusRuntimeException> failures = new CopyOnWriteArrayList<>();
    private volatile Stream subscribe = (number, stream) -> {};
    private volatile Runnable beforeSend = () -> {};

    FakeServer() throws IOException {
        this(0, InsecureServerCredentials.create());
    }

    FakeServer(int port, ServerCredentials credentials) throws IOException {
        this(NettyServerBuilder.forAddress(
                new InetSocketAddress("127.0.0.1", port), credentials));
    }

    FakeServer(NettyServerBuilder builder) throws IOException {
        server = builder.addService(new Messaging()).addService(new Channels())
                .addService(new Events()).intercept(new Notes()).build().start();
    }

    int port() {
        return server.getPort();
    }

    String address() {
        return "127.0.0.1:" + port();
    }

    /**
     * Makes the first calls fail with these errors, one error for each call. Later
     * calls succeed.
     */
    FakeServer failFirst(StatusRuntimeException... errors) {
        failures.addAll(List.of(errors));
        return this;
    }

    /** Runs the function before each call is answered. */
    FakeServer onSend(Runnable function) {
        beforeSend = function;
        return this;
    }

    FakeServer onSubscribe(Stream function) {
        subscribe = function;
        return this;
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        if (!server.awaitTermination(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the fake server does not end");
        }
    }

    static StatusRuntimeException status(Status.Code code) {
        return code.toStatus().withDescription("the connection broke").asRuntimeException();
    }

    /** Returns an error as the server makes it, with more details if any are given. */
    static StatusRuntimeException refusal(Status.Code code, String reason, Message... details) {
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(code.value()).setMessage("the message")
                .addDetails(Any.pack(ErrorInfo.newBuilder().setReason(reason)
                        .setDomain(LinktorException.DOMAIN).putMetadata("remedy", "the remedy")
                        .putMetadata("channel_id", "ch_1").build()));
        for (Message detail : details) {
            status.addDetails(Any.pack(detail));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    static RetryInfo retryAfter(Duration delay) {
        return RetryInfo.newBuilder().setRetryDelay(duration(delay)).build();
    }

    static com.google.protobuf.Duration duration(Duration duration) {
        return com.google.protobuf.Duration.newBuilder()
                .setSeconds(duration.getSeconds()).setNanos(duration.getNano()).build();
    }

    /**
     * Returns a response with one event for each cursor in events. cursor is the
     * response's own.
     */
    static SubscribeEventsResponse batch(String cursor, String... events) {
        SubscribeEventsResponse.Builder response =
                SubscribeEventsResponse.newBuilder().setCursor(cursor);
        for (String event : events) {
            response.addEvents(Event.newBuilder().setId("evt_" + event).setCursor(event));
        }
        return response.build();
    }

    /**
     * Returns the first response of a stream, which also has the heartbeat interval.
     */
    static SubscribeEventsResponse first(String cursor, Duration interval, String... events) {
        return batch(cursor, events).toBuilder()
                .setSubscribed(true).setHeartbeatInterval(duration(interval)).build();
    }

    private <S> void answer(int number, StreamObserver<S> observer, S response) {
        // Without a handler, an answer would throw when the caller has gone.
        ((ServerCallStreamObserver<S>) observer).setOnCancelHandler(() -> {});
        beforeSend.run();
        if (number < failures.size()) {
            observer.onError(failures.get(number));
        } else {
            observer.onNext(response);
            observer.onCompleted();
        }
    }

    private final class Messaging extends MessagingServiceImplBase {
        @Override
        public void sendMessage(SendMessageRequest request,
                StreamObserver<SendMessageResponse> observer) {
            sends.add(request);
            SendMessageResponse.Builder response = SendMessageResponse.newBuilder();
            response.getMessageBuilder().setId("msg_1").setRequestId(request.getRequestId());
            answer(sends.size() - 1, observer, response.build());
        }
    }

    private final class Channels extends ChannelServiceImplBase {
        @Override
        public void setIceBreakers(SetIceBreakersRequest request,
                StreamObserver<SetIceBreakersResponse> observer) {
            breakers.add(request);
            answer(breakers.size() - 1, observer, SetIceBreakersResponse.newBuilder()
                    .addAllIceBreakers(request.getIceBreakersList()).build());
        }
    }

    private final class Events extends EventServiceImplBase {
        @Override
        public void subscribeEvents(SubscribeEventsRequest request,
                StreamObserver<SubscribeEventsResponse> observer) {
            streams.add(request);
            ServerCallStreamObserver<SubscribeEventsResponse> stream =
                    (ServerCallStreamObserver<SubscribeEventsResponse>) observer;
            stream.setOnCancelHandler(() -> {});
            subscribe.answer(streams.size() - 1, stream);
        }
    }

    /** Records the address of each caller, and the API key if there is one. */
    private final class Notes implements ServerInterceptor {
        private final Metadata.Key<String> key =
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

        @Override
        public <Q, S> ServerCall.Listener<Q> interceptCall(ServerCall<Q, S> call,
                Metadata headers, ServerCallHandler<Q, S> next) {
            callers.add(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
            if (headers.get(key) != null) {
                authorizations.add(headers.get(key));
            }
            return next.startCall(call, headers);
        }
    }
}
