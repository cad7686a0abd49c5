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
 * Says how a call ended. Programs should decide by {@link #reason}, then by {@link
 * #code}. The messages are for people and may change.
 */
public final class LinktorException extends RuntimeException {
    /**
     * This is the domain of the server's reasons. A proxy may send other reasons with a
     * domain of its own.
     */
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

    /**
     * Returns the description of the status, and its cause. When a connection broke,
     * the description says only "io exception", and the cause says why.
     */
    private static String describe(Status status) {
        String said = status.getDescription() == null ? "" : status.getDescription();
        String why = status.getCause() == null ? null : status.getCause().getMessage();
        return why == null || said.contains(why) ? said : said + ": " + why;
    }

    /**
     * Returns the LinktorException for an exception of a generated stub. An exception
     * that has no status becomes UNKNOWN.
     */
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
                made.addSuppressed(e); // The details are damaged; the code counts.
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

    /**
     * Sets what only {@link Linktor} knows: the id of the request and whether its
     * outcome is unknown.
     */
    LinktorException sentAs(String id, boolean unknown) {
        requestId = id;
        outcomeUnknown = unknown;
        return this;
    }

    public Status.Code code() {
        return code;
    }

    /**
     * Returns one of {@link Reasons}, or a reason that is newer than this client. It is
     * empty when the server did not make the status, because the connection broke or a
     * proxy answered.
     */
    public String reason() {
        return reason;
    }

    /**
     * Returns only the message of the status, with the cause if a connection broke.
     * {@link #getMessage} returns a text with everything that this exception knows.
     */
    public String description() {
        return description;
    }

    /** Returns what to do, in English. It is empty when the server did not say it. */
    public String remedy() {
        return remedy;
    }

    /** Returns further values that come with the reason, such as "graph_code". */
    public Map<String, String> metadata() {
        return Map.copyOf(metadata);
    }

    /** Returns the fields of the request that are wrong. */
    public List<FieldViolation> violations() {
        return List.copyOf(violations);
    }

    /**
     * Returns how long to wait before the call can succeed. It is 0 when the server did
     * not say.
     */
    public Duration retryDelay() {
        return retryDelay;
    }

    /** Returns the request id of the send, also when {@link Linktor#send} made it. */
    public String requestId() {
        return requestId;
    }

    /**
     * Returns whether the call may have been done, or may still be under way, although
     * it ended with this error. Then repeat a send only with the same request id;
     * GetMessage tells what became of it. Only {@link Linktor#send} and {@link
     * Linktor#setIceBreakers} set this value.
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
            // The remedy belongs to the last refusal. It says nothing about an earlier
            // call that got lost.
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
     * Returns whether the call may be repeated with the same request id. It may when
     * the server asks for it, or when the status was not made by the server: it then
     * has no reason.
     */
    boolean isRepeatable() {
        return switch (code) {
            case UNAVAILABLE -> true;
            case CANCELLED, INTERNAL, UNKNOWN, DEADLINE_EXCEEDED -> reason.isEmpty();
            default -> false;
        };
    }

    /**
     * Returns whether the subscription opens the stream again after this error. It does
     * when the connection broke, or when the server is busy or shutting down. It does
     * not when the server refused the request.
     */
    boolean isResumable() {
        return switch (code) {
            case UNAVAILABLE, RESOURCE_EXHAUSTED, CANCELLED, ABORTED -> true;
            case INTERNAL, UNKNOWN, DEADLINE_EXCEEDED -> reason.isEmpty();
            default -> false;
        };
    }

    /**
     * Returns whether a call that ended with this error may have been done all the
     * same.
     */
    boolean leavesUnknown() {
        return reason.isEmpty() || reason.equals(Reasons.SEND_OUTCOME_UNKNOWN)
                || reason.equals(Reasons.REQUEST_IN_FLIGHT)
                || reason.equals(Reasons.INTERNAL_FAULT);
    }
}
