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
 * A subscription gives the events from a position on, and new ones for as long as the loop
 * over it runs:
 *
 * <pre>{@code
 * try (Subscription events = client.subscribe(request)) {
 *     for (Event event : events) { ... }
 * }
 * }</pre>
 *
 * <p>After a broken connection it goes on by itself after the last event. It throws
 * {@link LinktorException} when the server refuses the stream ({@link
 * Reasons#CURSOR_EXPIRED} and others), or the thread is interrupted or its gRPC Context is
 * cancelled (CANCELLED; the thread stays interrupted), {@link CursorStoreException} when
 * its store fails, and {@link IllegalStateException} when the client is closed. Each of
 * them ends it.
 *
 * <p>Every event is given at least once. It counts as taken when the next one is asked
 * for by {@link #hasNext}, and its cursor is saved then; when the loop is left by a break
 * or an exception, the event in hand is given again after the next start.
 *
 * <p>One thread at a time reads it; any thread may close it, which ends the loop.
 */
public final class Subscription implements Iterable<Event>, Iterator<Event>, AutoCloseable {
    /** The first response also takes connecting, so it has at least this long. */
    static final Duration FIRST_RESPONSE = Duration.ofSeconds(15);
    // The contract says that a reader who hears nothing for three intervals should
    // connect again.
    static final int SILENT_INTERVALS = 3;
    // The interval is this one until the server says which is in force.
    static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(15);

    private final Linktor client;
    private final SubscribeOptions options;
    private final Context.CancellableContext ended = Context.ROOT.withCancellation();

    // Only the thread that reads uses these. The start of the request is always where to
    // go on.
    private final SubscribeEventsRequest.Builder request;
    private boolean started;
    private Duration silence = DEFAULT_INTERVAL.multipliedBy(SILENT_INTERVALS);
    // It counts the streams since the last response.
    private int failures;
    private SubscribeEventsResponse batch = SubscribeEventsResponse.getDefaultInstance();
    // next() has returned so many events of the batch.
    private int given;
    // hasNext() has said that there is one more.
    private boolean asked;
    // The last event that was given is not taken yet.
    private boolean inHand;

    // The lock of this object guards these.
    private EventStream stream;
    // It is a connection of this subscription only; see renew.
    private Connection own;
    private RuntimeException failure;

    Subscription(Linktor client, SubscribeEventsRequest request, SubscribeOptions options) {
        this.client = client;
        this.request = request.toBuilder();
        this.options = options;
    }

    /** Returns this; a second loop goes on where the first one was left. */
    @Override
    public Iterator<Event> iterator() {
        return this;
    }

    /**
     * Takes the event that was given last, and waits for one more.
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

    /** Ends the stream. The event in hand is not taken by this. */
    @Override
    public void close() {
        end(null);
    }

    /** Ends the stream and the loop, which throws the exception if there is one. */
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

    /** Returns the next response, however often it takes a new stream; null at the end. */
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
     * Waits until the stream may be taken up again, or throws the error if it may not.
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

    private void take() {
        if (inHand) {
            inHand = false;
            // The response's own cursor also passes what the filter hid.
            save(given == batch.getEventsCount()
                    ? batch.getCursor() : batch.getEvents(given - 1).getCursor());
        }
    }

    /** Makes the cursor the one to go on after, here and in the store. */
    private void save(String cursor) {
        if (cursor.isEmpty() || cursor.equals(request.getAfterCursor())) {
            return;
        }
        request.setAfterCursor(cursor);
        if (options.store == null) {
            return;
        }
        // What was taken just before an interrupt counts, too.
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

    private synchronized EventStream openStream() {
        if (stream == null && !isEnded()) {
            Connection connection = own != null ? own : client.connection;
            stream = EventStream.open(connection.channel(), request.build());
        }
        return stream;
    }

    /** The caller holds the lock. */
    private void leaveStream() {
        if (stream != null) {
            stream.cancel();
            stream = null;
        }
    }

    /**
     * Takes a new connection. On the one that was silent another stream would be silent,
     * too, when the other end or a proxy has gone without a word.
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
