package dev.linktor.instagram;

/**
 * Says that the {@link CursorStore} of a subscription has failed; the cause says how.
 */
public final class CursorStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CursorStoreException(String message, Exception cause) {
        super("linktor: " + message + ": " + cause, cause);
    }
}
