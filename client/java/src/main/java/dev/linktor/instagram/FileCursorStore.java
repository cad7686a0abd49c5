package dev.linktor.instagram;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps the cursor in a file. A save survives a power failure: it writes the cursor to
 * a second file, whose name ends with ".tmp", syncs that file and renames it.
 */
public final class FileCursorStore implements CursorStore {
    // Windows cannot open a folder to sync it.
    private static final boolean FOLDERS_CAN_BE_SYNCED =
            !System.getProperty("os.name").startsWith("Windows");

    private final Path path;

    public FileCursorStore(Path path) {
        this.path = path.toAbsolutePath();
    }

    @Override
    public Optional<String> load() throws IOException {
        String cursor;
        try {
            cursor = Files.readString(path).strip();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (cursor.isEmpty()) {
            // Without this error the subscription would start at the end of the log,
            // and nobody would notice the lost events.
            throw new IOException(path + " is empty: remove it to start anew");
        }
        return Optional.of(cursor);
    }

    @Override
    public void save(String cursor) throws IOException {
        Path written = path.resolveSibling(path.getFileName() + ".tmp");
        try (FileOutputStream out = new FileOutputStream(written.toFile())) {
            out.write((cursor + "\n").getBytes(StandardCharsets.UTF_8));
            out.getFD().sync();
        }
        Files.move(written, path,
                StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        if (FOLDERS_CAN_BE_SYNCED) {
            syncFolder();
        }
    }

    /** Makes the rename durable, also in a thread that is interrupted. */
    private void syncFolder() throws IOException {
        boolean interrupted = false;
        try {
            for (boolean synced = false; !synced; ) {
                // Only a FileChannel can sync a folder, and an interrupt closes a
                // FileChannel. So the interrupt is removed here, and set again at the
                // end.
                interrupted |= Thread.interrupted();
                try (FileChannel folder =
                        FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
                    folder.force(true);
                    synced = true;
                } catch (ClosedByInterruptException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
