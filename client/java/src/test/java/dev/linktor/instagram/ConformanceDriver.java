package dev.linktor.instagram;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.SendMessageRequest;
import dev.linktor.instagram.v1.SetIceBreakersRequest;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Reads commands, one JSON object a line, and answers each command with one line.
 * tests/conformance/README.md describes the protocol. conformance.sh starts this
 * program.
 */
final class ConformanceDriver implements AutoCloseable {
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().omittingInsignificantWhitespace();

    private final Map<String, DrivenSubscription> subscriptions = new HashMap<>();
    private Linktor client;

    public static void main(String[] arguments) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (ConformanceDriver driver = new ConformanceDriver();
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(driver.answer(line));
            }
        }
        System.exit(0); // No thread of a failed case may keep this process alive.
    }

    /** Runs the command in this line, and returns the line of its answer. */
    String answer(String line) {
        JsonObject asked = JsonParser.parseString(line).getAsJsonObject();
        JsonObject answer = new JsonObject();
        answer.add("id", asked.get("id"));
        try {
            answer.add("ok", run(asked));
        } catch (ExecutionException | InvocationTargetException e) {
            answer.add("error", error(e.getCause()));
        } catch (Exception e) {
            answer.add("error", error(e));
        }
        return answer.toString();
    }

    @Override
    public void close() throws InterruptedException {
        if (client != null) {
            client.close();
            client = null;
        }
        for (DrivenSubscription subscription : subscriptions.values()) {
            subscription.stop();
        }
        subscriptions.clear();
    }

    private JsonObject run(JsonObject asked) throws Exception {
        String what = text(asked, "do");
        if (client == null && !Set.of("constants", "connect", "close").contains(what)) {
            throw new IllegalStateException("there is no client: connect first");
        }
        return switch (what) {
            case "constants" -> constants();
            case "connect" -> connect(asked);
            case "send" -> response(client.send(
                    request(asked, SendMessageRequest.newBuilder()).build(), timeout(asked)));
            case "set_ice_breakers" -> response(client.setIceBreakers(
                    request(asked, SetIceBreakersRequest.newBuilder()).build(), timeout(asked)));
            case "call" -> call(asked);
            case "subscribe" -> subscribe(asked);
            case "next" -> next(asked);
            case "state" -> subscription(asked).state(ConformanceDriver::error);
            case "stop" -> {
                subscription(asked).stop();
                yield new JsonObject();
            }
            case "close" -> {
                close();
                yield new JsonObject();
            }
            default -> throw new IllegalArgumentException("there is no command " + what);
        };
    }

    private static JsonObject constants() throws IllegalAccessException {
        JsonObject found = new JsonObject();
        found.add("reasons", valuesOf(Reasons.class));
        found.add("types", valuesOf(EventTypes.class));
        return found;
    }

    private static JsonArray valuesOf(Class<?> holder) throws IllegalAccessException {
        JsonArray values = new JsonArray();
        for (Field field : holder.getFields()) {
            values.add((String) field.get(null));
        }
        return values;
    }

    private JsonObject connect(JsonObject asked) throws InterruptedException {
        close();
        Linktor.Builder builder = Linktor.builder(asked.get("address").getAsString())
                .apiKey(text(asked, "api_key"));
        if (asked.has("plaintext") && asked.get("plaintext").getAsBoolean()) {
            builder.plaintextToOtherMachines();
        }
        if (asked.has("tls")) {
            builder.tls(tls(asked.getAsJsonObject("tls")));
        }
        client = builder.build();
        return new JsonObject();
    }

    private static Tls tls(JsonObject asked) {
        Tls tls = new Tls();
        if (asked.has("ca_file")) {
            tls.caFile(Path.of(text(asked, "ca_file")));
        }
        if (asked.has("cert_file")) {
            tls.clientCertificate(
                    Path.of(text(asked, "cert_file")), Path.of(text(asked, "key_file")));
        }
        if (asked.has("server_name")) {
            tls.serverName(text(asked, "server_name"));
        }
        return tls;
    }

    /** Calls a method of a generated stub, such as "MessagingService.GetMessage". */
    private JsonObject call(JsonObject asked) throws Exception {
        String[] names = text(asked, "method").split("\\.");
        AbstractBlockingStub<?> stub = stub(names[0])
                .withDeadlineAfter(timeout(asked).toMillis(), TimeUnit.MILLISECONDS);
        String name = Character.toLowerCase(names[1].charAt(0)) + names[1].substring(1);
        for (Method method : stub.getClass().getMethods()) {
            // A stub also has a method getChannel without a parameter, which is not
            // GetChannel of protos/.
            if (method.getName().equals(name) && method.getParameterCount() == 1) {
                Message.Builder request = (Message.Builder)
                        method.getParameterTypes()[0].getMethod("newBuilder").invoke(null);
                return response((Message) method.invoke(stub, request(asked, request).build()));
            }
        }
        throw new IllegalArgumentException("the stub has no method " + name);
    }

    private AbstractBlockingStub<?> stub(String service) {
        return switch (service) {
            case "AccessService" -> client.access();
            case "ChannelService" -> client.channels();
            case "EventService" -> client.events();
            case "MessagingService" -> client.messaging();
            case "ServerService" -> client.server();
            default -> throw new IllegalArgumentException("there is no stub of " + service);
        };
    }

    private JsonObject subscribe(JsonObject asked) throws InvalidProtocolBufferException {
        SubscribeEventsRequest request =
                request(asked, SubscribeEventsRequest.newBuilder()).build();
        String file = text(asked, "cursor_file");
        subscriptions.put(text(asked, "sub"), new DrivenSubscription(client, request, file));
        return new JsonObject();
    }

    private JsonObject next(JsonObject asked) throws Exception {
        DrivenSubscription.Next next = subscription(asked).next(timeout(asked));
        JsonObject found = new JsonObject();
        switch (next.outcome()) {
            case TIMEOUT -> found.addProperty("timeout", true);
            case ENDED -> found.addProperty("ended", true);
            case EVENT -> {
                found.add("event", json(next.event()));
                found.addProperty("payload", payload(next.event()));
            }
        }
        return found;
    }

    private static String payload(Event event) {
        return event.getPayloadCase() == Event.PayloadCase.PAYLOAD_NOT_SET ? ""
                : Event.getDescriptor()
                        .findFieldByNumber(event.getPayloadCase().getNumber()).getName();
    }

    private DrivenSubscription subscription(JsonObject asked) {
        DrivenSubscription found = subscriptions.get(text(asked, "sub"));
        if (found == null) {
            throw new IllegalArgumentException("there is no subscription " + text(asked, "sub"));
        }
        return found;
    }

    private static <B extends Message.Builder> B request(JsonObject asked, B builder)
            throws InvalidProtocolBufferException {
        if (asked.has("request")) {
            JsonFormat.parser().merge(asked.get("request").toString(), builder);
        }
        return builder;
    }

    private static JsonObject response(Message response) throws InvalidProtocolBufferException {
        JsonObject found = new JsonObject();
        found.add("response", json(response));
        return found;
    }

    private static JsonElement json(Message message) throws InvalidProtocolBufferException {
        return JsonParser.parseString(PRINTER.print(message));
    }

    private static Duration timeout(JsonObject asked) {
        return asked.has("timeout_ms")
                ? Duration.ofMillis(asked.get("timeout_ms").getAsLong()) : Linktor.DEFAULT_TIMEOUT;
    }

    private static String text(JsonObject asked, String name) {
        return asked.has(name) ? asked.get(name).getAsString() : null;
    }

    private static JsonObject error(Throwable thrown) {
        JsonObject found = new JsonObject();
        if (thrown instanceof LinktorException || thrown instanceof StatusRuntimeException) {
            LinktorException error = LinktorException.of(thrown);
            found.addProperty("kind", "rpc");
            found.addProperty("message", error.description());
            describe(error, found);
        } else {
            found.addProperty("kind", thrown instanceof CursorStoreException ? "store" : "usage");
            found.addProperty("message", thrown.toString());
        }
        return found;
    }

    private static void describe(LinktorException error, JsonObject found) {
        found.addProperty("code", error.code().name());
        found.addProperty("reason", error.reason());
        found.addProperty("remedy", error.remedy());
        JsonObject metadata = new JsonObject();
        error.metadata().forEach(metadata::addProperty);
        found.add("metadata", metadata);
        JsonArray violations = new JsonArray();
        for (LinktorException.FieldViolation wrong : error.violations()) {
            JsonObject violation = new JsonObject();
            violation.addProperty("field", wrong.field());
            violation.addProperty("description", wrong.description());
            violations.add(violation);
        }
        found.add("violations", violations);
        found.addProperty("retry_delay_ms", error.retryDelay().toMillis());
        found.addProperty("request_id", error.requestId());
        found.addProperty("outcome_unknown", error.outcomeUnknown());
    }
}
