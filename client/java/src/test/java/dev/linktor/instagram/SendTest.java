package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.linktor.instagram.v1.IceBreaker;
import dev.linktor.instagram.v1.SendMessageRequest;
import dev.linktor.instagram.v1.SendMessageResponse;
import dev.linktor.instagram.v1.SetIceBreakersRequest;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.InsecureServerCredentials;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SendTest {
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

    private static SendMessageRequest hello(String id) {
        return Linktor.text("ch_1", "6101", "Hello").setRequestId(id).build();
    }

    private LinktorException failure(SendMessageRequest request) {
        return assertThrows(LinktorException.class, () -> client.send(request));
    }

    @Test
    void makesARequestId() {
        for (int i = 0; i < 2; i++) {
            String id = client.send(hello("")).getMessage().getRequestId();
            assertTrue(id.matches("java-[A-Za-z0-9._:-]{1,123}"), id);
        }
        assertNotEquals(server.sends.get(0).getRequestId(), server.sends.get(1).getRequestId());
    }

    @ParameterizedTest
    @EnumSource(value = Code.class, names =
            {"UNAVAILABLE", "CANCELLED", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED"})
    void repeatsWithTheSameId(Code code) {
        server.failFirst(FakeServer.status(code), FakeServer.status(code));
        client.send(hello(""));
        assertEquals(3, server.sends.size());
        assertEquals(1, server.sends.stream().distinct().count());
        assertEquals(2, waits.all.size());
        assertTrue(waits.all.get(0).compareTo(Backoff.delay(0, 0)) >= 0, waits.all.toString());
        assertTrue(waits.all.get(1).compareTo(Backoff.delay(1, 0)) >= 0, waits.all.toString());
    }

    @ParameterizedTest
    @CsvSource({"NOT_FOUND, RECIPIENT_NOT_FOUND", "RESOURCE_EXHAUSTED, RATE_LIMITED",
        "FAILED_PRECONDITION, OUTSIDE_MESSAGING_WINDOW",
        "DEADLINE_EXCEEDED, DEADLINE_TOO_SHORT", "UNAUTHENTICATED, API_KEY_INVALID"})
    void endsWithARefusal(Code code, String reason) {
        server.failFirst(FakeServer.refusal(
                code, reason, FakeServer.retryAfter(Duration.ofSeconds(1))));
        LinktorException error = failure(hello("order-17"));
        assertEquals(reason, error.reason());
        assertFalse(error.outcomeUnknown());
        assertEquals("order-17", error.requestId());
        assertEquals(Duration.ofSeconds(1), error.retryDelay());
        assertEquals(1, server.sends.size());
    }

    @ParameterizedTest
    @CsvSource({"UNKNOWN, SEND_OUTCOME_UNKNOWN", "ABORTED, REQUEST_IN_FLIGHT",
        "INTERNAL, INTERNAL_FAULT"})
    void saysWhenTheServerDoesNotKnow(Code code, String reason) {
        server.failFirst(FakeServer.refusal(code, reason));
        assertTrue(failure(hello("")).outcomeUnknown());
        assertEquals(1, server.sends.size());
    }

    @Test
    void saysThatNobodyKnowsWithoutAReason() {
        server.failFirst(FakeServer.status(Code.UNIMPLEMENTED));
        LinktorException error = failure(hello(""));
        assertTrue(error.outcomeUnknown());
        assertEquals(server.sends.get(0).getRequestId(), error.requestId());
    }

    // The key may have been disabled after the first call was accepted.
    @Test
    void saysThatNobodyKnowsAfterACallThatGotLost() {
        server.failFirst(FakeServer.status(Code.UNAVAILABLE),
                FakeServer.refusal(Code.UNAUTHENTICATED, Reasons.API_KEY_DISABLED));
        LinktorException error = failure(hello(""));
        assertTrue(error.outcomeUnknown());
        assertEquals(Reasons.API_KEY_DISABLED, error.reason());
    }

    @Test
    void waitsAsTheServerAsks() {
        server.failFirst(FakeServer.refusal(Code.UNAVAILABLE, Reasons.DRAINING,
                FakeServer.retryAfter(Duration.ofSeconds(7))));
        client.send(hello(""));
        assertEquals(List.of(Duration.ofSeconds(7)), waits.all);
    }

    @Test
    void doesNotWaitBeyondTheDeadline() {
        server.failFirst(FakeServer.refusal(Code.UNAVAILABLE, Reasons.DRAINING,
                FakeServer.retryAfter(Duration.ofDays(300_000))));
        assertEquals(Reasons.DRAINING, failure(hello("")).reason());
        assertEquals(List.of(), waits.all);
    }

    // The server would refuse a last call, because too little time is left. That
    // refusal would hide that an earlier call may have been done.
    @Test
    void leavesTimeForTheServer() {
        client.send(hello("")); // This call connects, which takes long the first time.
        server.failFirst(FakeServer.status(Code.INTERNAL), FakeServer.status(Code.INTERNAL));
        LinktorException error = assertThrows(LinktorException.class,
                () -> client.send(hello("order-17"), Linktor.LEAST_TIME));
        assertEquals(Code.INTERNAL, error.code());
        assertTrue(error.outcomeUnknown());
        assertEquals(2, server.sends.size());
    }

    @Test
    void hasADeadlineWithoutOneOfTheCaller() {
        CompletableFuture<Deadline> seen = new CompletableFuture<>();
        server.onSend(() -> seen.complete(Context.current().getDeadline()));
        client.send(hello(""));
        long left = seen.join().timeRemaining(TimeUnit.SECONDS);
        assertTrue(left > 90 && left <= Linktor.DEFAULT_TIMEOUT.toSeconds(), left + " s");
    }

    @Test
    void endsWithTheContext() {
        Context.CancellableContext context = Context.current().withCancellation();
        server.onSend(() -> context.cancel(null)).failFirst(FakeServer.status(Code.UNAVAILABLE));
        LinktorException error = assertThrows(LinktorException.class,
                () -> context.call(() -> client.send(hello(""))));
        assertTrue(error.outcomeUnknown());
        assertEquals(1, server.sends.size());
    }

    @Test
    @Timeout(20)
    void endsWithTheContextWhileWaiting() {
        Context.CancellableContext context = Context.current().withCancellation();
        server.failFirst(FakeServer.refusal(Code.UNAVAILABLE, Reasons.GRAPH_UNAVAILABLE));
        client.waiter = (end, wait) -> {
            new Thread(() -> context.cancel(null)).start();
            Backoff.Waiter.REAL.await(end, Duration.ofDays(300_000));
        };
        LinktorException error = assertThrows(LinktorException.class,
                () -> context.call(() -> client.send(hello(""))));
        assertEquals(Reasons.GRAPH_UNAVAILABLE, error.reason());
        assertFalse(error.outcomeUnknown());
        assertEquals(1, server.sends.size());
    }

    /**
     * Interrupts a send when the latch reaches zero, and returns the error of the send.
     */
    private LinktorException interrupted(CountDownLatch when) throws InterruptedException {
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        CompletableFuture<Void> result = new CompletableFuture<>();
        Thread sender = new Thread(() -> {
            try {
                client.send(hello(""));
                result.complete(null);
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
            flag.complete(Thread.currentThread().isInterrupted());
        });
        sender.start();
        when.await();
        sender.interrupt();
        assertTrue(flag.join(), "the thread is no longer interrupted");
        ExecutionException end = assertThrows(ExecutionException.class, result::get);
        return (LinktorException) end.getCause();
    }

    @Test
    void endsWithAnInterrupt() throws InterruptedException {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        server.onSend(() -> {
            arrived.countDown();
            Awaiting.open(over);
        });
        LinktorException error = interrupted(arrived);
        over.countDown();
        assertEquals(Code.CANCELLED, error.code());
        assertTrue(error.outcomeUnknown());
        assertEquals(1, server.sends.size());
    }

    @Test
    void endsWithAnInterruptWhileWaiting() throws InterruptedException {
        server.failFirst(FakeServer.refusal(Code.UNAVAILABLE, Reasons.GRAPH_UNAVAILABLE));
        CountDownLatch waiting = new CountDownLatch(1);
        client.waiter = (end, wait) -> {
            waiting.countDown();
            Backoff.Waiter.REAL.await(end, Duration.ofSeconds(30));
        };
        LinktorException error = interrupted(waiting);
        assertEquals(Reasons.GRAPH_UNAVAILABLE, error.reason());
        assertFalse(error.outcomeUnknown());
    }

    @Test
    void endsWithTheClient() {
        client.close();
        assertEquals(Code.UNAVAILABLE, failure(hello("")).code());
        assertEquals(List.of(), waits.all);
    }

    @Test
    void endsWithTheClientWhileWaiting() {
        server.failFirst(FakeServer.refusal(Code.UNAVAILABLE, Reasons.GRAPH_UNAVAILABLE));
        client.waiter = (end, wait) -> {
            client.close();
            Backoff.Waiter.REAL.await(end, Duration.ofSeconds(30));
        };
        // Another call would end with UNAVAILABLE, because the channel is closed.
        LinktorException error = failure(hello(""));
        assertEquals(Reasons.GRAPH_UNAVAILABLE, error.reason());
        assertFalse(error.outcomeUnknown());
        assertEquals(1, server.sends.size());
    }

    @Test
    void refusesHalfOfASurrogatePair() {
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class,
                () -> client.send(Linktor.text("ch_1", "6101", "caf\ud83d").build()));
        assertTrue(error.getMessage().contains("content.text"), error.getMessage());
        assertEquals(List.of(), server.sends);
        assertEquals(List.of(), waits.all);
    }

    @Test
    void goesOnAfterTheServerHasStartedAgain() throws Exception {
        client.waiter = Backoff.Waiter.REAL;
        int port = server.port();
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        server.onSend(() -> {
            arrived.countDown();
            Awaiting.open(over); // The answer is lost.
        });
        CompletableFuture<SendMessageResponse> sent =
                CompletableFuture.supplyAsync(() -> client.send(hello("")));
        arrived.await();
        List<SendMessageRequest> first = server.sends;
        server.close();
        over.countDown();
        server = Awaiting.value(() -> {
            try {
                return new FakeServer(port, InsecureServerCredentials.create());
            } catch (IOException e) {
                return null; // The port is not free yet.
            }
        });
        assertEquals(first.get(0).getRequestId(), sent.get().getMessage().getRequestId());
    }

    // gRPC itself would fail every call for up to two minutes, without a new attempt to
    // connect.
    @Test
    void meetsANewAttemptToConnect() throws Exception {
        int port = server.port();
        server.close();
        for (int i = 0; i < 8; i++) {
            assertThrows(StatusRuntimeException.class,
                    () -> client.messaging().sendMessage(hello("order-17")));
        }
        server = new FakeServer(port, InsecureServerCredentials.create());
        client.waiter = (end, wait) -> {
            waits.await(end, wait);
            Backoff.Waiter.REAL.await(end, wait);
        };
        client.send(hello(""));
        assertTrue(waits.all.size() <= 1, waits.all.toString());
    }

    @Test
    void setIceBreakersIsRepeated() {
        server.failFirst(FakeServer.status(Code.UNAVAILABLE));
        SetIceBreakersRequest request = SetIceBreakersRequest.newBuilder().setChannelId("ch_1")
                .addIceBreakers(IceBreaker.newBuilder().setQuestion("New?").setPayload("NEW"))
                .build();
        assertEquals(1, client.setIceBreakers(request).getIceBreakersCount());
        assertEquals(List.of(request, request), server.breakers);
    }
}
