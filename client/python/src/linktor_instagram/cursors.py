"""Where a subscription keeps how far it has got."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class CursorStore(Protocol):
    """Keeps one cursor.

    It is called by one thread at a time; AsyncClient calls it in changing threads.
    """

    def load(self) -> str | None:
        """Returns the cursor saved last, or None when there is none."""

    def save(self, cursor: str) -> None:
        """Keeps `cursor`, durably, before it returns."""


class FileCursorStore:
    """Keeps the cursor in a file of its own; one subscription uses it.

    A crash at any moment leaves the file with the old or the new cursor: it is
    written to a second file (the path with ".tmp"), synced and renamed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> str | None:
        try:
            cursor = self._path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        if not cursor:
            # To start at the end of the log instead would lose events in silence.
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


# The rename itself is durable only with its folder.
def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Folders cannot be synced there.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_store(store: CursorStore | str | os.PathLike[str] | None) -> CursorStore | None:
    """Lets a path stand for a file."""
    if isinstance(store, (str, os.PathLike)):
        return FileCursorStore(store)
    return store
