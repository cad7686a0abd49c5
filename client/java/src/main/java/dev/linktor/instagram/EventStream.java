package dev.linktor.instagram;

import dev.linktor.instagram.v1.EventServiceGrpc;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import dev.linktor.instagram.v1.SubscribeEventsResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * This is one call of SubscribeEvents. A single thread calls next; any thread may
 * cancel the call. The client asks for a response only when the application wants it.
 * While the application works, HTTP/2 therefore makes the server wait.
 */
final class EventStream extends ClientCall.Listener<SubscribeEventsResponse> {
    /**
     * It holds either a response or the error with which the stream has ended; the
     * other is null.
     */
    record Arrival(SubscribeEventsResponse response, LinktorException end) {}

    private final ClientCall<SubscribeEventsRequest, SubscribeEventsResponse> call;
    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    private boolean begun;

    private EventStream(Channel channel) {
        call = channel.newCall(EventServiceGrpc.getSubscribeEventsMethod(), CallOptions.DEFAULT);
    }

    static EventStream open(Channel channel, SubscribeEventsRequest request) {
        EventStream stream = new EventStream(channel);
        stream.call.start(stream, new Metadata());
        stream.call.sendMessage(request);
        stream.call.halfClose();
        return stream;
    }

    /**
     * Returns the next response or the end of the stream, or null when neither comes
     * within this time.
     */
    Arrival next(Duration patience) throws InterruptedException {
        call.request(1);
        Arrival arrival = arrivals.poll(
                TimeUnit.NANOSECONDS.convert(patience), TimeUnit.NANOSECONDS);
        begun |= arrival != null;
        return arrival;
    }

    /** Returns whether a response or the end of the stream has come yet. */
    boolean hasBegun() {
        return begun;
    }

    void cancel() {
        call.cancel("the subscription has left the stream", null);
    }

    @Override
    public void onMessage(SubscribeEventsResponse response) {
        arrivals.add(new Arrival(response, null));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        arrivals.add(new Arrival(null, status.isOk()
                ? new LinktorException(
                        Status.UNAVAILABLE.withDescription("the server ended the stream"))
                : LinktorException.of(status.asRuntimeException(trailers))));
    }
}
