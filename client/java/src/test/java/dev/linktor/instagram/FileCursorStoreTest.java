package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCursorStoreTest {
    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("cursor");
    }

    @Test
    void loadsWhatWasSavedLast() throws IOException {
        FileCursorStore store = new FileCursorStore(file());
        assertEquals(Optional.empty(), store.load());
        store.save("a");
        store.save("b");
        assertEquals(Optional.of("b"), new FileCursorStore(file()).load());
        assertFalse(Files.exists(folder.resolve("cursor.tmp")));
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        Files.writeString(file(), " \n");
        IOException error =
                assertThrows(IOException.class, () -> new FileCursorStore(file()).load());
        assertTrue(error.getMessage().contains("is empty"), error.getMessage());
    }

    @Test
    void keepsTheOldCursorWhenItCannotSave() throws IOException {
        FileCursorStore store = new FileCursorStore(file());
        store.save("a");
        Files.createDirectory(folder.resolve("cursor.tmp"));
        assertThrows(IOException.class, () -> store.save("b"));
        assertEquals(Optional.of("a"), store.load());
    }

    @Test
    void savesInAnInterruptedThread() throws IOException {
        FileCursorStore store = new FileCursorStore(file());
        Thread.currentThread().interrupt();
        store.save("a");
        assertTrue(Thread.interrupted(), "the thread is no longer interrupted");
        assertEquals(Optional.of("a"), store.load());
    }

    @Test
    void failsInAFolderThatIsMissing() {
        FileCursorStore store = new FileCursorStore(folder.resolve("missing").resolve("cursor"));
        assertThrows(IOException.class, () -> store.save("a"));
    }
}
