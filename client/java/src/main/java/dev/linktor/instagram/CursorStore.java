package dev.linktor.instagram;

import java.util.Optional;

/**
 * Keeps where a subscription is, for the next start of the program. A store belongs to
 * one subscription at a time, which calls it in the thread that reads events.
 */
public interface CursorStore {
    /** Returns the cursor that was saved last, if there is one yet. */
    Optional<String> load() throws Exception;

    /** Returns when the cursor will be there after a crash. */
    void save(String cursor) throws Exception;
}
