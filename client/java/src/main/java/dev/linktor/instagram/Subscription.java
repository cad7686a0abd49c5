package dev.linktor.instagram;

import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import dev.linktor.instagram.v1.SubscribeEventsResponse;
import io.grpc.Context;
import io.grpc.Status;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A subscription gives the events from a position on, and then new events for as long
 * as the loop over it runs:
 *
 * <pre>{@code
 * try (Subscription events = client.subscribe(request)) {
 *     for (Event event : events) { ... }
 * }
 * }</pre>
 *
 * <p>After a broken connection it connects again by itself and goes on after the last
 * event. Each of these exceptions ends the subscription:
 *
 * <ul>
 *  <li>{@link LinktorException} when the server refuses the stream, for example with
 *      {@link Reasons#CURSOR_EXPIRED};
 *  <li>{@link LinktorException} with the code CANCELLED when the thread is interrupted
 *      (it stays interrupted) or its gRPC Context is cancelled;
 *  <li>{@link CursorStoreException} when the cursor store fails;
 *  <li>{@link IllegalStateException} when the client is closed.
 * </ul>
 *
 * <p>Every event is given at least once. It counts as taken when {@link #hasNext} asks
 * for the next event, and then its cursor is saved. When the loop is left by a break or
 * an exception, the last event does not count as taken: it is given again after the
 * next start.
 *
 * <p>One thread at a time may read a subscription. Any thread may close it, which ends
 * the loop.
 */
public final class Subscription implements Iterable<Event>, Iterator<Event>, AutoCloseable {
    /**
     * A stream has at least this long for its first response, because connecting takes
     * time, too.
     */
    static final Duration FIRST_RESPONSE = Duration.ofSeconds(15);
    // The comments in protos/ say that a reader should connect again when it hears
    // nothing for three heartbeat intervals.
    static final int SILENT_INTERVALS = 3;
    // This heartbeat interval counts until the server says which one it uses.
    static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(15);

    private final Linktor client;
    private final SubscribeOptions options;
    private final Context.CancellableContext ended = Context.ROOT.withCancellation();

    // Only the thread that reads uses the following fields. The start in the request is
    // always the position from which to go on.
    private final SubscribeEventsRequest.Builder request;
    private boolean started;
    private Duration silence = DEFAULT_INTERVAL.multipliedBy(SILENT_INTERVALS);
    // failures counts the streams that have ended since the last response.
    private int failures;
    private SubscribeEventsResponse batch = SubscribeEventsResponse.getDefaultInstance();
    // given is the number of events of the batch that next() has returned.
    private int given;
    // asked says that hasNext() has returned true, and that next() was not called
    // since.
    private boolean asked;
    // inHand says that next() has returned an event that does not count as taken yet.
    private boolean inHand;

    // The lock of this object guards the following fields.
    private EventStream stream;
    // own is a connection that only this subscription uses, or null; renew makes it.
    private Connection own;
    private RuntimeException failure;

    Subscription(Linktor client, SubscribeEventsRequest request, SubscribeOptions options) {
        this.client = client;
        this.request = request.toBuilder();
        this.options = options;
    }

    /**
     * Returns this object. A second loop therefore goes on where the first loop was
     * left.
     */
    @Override
    public Iterator<Event> iterator() {
        return this;
    }

    /**
     * Counts the last event as taken, and waits for the next event.
     *
     * @return false when the subscription was closed
     */
    @Override
    public boolean hasNext() {
        if (asked) {
            return true;
        }
        try {
            take();
            while (!isEnded()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (given < batch.getEventsCount()) {
                    asked = true;
                    return true;
                }
                SubscribeEventsResponse response = receive();
                if (response != null) {
                    accept(response);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end(new LinktorException(Status.CANCELLED
                    .withDescription("the thread was interrupted").withCause(e)));
        } catch (RuntimeException e) {
            end(e);
            throw e;
        }
        return finish();
    }

    @Override
    public Event next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the subscription is closed");
        }
        asked = false;
        inHand = true;
        return batch.getEvents(given++);
    }

    /** Ends the stream and the loop. The last event does not count as taken by this. */
    @Override
    public void close() {
        end(null);
    }

    /**
     * Ends the stream and the loop. The loop throws the exception, unless that is null.
     */
    void end(RuntimeException why) {
        synchronized (this) {
            if (isEnded()) {
                return;
            }
            failure = why;
            ended.cancel(null);
            leaveStream();
            if (own != null) {
                own.close();
            }
        }
        client.forget(this);
    }

    private boolean isEnded() {
        return ended.isCancelled();
    }

    /**
     * Throws the exception that has ended the subscription, or returns false when there
     * is none.
     */
    private synchronized boolean finish() {
        if (failure != null) {
            throw failure;
        }
        return false;
    }

    private void start() {
        started = true;
        Unicode.check(request.build());
        if (request.hasHeartbeatInterval()) {
            setInterval(request.getHeartbeatInterval());
        }
        if (options.store != null) {
            try {
                options.store.load().ifPresent(request::setAfterCursor);
            } catch (Exception e) {
                throw storeFailure("the cursor cannot be loaded", e);
            }
        }
    }

    /**
     * Returns the next response. It returns null when the subscription has ended, and
     * also when the stream has broken and the next call is to open a new one.
     */
    private SubscribeEventsResponse receive() throws InterruptedException {
        if (!started) {
            start();
        }
        EventStream current = openStream();
        if (current == null) {
            return null;
        }
        EventStream.Arrival arrival =
                current.next(current.hasBegun() ? silence : longer(silence, client.firstResponse));
        if (arrival != null && arrival.response() != null) {
            return arrival.response();
        }
        if (!isEnded()) {
            resume(arrival == null ? null : arrival.end());
        }
        return null;
    }

    /**
     * Waits until the subscription may open the stream again, or throws the error when
     * it may not.
     *
     * @param error is null when the stream was silent
     */
    private void resume(LinktorException error) throws InterruptedException {
        synchronized (this) {
            leaveStream();
        }
        LinktorException why = error != null ? error : new LinktorException(
                Status.UNAVAILABLE.withDescription("nothing was heard for " + SILENT_INTERVALS
                        + " heartbeat intervals"));
        if (!why.isResumable() || Context.current().isCancelled()) {
            throw why;
        }
        Duration wait = Backoff.delay(failures, why);
        failures++;
        options.onBreak.accept(why, wait);
        client.waiter.await(ended, wait);
        if (error == null) {
            renew();
        }
    }

    private void accept(SubscribeEventsResponse response) {
        failures = 0;
        if (response.hasHeartbeatInterval()) {
            setInterval(response.getHeartbeatInterval());
        }
        options.onResponse.accept(response);
        batch = response;
        given = 0;
        if (response.getEventsCount() == 0) {
            save(response.getCursor());
        }
    }

    /** Counts the last event as taken, if there is one, and saves its cursor. */
    private void take() {
        if (inHand) {
            inHand = false;
            // The response's own cursor is also past the events that the filter hid.
            save(given == batch.getEventsCount()
                    ? batch.getCursor() : batch.getEvents(given - 1).getCursor());
        }
    }

    /** Makes the cursor the position from which to go on, here and in the store. */
    private void save(String cursor) {
        if (cursor.isEmpty() || cursor.equals(request.getAfterCursor())) {
            return;
        }
        request.setAfterCursor(cursor);
        if (options.store == null) {
            return;
        }
        // The event was taken, so its cursor is saved even when the thread is
        // interrupted.
        boolean interrupted = Thread.interrupted();
        try {
            options.store.save(cursor);
        } catch (Exception e) {
            throw storeFailure("the cursor cannot be saved", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static CursorStoreException storeFailure(String message, Exception cause) {
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return new CursorStoreException(message, cause);
    }

    private void setInterval(com.google.protobuf.Duration interval) {
        Duration duration = LinktorException.durationOf(interval);
        if (!duration.isZero() && !duration.isNegative()) {
            silence = duration.multipliedBy(SILENT_INTERVALS);
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /**
     * Returns the stream, and opens it first when there is none. It is null when the
     * subscription has ended.
     */
    private synchronized EventStream openStream() {
        if (stream == null && !isEnded()) {
            Connection connection = own != null ? own : client.connection;
            stream = EventStream.open(connection.channel(), request.build());
        }
        return stream;
    }

    /** Cancels the stream, if there is one. The caller must hold the lock. */
    private void leaveStream() {
        if (stream != null) {
            stream.cancel();
            stream = null;
        }
    }

    /**
     * Takes a new connection for this subscription. When the other end or a proxy has
     * disappeared without closing the old connection, another stream on it would be
     * silent, too.
     */
    private synchronized void renew() {
        if (!isEnded()) {
            if (own != null) {
                own.close();
            }
            own = client.connector.open();
        }
    }
}
