package dev.linktor.instagram;

import static dev.linktor.instagram.FakeServer.batch;
import static dev.linktor.instagram.FakeServer.first;
import static dev.linktor.instagram.Reading.ALL;
import static dev.linktor.instagram.Reading.MINUTE;
import static dev.linktor.instagram.Reading.follow;
import static dev.linktor.instagram.Reading.sendAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.linktor.instagram.v1.SubscribeEventsRequest;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WatchdogTest {
    // Three of these intervals pass quickly. This interval is for tests that wait until
    // a stream counts as silent.
    private static final Duration SHORT = Duration.ofMillis(20);
    // Three of these intervals are longer than any pause of a slow machine. This
    // interval is for tests in which no stream is silent.
    private static final Duration LONG = Duration.ofMillis(300);
    private static final Duration MORE_THAN_SILENCE =
            LONG.multipliedBy(Subscription.SILENT_INTERVALS + 1);

    private FakeServer server;
    private Linktor client;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
        client = Linktor.builder(server.address()).build();
        Waits.of(client);
    }

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        server.close();
    }

    @Test
    void takesANewConnectionWhenTheStreamIsSilent() {
        server.onSubscribe((number, stream) -> sendAll(stream,
                number == 0 ? first("a", SHORT, "a") : first("b", MINUTE, "b")));
        List<String> why = new ArrayList<>();
        assertEquals(List.of("a", "b"), follow(client, ALL, 2,
                new SubscribeOptions().onBreak((error, wait) -> why.add(error.getMessage()))));
        assertEquals(1, why.size());
        assertTrue(why.get(0).contains("nothing was heard"), why.toString());
        assertEquals("a", server.streams.get(1).getAfterCursor());
        assertNotEquals(server.callers.get(0), server.callers.get(1));
    }

    @Test
    void goesOnWhenTheFirstResponseDoesNotCome() {
        assertEquals(Duration.ofSeconds(15), client.firstResponse);
        client.firstResponse = LONG;
        server.onSubscribe((number, stream) -> {
            if (number > 0) {
                sendAll(stream, first("b", MINUTE, "b"));
            }
        });
        SubscribeEventsRequest request = SubscribeEventsRequest.newBuilder()
                .setHeartbeatInterval(FakeServer.duration(Duration.ofMillis(1))).build();
        long begin = System.nanoTime();
        assertEquals(List.of("b"), follow(client, request, 1, new SubscribeOptions()));
        // Three of the intervals that the request asked for are much shorter than this.
        assertTrue(System.nanoTime() - begin >= LONG.toNanos());
        assertEquals(2, server.streams.size());
    }

    @Test
    void heartbeatsKeepTheStream() {
        int beats = 12;
        Duration pause = MORE_THAN_SILENCE.dividedBy(beats);
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        int[] beaten = {0};
        server.onSubscribe((number, stream) -> {
            sendAll(stream, first("a", LONG));
            // Together the heartbeats take longer than the stream may be silent.
            clock.scheduleAtFixedRate(() -> {
                if (beaten[0] <= beats) {
                    sendAll(stream, beaten[0]++ < beats ? batch("a") : batch("b", "b"));
                }
            }, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        });
        int[] heard = {0};
        assertEquals(List.of("b"), follow(client, ALL, 1,
                new SubscribeOptions().onResponse(response -> heard[0]++)));
        clock.shutdownNow();
        assertEquals(1, server.streams.size());
        assertEquals(beats + 2, heard[0]);
    }

    // While the application works on an event, the client does not wait for the server.
    // This time must not count as silence.
    @Test
    void aSlowApplicationIsNoSilence() throws InterruptedException {
        CountDownLatch worked = new CountDownLatch(1);
        server.onSubscribe((number, stream) -> {
            sendAll(stream, first("a", LONG), batch("b", "b"));
            Thread late = new Thread(() -> {
                Awaiting.open(worked);
                sendAll(stream, batch("c", "c"));
            });
            late.start();
        });
        try (Subscription events = client.subscribe(ALL)) {
            assertEquals("b", events.next().getCursor());
            Thread.sleep(MORE_THAN_SILENCE.toMillis());
            worked.countDown();
            assertEquals("c", events.next().getCursor());
        }
        assertEquals(1, server.streams.size());
    }

    // A proxy that disappears without closing a connection leaves it open, but nothing
    // comes on it any more. A second stream on that connection would hear nothing
    // either. gRPC's pings would notice this only after the time limit of the test.
    @Test
    @Timeout(15)
    void leavesAHalfOpenConnection() throws IOException {
        client.close();
        server.onSubscribe((number, stream) -> sendAll(stream,
                number == 0 ? first("a", SHORT, "a") : first("b", MINUTE, "b")));
        try (FreezingProxy proxy = new FreezingProxy(server.port())) {
            client = Linktor.builder("127.0.0.1:" + proxy.port()).build();
            Waits.of(client);
            client.firstResponse = Duration.ofSeconds(5);
            Subscription events = client.subscribe(ALL);
            assertEquals("a", events.next().getCursor());
            proxy.freeze();
            assertEquals("b", events.next().getCursor());
            assertEquals("a", server.streams.get(1).getAfterCursor());
        }
    }

    // The server ends a connection with more than one ping every 10 s. Some proxies
    // accept even fewer pings, and a stream with heartbeats needs none.
    @Test
    void pingsAreRare() throws ReflectiveOperationException {
        ManagedChannelBuilder<?>[] seen = {null};
        Linktor.builder("127.0.0.1:1").configure(builder -> seen[0] = builder).build().close();
        assertEquals(Connector.PING_AFTER.toNanos(), setting(seen[0], "keepAliveTimeNanos"));
        assertEquals(Connector.PING_TIMEOUT.toNanos(), setting(seen[0], "keepAliveTimeoutNanos"));
        assertEquals(false, setting(seen[0], "keepAliveWithoutCalls"));
        assertTrue(Connector.PING_AFTER.compareTo(Duration.ofSeconds(10)) > 0);
        assertTrue(Connector.PING_AFTER.compareTo(Subscription.DEFAULT_INTERVAL) > 0);
        Duration dead = Connector.PING_AFTER.plus(Connector.PING_TIMEOUT);
        assertTrue(dead.compareTo(Subscription.DEFAULT_INTERVAL
                .multipliedBy(Subscription.SILENT_INTERVALS)) < 0);
    }

    // Reads a setting of the builder, because a test would have to wait 20 s to see a
    // real ping.
    private static Object setting(ManagedChannelBuilder<?> builder, String name)
            throws ReflectiveOperationException {
        Field field = builder.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(builder);
    }
}
