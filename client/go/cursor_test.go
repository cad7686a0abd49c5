package linktor

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestFileCursor(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "cursor")
	store := FileCursor(path)
	if cursor, err := store.Load(ctx); cursor != "" || err != nil {
		t.Fatalf("before the first save: %q, %v", cursor, err)
	}
	for _, cursor := range []string{"one", "a longer one", "two"} {
		if err := store.Save(ctx, cursor); err != nil {
			t.Fatal(err)
		}
		if got, err := FileCursor(path).Load(ctx); got != cursor || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, cursor)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v (%v)", info.Mode(), err)
	}
	// No other file is left in the folder.
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("the folder has %v", files)
	}
}

func TestFileCursorWhatItCannotUse(t *testing.T) {
	ctx := context.Background()
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, folder} {
		if _, err := FileCursor(path).Load(ctx); err == nil {
			t.Errorf("%s was loaded", path)
		}
	}
	if err := FileCursor(filepath.Join(folder, "none", "cursor")).Save(ctx, "one"); err == nil {
		t.Error("a cursor was saved where there is no folder")
	}
}

// A crash in the middle of a save leaves a part of the second file. The first file is
// still whole.
func TestFileCursorAfterACrash(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "cursor")
	store := FileCursor(path)
	if err := store.Save(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".tmp", []byte("tw"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(ctx); got != "one" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := store.Save(ctx, "two"); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Load(ctx); got != "two" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
