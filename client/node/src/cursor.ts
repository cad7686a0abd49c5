import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * A store keeps the cursor up to which a subscription has read, for the next
 * start of the program. It belongs to one subscription at a time.
 */
export interface CursorStore {
  /**
   * Returns the cursor that was saved last, or undefined or "" when none was
   * saved yet.
   */
  load(): Promise<string | undefined> | string | undefined;
  /** Saves the cursor. It is done when the cursor is safe from a crash. */
  save(cursor: string): Promise<void> | void;
}

/**
 * It keeps the cursor in a file. A save survives a power failure: it writes the
 * cursor to a second file (the path with ".tmp"), syncs that file and renames it.
 */
export class FileCursorStore implements CursorStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async load(): Promise<string | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return undefined;
      }
      throw error;
    }
    const cursor = text.trim();
    if (cursor === "") {
      // Without this error the subscription would start at the end of the log,
      // and nobody would notice the lost events.
      throw new Error(`${this.path} is empty: remove it to start anew`);
    }
    return cursor;
  }

  async save(cursor: string): Promise<void> {
    const second = `${this.path}.tmp`;
    const file = await open(second, "w", 0o600);
    try {
      await file.writeFile(`${cursor}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(second, this.path);
    await syncFolder(dirname(this.path));
  }
}

/** Makes a rename durable. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") {
    return; // Folders cannot be synced there.
  }
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
