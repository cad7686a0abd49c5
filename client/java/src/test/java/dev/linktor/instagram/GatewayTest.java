package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.MessageState;
import dev.linktor.instagram.v1.SendMessageRequest;
import dev.linktor.instagram.v1.SendMessageResponse;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** These tests use the client and the example with the real server and the emulator. */
class GatewayTest {
    @TempDir
    private Path folder;
    private Gateway gateway;
    private Linktor client;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        gateway = Gateway.start(folder);
        client = gateway.client(gateway.key());
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (gateway != null) {
            client.close();
            gateway.close();
        }
    }

    /**
     * Returns a subscription. When it begins, begun gets the cursor of its first
     * response.
     */
    private Subscription read(SubscribeOptions options, CompletableFuture<String> begun) {
        return client.subscribe(SubscribeEventsRequest.newBuilder()
                .setHeartbeatInterval(FakeServer.duration(Duration.ofSeconds(1))).build(),
                options.onResponse(response -> begun.complete(response.getCursor())));
    }

    /** Returns the next event, which must have this type. */
    private static Event next(Subscription events, String type) {
        Event event = events.next();
        assertEquals(type, event.getType());
        return event;
    }

    /**
     * Takes the two events of a send, MessageSent and MessageEchoed, in either order.
     * It returns the text of the message.
     */
    private static String sent(Subscription events) {
        String text = null;
        for (int i = 0; i < 2; i++) {
            Event event = events.next();
            if (event.hasMessageSent()) {
                text = event.getMessageSent().getText();
            } else {
                assertEquals(EventTypes.MESSAGE_ECHOED, event.getType());
            }
        }
        return text;
    }

    /**
     * Starts a thread in which the customer writes the text when the subscription has
     * begun.
     */
    private static Thread whenBegun(CompletableFuture<String> begun, Gateway gateway, String text) {
        Thread customer = new Thread(() -> {
            try {
                begun.join();
                gateway.customerWrites(text);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        customer.start();
        return customer;
    }

    @Test
    void receivesAnswersAndGoesOnAfterARestart() throws Exception {
        CompletableFuture<String> begun = new CompletableFuture<>();
        Path file = folder.resolve("cursor");
        SubscribeOptions options = new SubscribeOptions().keepCursor(new FileCursorStore(file));
        try (Subscription events = read(options, begun)) {
            Thread customer = whenBegun(begun, gateway, "Do you have this in M?");
            Event event = next(events, EventTypes.MESSAGE_RECEIVED);
            customer.join();
            assertEquals("Do you have this in M?", event.getMessageReceived().getText());
            SendMessageRequest answer =
                    Linktor.text(event.getChannelId(), event.getUserId(), "Yes, in blue.")
                            .setRequestId("answer-" + event.getMessageReceived().getId()).build();
            SendMessageResponse response = client.send(answer);
            assertFalse(response.getReplayed());
            assertEquals(MessageState.MESSAGE_STATE_SENT, response.getMessage().getState());
            assertEquals("Yes, in blue.", sent(events));
            assertTrue(client.send(answer).getReplayed());

            gateway.restart();
            gateway.customerWrites("Still there?");
            assertEquals("Still there?",
                    next(events, EventTypes.MESSAGE_RECEIVED).getMessageReceived().getText());
        }
        assertTrue(new FileCursorStore(file).load().isPresent());
    }

    private LinktorException failure(Linktor caller, SendMessageRequest request) {
        return assertThrows(LinktorException.class, () -> caller.send(request));
    }

    @Test
    void saysWhyItRefuses() throws Exception {
        LinktorException empty = failure(client,
                SendMessageRequest.newBuilder().setChannelId(Gateway.CHANNEL).build());
        assertEquals(Reasons.INVALID_REQUEST, empty.reason());
        assertTrue(empty.violations().size() >= 2 && !empty.remedy().isEmpty(), empty.toString());

        SendMessageRequest hello =
                Linktor.text(Gateway.CHANNEL, Gateway.CUSTOMER, "Hello").build();
        gateway.control("POST", "faults", """
                {"on": "messages", "kind": "graph_error", "code": 100, "subcode": 2534014}""");
        LinktorException nobody = failure(client, hello);
        assertEquals(Reasons.RECIPIENT_NOT_FOUND, nobody.reason());
        assertEquals("100", nobody.metadata().get("graph_code"));
        assertFalse(nobody.outcomeUnknown());

        gateway.control("POST", "faults", """
                {"on": "messages", "kind": "accept_then_close"}""");
        LinktorException lost = failure(client, hello);
        assertEquals(Reasons.SEND_OUTCOME_UNKNOWN, lost.reason());
        assertTrue(lost.outcomeUnknown() && !lost.requestId().isEmpty());

        try (Linktor nameless = gateway.client("")) {
            assertEquals(Reasons.API_KEY_MISSING, failure(nameless, hello).reason());
        }
        Subscription damaged = client.subscribe(
                SubscribeEventsRequest.newBuilder().setAfterCursor("damaged").build());
        assertEquals(Reasons.CURSOR_INVALID,
                assertThrows(LinktorException.class, damaged::hasNext).reason());
    }

    @Test
    void theExampleAnswers() throws Exception {
        CompletableFuture<String> begun = new CompletableFuture<>();
        try (Subscription events = read(new SubscribeOptions(), begun)) {
            CompletableFuture<Boolean> one = CompletableFuture.supplyAsync(events::hasNext);
            // The example starts at the same cursor as this subscription, even when it
            // subscribes late.
            new FileCursorStore(folder.resolve("example.cursor")).save(begun.get());
            Process example = startExample();
            try {
                gateway.customerWrites("Hi!");
                one.get();
                next(events, EventTypes.MESSAGE_RECEIVED);
                assertEquals("Hello! What do you look for?", sent(events));
                gateway.control("POST", "taps",
                        "{\"from\": \"%s\", \"title\": \"Shoes\"}".formatted(Gateway.CUSTOMER));
                next(events, EventTypes.QUICK_REPLY);
                assertEquals("You chose Shoes.", sent(events));
                String calls = gateway.control("GET", "graph-calls", "");
                assertTrue(calls.contains("What is new?"), "no ice breakers were set: " + calls);
            } finally {
                example.destroy();
                assertTrue(example.waitFor(30, TimeUnit.SECONDS));
            }
            String said = Files.readString(folder.resolve("example.out"));
            assertEquals("reading events; Ctrl-C ends", said.strip());
        }
    }

    private Process startExample() throws IOException {
        String classpath = Path.of("target", "classes").toAbsolutePath() + ":"
                + Files.readString(Path.of("target", "test.classpath"));
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-classpath", classpath, Path.of("example", "Bot.java").toAbsolutePath().toString())
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("example.out").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("LINKTOR_IG_SERVER", gateway.address());
        builder.environment().put("LINKTOR_IG_API_KEY", gateway.key());
        return builder.start();
    }
}
