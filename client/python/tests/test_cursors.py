"""Tests FileCursorStore."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from linktor_instagram import FileCursorStore
from linktor_instagram.cursors import as_store


def test_has_nothing_at_first(tmp_path: Path) -> None:
    assert FileCursorStore(tmp_path / "cursor").load() is None


def test_loads_what_was_saved_last(tmp_path: Path) -> None:
    FileCursorStore(tmp_path / "cursor").save("first-and-longer")
    FileCursorStore(tmp_path / "cursor").save("second")
    assert FileCursorStore(tmp_path / "cursor").load() == "second"
    assert os.listdir(tmp_path) == ["cursor"]
    assert (tmp_path / "cursor").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cursor").write_text("\n")
    with pytest.raises(ValueError, match="cursor is empty"):
        FileCursorStore(tmp_path / "cursor").load()


def test_syncs_the_file_before_it_renames_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noting_fsync(handle: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        fsync(handle)

    def noting_replace(old: str, new: Path) -> None:
        done.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(os, "replace", noting_replace)
    FileCursorStore(tmp_path / "cursor").save("c1")
    assert done == ["file", "rename", "folder"]


def test_a_failure_leaves_the_old_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileCursorStore(tmp_path / "cursor")
    store.save("old")

    def fail(_: int) -> None:
        raise OSError("disk")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk"):
        store.save("new")
    assert store.load() == "old"
    assert os.listdir(tmp_path) == ["cursor"]


def test_what_a_crash_has_left_is_no_cursor(tmp_path: Path) -> None:
    store = FileCursorStore(tmp_path / "cursor")
    store.save("one")
    (tmp_path / "cursor.tmp").write_text("tw")
    assert store.load() == "one"
    store.save("two")
    assert store.load() == "two"
    assert os.listdir(tmp_path) == ["cursor"]


def test_a_path_stands_for_a_file(tmp_path: Path) -> None:
    store = as_store(tmp_path / "cursor")
    assert isinstance(store, FileCursorStore)
    assert as_store(store) is store
    assert as_store(None) is None
