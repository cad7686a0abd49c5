package dev.linktor.instagram;

import static dev.linktor.instagram.FakeServer.batch;
import static dev.linktor.instagram.FakeServer.first;
import static dev.linktor.instagram.Reading.ALL;
import static dev.linktor.instagram.Reading.MINUTE;
import static dev.linktor.instagram.Reading.follow;
import static dev.linktor.instagram.Reading.sendAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.linktor.instagram.Reading.MemoryStore;
import dev.linktor.instagram.v1.Position;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import io.grpc.Context;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscribeTest {
    private FakeServer server;
    private Linktor client;
    private Waits waits;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        client = Linktor.builder(server.address()).build();
        waits = Waits.of(client);
    }

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        server.close();
    }

    private void goesOnAfter(StatusRuntimeException failure) {
        server.onSubscribe((number, stream) -> {
            switch (number) {
                case 0 -> sendAll(stream, first("a", MINUTE), batch("c", "b", "c"));
                // The filter hides the event d.
                case 1 -> sendAll(stream, first("c", MINUTE), batch("d"));
                default -> sendAll(stream, first("e", MINUTE, "e"));
            }
            if (number < 2 && failure != null) {
                stream.onError(failure);
            } else if (number < 2) {
                stream.onCompleted();
            }
        });
        SubscribeEventsRequest request = SubscribeEventsRequest.newBuilder()
                .setPosition(Position.POSITION_EARLIEST).addTypes("instagram.*").build();
        assertEquals(List.of("b", "c", "e"), follow(client, request, 3, new SubscribeOptions()));
        assertEquals(request, server.streams.get(0));
        assertEquals(request.toBuilder().setAfterCursor("c").build(), server.streams.get(1));
        assertEquals(request.toBuilder().setAfterCursor("d").build(), server.streams.get(2));
        // After a response, the waits begin again with the shortest one.
        assertEquals(2, waits.all.size());
        for (Duration wait : waits.all) {
            assertTrue(wait.compareTo(Backoff.delay(0, 1)) <= 0, waits.all.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED", "ABORTED", "INTERNAL",
        "UNKNOWN", "DEADLINE_EXCEEDED"})
    void goesOnAfterABreak(Code code) {
        goesOnAfter(FakeServer.status(code));
    }

    @ParameterizedTest
    @CsvSource({"UNAVAILABLE, DRAINING", "RESOURCE_EXHAUSTED, OVERLOADED"})
    void goesOnAfterTheServerHasAskedForIt(Code code, String reason) {
        goesOnAfter(FakeServer.refusal(code, reason));
    }

    @Test
    void goesOnAfterACleanEnd() {
        goesOnAfter(null);
    }

    @ParameterizedTest
    @CsvSource({"OUT_OF_RANGE, CURSOR_EXPIRED", "OUT_OF_RANGE, CURSOR_REWOUND",
        "INVALID_ARGUMENT, CURSOR_INVALID", "INVALID_ARGUMENT, INVALID_REQUEST",
        "NOT_FOUND, CHANNEL_NOT_FOUND", "PERMISSION_DENIED, NOT_AUTHORIZED",
        "UNAUTHENTICATED, API_KEY_MISSING", "UNAUTHENTICATED, API_KEY_INVALID",
        "UNAUTHENTICATED, API_KEY_EXPIRED", "UNAUTHENTICATED, API_KEY_DISABLED",
        "INTERNAL, INTERNAL_FAULT"})
    void endsWithARefusal(Code code, String reason) {
        server.onSubscribe((number, stream) -> {
            sendAll(stream, first("a", MINUTE));
            stream.onError(FakeServer.refusal(code, reason));
        });
        Subscription events = client.subscribe(ALL);
        LinktorException error = assertThrows(LinktorException.class, events::hasNext);
        assertEquals(reason, error.reason());
        assertSame(error, assertThrows(LinktorException.class, events::next));
        assertEquals(1, server.streams.size());
        assertEquals(List.of(), waits.all);
    }

    @Test
    void waitsLongerEachTime() {
        server.onSubscribe((number, stream) -> {
            if (number < 3) {
                stream.onError(FakeServer.status(Code.UNAVAILABLE));
            } else if (number == 3) {
                stream.onError(FakeServer.refusal(Code.RESOURCE_EXHAUSTED, Reasons.OVERLOADED,
                        FakeServer.retryAfter(MINUTE)));
            } else {
                sendAll(stream, first("a", MINUTE, "a"));
            }
        });
        List<Duration> told = new ArrayList<>();
        List<Code> why = new ArrayList<>();
        follow(client, ALL, 1, new SubscribeOptions().onBreak((error, wait) -> {
            why.add(error.code());
            told.add(wait);
        }));
        assertEquals(told, waits.all);
        assertEquals(List.of(Code.UNAVAILABLE, Code.UNAVAILABLE, Code.UNAVAILABLE,
                Code.RESOURCE_EXHAUSTED), why);
        for (int i = 0; i < 3; i++) {
            assertTrue(told.get(i).compareTo(Backoff.delay(i, 0)) >= 0, told.toString());
            assertTrue(told.get(i).compareTo(Backoff.delay(i, 1)) <= 0, told.toString());
        }
        assertEquals(MINUTE, told.get(3));
    }

    @Test
    void savesWhatWasTaken() {
        server.onSubscribe((number, stream) -> sendAll(stream,
                first("a", MINUTE), batch("d", "b", "c"), batch("e", "e")));
        MemoryStore store = new MemoryStore(null);
        try (Subscription events =
                client.subscribe(ALL, new SubscribeOptions().keepCursor(store))) {
            assertEquals("b", events.next().getCursor());
            assertEquals(List.of("a"), store.saved);
            // When hasNext is called twice in a row, only the first call takes an
            // event.
            assertTrue(events.hasNext() && events.hasNext());
            assertEquals(List.of("a", "b"), store.saved);
            assertEquals("c", events.next().getCursor());
            assertEquals("e", events.next().getCursor());
            assertEquals(List.of("a", "b", "d"), store.saved);
        }
    }

    @Test
    void leavesTheEventInHand() {
        server.onSubscribe((number, stream) ->
                sendAll(stream, first("a", MINUTE), batch("d", "b", "c"), batch("e", "e")));
        MemoryStore store = new MemoryStore(null);
        follow(client, ALL, 3, new SubscribeOptions().keepCursor(store));
        // The cursor of the start is saved, too, so that a reader that starts at LATEST
        // loses no event after a restart.
        assertEquals(List.of("a", "b", "d"), store.saved);
    }

    @Test
    void startsAtTheStoredCursor() {
        server.onSubscribe((number, stream) -> sendAll(stream, first("b", MINUTE, "b")));
        SubscribeEventsRequest request =
                SubscribeEventsRequest.newBuilder().setAfterCursor("x").build();
        follow(client, request, 1, new SubscribeOptions().keepCursor(new MemoryStore("a")));
        assertEquals("a", server.streams.get(0).getAfterCursor());
    }

    @Test
    void endsWithItsStoreThatCannotSave() {
        server.onSubscribe((number, stream) -> sendAll(stream, first("b", MINUTE, "a", "b")));
        MemoryStore store = new MemoryStore(null) {
            @Override
            public void save(String cursor) throws IOException {
                throw new IOException("the disk is full");
            }
        };
        Subscription events = client.subscribe(ALL, new SubscribeOptions().keepCursor(store));
        assertEquals("a", events.next().getCursor());
        CursorStoreException error = assertThrows(CursorStoreException.class, events::hasNext);
        assertTrue(error.getMessage().contains("the disk is full"), error.getMessage());
        assertThrows(CursorStoreException.class, events::hasNext);
    }

    @Test
    void endsWithItsStoreThatCannotLoad() {
        MemoryStore store = new MemoryStore(null) {
            @Override
            public Optional<String> load() throws IOException {
                throw new IOException("there is no such table");
            }
        };
        CursorStoreException error = assertThrows(CursorStoreException.class,
                () -> follow(client, ALL, 1, new SubscribeOptions().keepCursor(store)));
        assertTrue(error.getMessage().contains("there is no such table"), error.getMessage());
        assertEquals(List.of(), server.streams);
    }

    @Test
    void isInterruptible() throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        server.onSubscribe((number, stream) -> sendAll(stream, first("a", MINUTE)));
        Thread reader = Thread.currentThread();
        Thread interrupter = new Thread(() -> {
            Awaiting.open(subscribed);
            reader.interrupt();
        });
        interrupter.start();
        Subscription events = client.subscribe(ALL,
                new SubscribeOptions().onResponse(response -> subscribed.countDown()));
        LinktorException error = assertThrows(LinktorException.class, events::hasNext);
        assertTrue(Thread.interrupted(), "the thread is no longer interrupted");
        assertEquals(Code.CANCELLED, error.code());
        interrupter.join();
    }

    @Test
    void savesWhatWasTakenBeforeAnInterrupt() {
        server.onSubscribe((number, stream) -> sendAll(stream, first("b", MINUTE, "a", "b")));
        MemoryStore store = new MemoryStore(null) {
            @Override
            public void save(String cursor) throws InterruptedException {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                saved.add(cursor);
            }
        };
        Subscription events = client.subscribe(ALL, new SubscribeOptions().keepCursor(store));
        events.next();
        Thread.currentThread().interrupt();
        assertThrows(LinktorException.class, events::hasNext);
        assertTrue(Thread.interrupted(), "the thread is no longer interrupted");
        assertEquals(List.of("a"), store.saved);
    }

    @Test
    void endsWhenItIsClosed() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch waiting = new CountDownLatch(1);
        server.onSubscribe((number, stream) -> {
            stream.setOnCancelHandler(left::countDown);
            sendAll(stream, first("a", MINUTE, "a"), batch("b"));
        });
        Subscription events = client.subscribe(ALL, new SubscribeOptions().onResponse(response -> {
            if (response.getEventsCount() == 0) {
                waiting.countDown();
            }
        }));
        assertEquals("a", events.next().getCursor());
        Thread closer = new Thread(() -> {
            Awaiting.open(waiting);
            events.close();
        });
        closer.start();
        assertFalse(events.hasNext());
        closer.join();
        Awaiting.open(left);
    }

    @Test
    void endsWithTheContext() throws Exception {
        Context.CancellableContext context = Context.current().withCancellation();
        server.onSubscribe((number, stream) -> {
            sendAll(stream, first("a", MINUTE));
            context.cancel(null);
        });
        LinktorException error = assertThrows(LinktorException.class,
                () -> context.call(() -> client.subscribe(ALL).hasNext()));
        assertEquals(Code.CANCELLED, error.code());
        assertEquals(1, server.streams.size());
    }

    @Test
    @Timeout(20)
    void endsWithTheContextWhileWaiting() {
        client.waiter = Backoff.Waiter.REAL;
        server.onSubscribe((number, stream) -> stream.onError(FakeServer.refusal(
                Code.UNAVAILABLE, Reasons.DRAINING,
                FakeServer.retryAfter(Duration.ofDays(300_000)))));
        Context.CancellableContext context = Context.current().withCancellation();
        SubscribeOptions options = new SubscribeOptions().onBreak(
                (error, wait) -> new Thread(() -> context.cancel(null)).start());
        LinktorException error = assertThrows(LinktorException.class,
                () -> context.call(() -> client.subscribe(ALL, options).hasNext()));
        assertEquals(Code.CANCELLED, error.code());
        assertEquals(1, server.streams.size());
    }

    @ParameterizedTest
    @CsvSource({"0", "1"})
    void endsWithTheClient(int silences) {
        server.onSubscribe((number, stream) -> sendAll(stream, number < silences
                ? first("a", Duration.ofMillis(20)) : first("b", MINUTE, "b")));
        Subscription events = client.subscribe(ALL);
        assertEquals("b", events.next().getCursor());
        client.close();
        assertThrows(IllegalStateException.class, events::hasNext);
        assertThrows(IllegalStateException.class, () -> client.subscribe(ALL).hasNext());
    }

    @Test
    void endsWithTheClientWhileWaiting() {
        client.waiter = Backoff.Waiter.REAL;
        server.onSubscribe((number, stream) -> stream.onError(FakeServer.refusal(
                Code.UNAVAILABLE, Reasons.DRAINING,
                FakeServer.retryAfter(Duration.ofDays(300_000)))));
        SubscribeOptions options = new SubscribeOptions().onBreak((error, wait) -> client.close());
        assertThrows(IllegalStateException.class, () -> follow(client, ALL, 1, options));
    }

    @Test
    void endsWithWhatAFunctionThrows() {
        server.onSubscribe((number, stream) -> sendAll(stream, first("a", MINUTE, "a")));
        Subscription events = client.subscribe(ALL, new SubscribeOptions().onResponse(response -> {
            throw new UnsupportedOperationException("no");
        }));
        assertThrows(UnsupportedOperationException.class, events::hasNext);
        assertThrows(UnsupportedOperationException.class, events::hasNext);
    }

    @Test
    void refusesHalfOfASurrogatePair() {
        SubscribeEventsRequest request =
                SubscribeEventsRequest.newBuilder().addUserIds("6101").addUserIds("\udc00").build();
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class,
                () -> follow(client, request, 1, new SubscribeOptions()));
        assertTrue(error.getMessage().contains("user_ids"), error.getMessage());
        assertEquals(List.of(), server.streams);
    }
}
