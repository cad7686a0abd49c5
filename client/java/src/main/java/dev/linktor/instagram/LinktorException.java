package dev.linktor.instagram;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Says how a call ended. Decide by {@link #reason}, then by {@link #code}: messages are
 * for people and change.
 */
public final class LinktorException extends RuntimeException {
    /** The server's reasons have this domain. A proxy may have reasons of its own. */
    public static final String DOMAIN = "instagram.linktor";

    private static final long serialVersionUID = 1L;
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    /** It names a field of a request and says what is wrong with it. */
    public record FieldViolation(String field, String description) implements Serializable {}

    private final Status.Code code;
    private final String description;
    private final Map<String, String> metadata = new HashMap<>();
    private final List<FieldViolation> violations = new ArrayList<>();
    private String reason = "";
    private String remedy = "";
    private Duration retryDelay = Duration.ZERO;
    private String requestId = "";
    private boolean outcomeUnknown;

    LinktorException(Status status) {
        this(status, status.getCause());
    }

    private LinktorException(Status status, Throwable cause) {
        super(cause);
        code = status.getCode();
        description = describe(status);
    }

    /** gRPC keeps to the cause why a connection broke, and says "io exception" itself. */
    private static String describe(Status status) {
        String said = status.getDescription() == null ? "" : status.getDescription();
        String why = status.getCause() == null ? null : status.getCause().getMessage();
        return why == null || said.contains(why) ? said : said + ": " + why;
    }

    /** Reads what a generated stub has thrown; other exceptions become UNKNOWN. */
    public static LinktorException of(Throwable thrown) {
        if (thrown instanceof LinktorException done) {
            return done;
        }
        Metadata trailers = Status.trailersFromThrowable(thrown);
        LinktorException made = new LinktorException(Status.fromThrowable(thrown), thrown);
        byte[] details = trailers == null ? null : trailers.get(DETAILS);
        if (details != null) {
            try {
                com.google.rpc.Status.parseFrom(details).getDetailsList().forEach(made::add);
            } catch (InvalidProtocolBufferException e) {
                made.addSuppressed(e); // A proxy has cut it; the code still counts.
            }
        }
        return made;
    }

    private void add(Any detail) {
        try {
            read(detail);
        } catch (InvalidProtocolBufferException e) {
            addSuppressed(e); // The other details still count.
        }
    }

    private void read(Any detail) throws InvalidProtocolBufferException {
        if (detail.is(ErrorInfo.class)) {
            ErrorInfo info = detail.unpack(ErrorInfo.class);
            if (info.getDomain().equals(DOMAIN)) {
                reason = info.getReason();
                metadata.putAll(info.getMetadataMap());
                remedy = metadata.getOrDefault("remedy", "");
                metadata.remove("remedy");
            }
        } else if (detail.is(BadRequest.class)) {
            for (BadRequest.FieldViolation wrong
                    : detail.unpack(BadRequest.class).getFieldViolationsList()) {
                violations.add(new FieldViolation(wrong.getField(), wrong.getDescription()));
            }
        } else if (detail.is(RetryInfo.class)) {
            retryDelay = durationOf(detail.unpack(RetryInfo.class).getRetryDelay());
        }
    }

    static Duration durationOf(com.google.protobuf.Duration duration) {
        return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }

    /** Sets what only the caller of a send knows. */
    LinktorException sentAs(String id, boolean unknown) {
        requestId = id;
        outcomeUnknown = unknown;
        return this;
    }

    public Status.Code code() {
        return code;
    }

    /**
     * Returns one of {@link Reasons}, or one that is newer than this client. It is empty
     * when the server did not make the status: the connection broke, or a proxy answered.
     */
    public String reason() {
        return reason;
    }

    /**
     * Returns the status's own message, with the cause if a connection broke. {@link
     * #getMessage} says all of the error.
     */
    public String description() {
        return description;
    }

    /** Says what to do, in English; empty when the server did not say. */
    public String remedy() {
        return remedy;
    }

    /** Returns what else the reason comes with, such as "graph_code". */
    public Map<String, String> metadata() {
        return Map.copyOf(metadata);
    }

    /** Returns the fields of the request that are wrong. */
    public List<FieldViolation> violations() {
        return List.copyOf(violations);
    }

    /** Says how long to wait before the call can succeed; 0 when the server did not say. */
    public Duration retryDelay() {
        return retryDelay;
    }

    /** Returns the request id of the send, also when {@link Linktor#send} made it. */
    public String requestId() {
        return requestId;
    }

    /**
     * Says that the call may have been done, or may still be under way, although it ended
     * with this error. A send may then be repeated with the same request id only, and
     * GetMessage tells what became of it. Only {@link Linktor#send} and
     * {@link Linktor#setIceBreakers} set it.
     */
    public boolean outcomeUnknown() {
        return outcomeUnknown;
    }

    @Override
    public String getMessage() {
        StringBuilder out = new StringBuilder(code.name());
        if (!reason.isEmpty()) {
            out.append(' ').append(reason);
        }
        out.append(": ").append(description);
        for (FieldViolation wrong : violations) {
            if (!description.contains(wrong.description())) {
                out.append("; ").append(wrong.field()).append(": ").append(wrong.description());
            }
        }
        if (outcomeUnknown && (reason.isEmpty() || !leavesUnknown())) {
            // The remedy of the last refusal does not speak of an earlier call that got lost.
            out.append("; it may have been done all the same");
            if (!requestId.isEmpty()) {
                out.append(": repeat it with the request id ").append(requestId).append(" only");
            }
        } else if (!remedy.isEmpty()) {
            out.append(" (what to do: ").append(remedy).append(')');
        }
        return out.toString();
    }

    /**
     * Returns whether the call may be repeated with the same request id: the server asks
     * for it, or did not make the status.
     */
    boolean isRepeatable() {
        return switch (code) {
            case UNAVAILABLE -> true;
            case CANCELLED, INTERNAL, UNKNOWN, DEADLINE_EXCEEDED -> reason.isEmpty();
            default -> false;
        };
    }

    /**
     * Returns whether a stream that ended so is taken up again: the connection broke, or
     * the server is busy or going, but it did not refuse.
     */
    boolean isResumable() {
        return switch (code) {
            case UNAVAILABLE, RESOURCE_EXHAUSTED, CANCELLED, ABORTED -> true;
            case INTERNAL, UNKNOWN, DEADLINE_EXCEEDED -> reason.isEmpty();
            default -> false;
        };
    }

    /** Returns whether nobody knows what became of a call that ended so. */
    boolean leavesUnknown() {
        return reason.isEmpty() || reason.equals(Reasons.SEND_OUTCOME_UNKNOWN)
                || reason.equals(Reasons.REQUEST_IN_FLIGHT)
                || reason.equals(Reasons.INTERNAL_FAULT);
    }
}
