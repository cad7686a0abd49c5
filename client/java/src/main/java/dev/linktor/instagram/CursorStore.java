package dev.linktor.instagram;

import java.util.Optional;

/**
 * Keeps the cursor up to which a subscription has read, for the next start of the
 * program. A store belongs to one subscription at a time. The subscription calls it in
 * the thread that reads events.
 */
public interface CursorStore {
    /**
     * Returns the cursor that was saved last, or an empty value when none was saved
     * yet.
     */
    Optional<String> load() throws Exception;

    /** Saves the cursor. It returns when the cursor is safe from a crash. */
    void save(String cursor) throws Exception;
}
