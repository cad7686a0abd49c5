package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinktorExceptionTest {
    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, '', true, true",
        "UNAVAILABLE, DRAINING, true, true",
        "UNAVAILABLE, GRAPH_UNAVAILABLE, true, true",
        "UNAVAILABLE, A_NEWER_REASON, true, true",
        "CANCELLED, '', true, true",
        "INTERNAL, '', true, true",
        "INTERNAL, INTERNAL_FAULT, false, false",
        "INTERNAL, GRAPH_ERROR, false, false",
        "UNKNOWN, '', true, true",
        "UNKNOWN, SEND_OUTCOME_UNKNOWN, false, false",
        "DEADLINE_EXCEEDED, '', true, true",
        "DEADLINE_EXCEEDED, DEADLINE_TOO_SHORT, false, false",
        "ABORTED, REQUEST_IN_FLIGHT, false, true",
        "RESOURCE_EXHAUSTED, '', false, true",
        "RESOURCE_EXHAUSTED, RATE_LIMITED, false, true",
        "RESOURCE_EXHAUSTED, LIMIT_REACHED, false, true",
        "INVALID_ARGUMENT, INVALID_REQUEST, false, false",
        "OUT_OF_RANGE, CURSOR_EXPIRED, false, false",
        "NOT_FOUND, CHANNEL_NOT_FOUND, false, false",
        "UNAUTHENTICATED, API_KEY_DISABLED, false, false",
        "UNAUTHENTICATED, '', false, false",
        "PERMISSION_DENIED, NOT_AUTHORIZED, false, false",
        "FAILED_PRECONDITION, OUTSIDE_MESSAGING_WINDOW, false, false",
        "UNIMPLEMENTED, '', false, false"})
    void saysWhatMayBeRepeated(Code code, String reason, boolean repeat, boolean resume) {
        LinktorException error = LinktorException.of(reason.isEmpty()
                ? FakeServer.status(code) : FakeServer.refusal(code, reason));
        assertEquals(repeat, error.isRepeatable());
        assertEquals(resume, error.isResumable());
    }

    @Test
    void hasEveryDetail() {
        BadRequest wrong = BadRequest.newBuilder().addFieldViolations(
                BadRequest.FieldViolation.newBuilder().setField("to").setDescription("is required"))
                .build();
        StatusRuntimeException thrown = FakeServer.refusal(Code.INVALID_ARGUMENT,
                Reasons.INVALID_REQUEST, wrong, FakeServer.retryAfter(Duration.ofSeconds(3)));
        LinktorException error = LinktorException.of(thrown);
        assertEquals(Code.INVALID_ARGUMENT, error.code());
        assertEquals("INVALID_REQUEST", error.reason());
        assertEquals("the message", error.description());
        assertEquals("the remedy", error.remedy());
        assertEquals(Map.of("channel_id", "ch_1"), error.metadata());
        assertEquals(List.of(new LinktorException.FieldViolation("to", "is required")),
                error.violations());
        assertEquals(Duration.ofSeconds(3), error.retryDelay());
        assertEquals("INVALID_ARGUMENT INVALID_REQUEST: the message; to: is required"
                + " (what to do: the remedy)", error.getMessage());
        assertSame(thrown, error.getCause());
        assertSame(error, LinktorException.of(error));
    }

    @Test
    void tellsNoRemedyOfARefusalAfterALostCall() {
        LinktorException lost = LinktorException.of(
                FakeServer.refusal(Code.UNAVAILABLE, Reasons.DRAINING)).sentAs("r1", true);
        assertEquals("UNAVAILABLE DRAINING: the message; it may have been done all the same:"
                + " repeat it with the request id r1 only", lost.getMessage());
        LinktorException settled = LinktorException.of(
                FakeServer.refusal(Code.UNKNOWN, Reasons.SEND_OUTCOME_UNKNOWN)).sentAs("r1", true);
        assertEquals("UNKNOWN SEND_OUTCOME_UNKNOWN: the message (what to do: the remedy)",
                settled.getMessage());
    }

    @Test
    void hasTheOtherDetailsWhenOneCannotBeRead() {
        Any damaged = Any.pack(FakeServer.retryAfter(Duration.ofSeconds(3))).toBuilder()
                .setValue(ByteString.copyFromUtf8("\n damaged")).build();
        Any info = Any.pack(ErrorInfo.newBuilder().setReason(Reasons.OVERLOADED)
                .setDomain(LinktorException.DOMAIN).build());
        LinktorException error = LinktorException.of(StatusProto.toStatusRuntimeException(
                com.google.rpc.Status.newBuilder().setCode(Code.INTERNAL.value())
                        .addDetails(damaged).addDetails(info).build()));
        assertEquals(Reasons.OVERLOADED, error.reason());
        assertEquals(Duration.ZERO, error.retryDelay());
    }

    @Test
    void ofAProxyHasNoReason() {
        StatusRuntimeException thrown = StatusProto.toStatusRuntimeException(
                com.google.rpc.Status.newBuilder().setCode(Code.INTERNAL.value())
                        .setMessage("no upstream").addDetails(Any.pack(ErrorInfo.newBuilder()
                                .setReason("BAD_GATEWAY").setDomain("proxy.example")
                                .putMetadata("remedy", "none").build())).build());
        LinktorException error = LinktorException.of(thrown);
        assertEquals("", error.reason());
        assertEquals("", error.remedy());
        assertEquals(Map.of(), error.metadata());
        assertTrue(error.isRepeatable());
    }

    @Test
    void keepsItsCodeWhenTheDetailsAreBroken() {
        Metadata trailers = new Metadata();
        trailers.put(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER),
                new byte[] {(byte) 0xff});
        LinktorException error =
                LinktorException.of(Status.NOT_FOUND.asRuntimeException(trailers));
        assertEquals(Code.NOT_FOUND, error.code());
        assertEquals("NOT_FOUND: ", error.getMessage());
        assertFalse(error.isRepeatable());
    }

    @Test
    void saysWhyTheConnectionBroke() throws Exception {
        try (FakeServer server = new FakeServer();
                Linktor client = Linktor.builder(server.address()).build()) {
            server.close();
            LinktorException error = assertThrows(LinktorException.class, () -> client.send(
                    Linktor.text("ch_1", "6101", "Hello").build(), Linktor.LEAST_TIME));
            assertTrue(error.getMessage().contains("Connection refused"), error.getMessage());
        }
    }

    @Test
    void ofStubs() throws Exception {
        try (FakeServer server = new FakeServer();
                Linktor client = Linktor.builder(server.address()).build()) {
            server.failFirst(FakeServer.refusal(Code.NOT_FOUND, Reasons.CHANNEL_NOT_FOUND));
            StatusRuntimeException thrown = assertThrows(StatusRuntimeException.class,
                    () -> client.messaging().sendMessage(
                            Linktor.text("ch_1", "6101", "Hello").build()));
            assertEquals(Reasons.CHANNEL_NOT_FOUND, LinktorException.of(thrown).reason());
        }
    }
}
