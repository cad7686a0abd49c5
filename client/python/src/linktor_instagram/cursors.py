"""Has the stores in which a subscription keeps how far it has come."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class CursorStore(Protocol):
    """Keeps one cursor.

    Only one thread at a time calls a store. AsyncClient calls it in different
    threads.
    """

    def load(self) -> str | None:
        """Returns the cursor that was saved last, or None when there is none."""

    def save(self, cursor: str) -> None:
        """Saves `cursor`, and returns when it is safe from a crash."""


class FileCursorStore:
    """Keeps the cursor in a file of its own, for one subscription.

    A crash at any moment leaves the old or the new cursor in the file. A save
    writes the cursor to a second file (the path with ".tmp"), syncs that file and
    renames it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> str | None:
        try:
            cursor = self._path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        if not cursor:
            # Without this error the subscription would start at the end of the log,
            # and nobody would notice the lost events.
            raise ValueError(f"{self._path} is empty: remove it to start anew")
        return cursor

    def save(self, cursor: str) -> None:
        second = self._path.with_name(self._path.name + ".tmp")
        handle = os.open(second, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(cursor + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(second, self._path)
        except BaseException:
            second.unlink(missing_ok=True)
            raise
        _sync_folder(self._path.parent)


# Syncs the folder. A rename survives a power failure only after that.
def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Folders cannot be synced there.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_store(store: CursorStore | str | os.PathLike[str] | None) -> CursorStore | None:
    """Returns the store. A path becomes a FileCursorStore."""
    if isinstance(store, (str, os.PathLike)):
        return FileCursorStore(store)
    return store
