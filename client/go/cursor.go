package linktor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// CursorStore keeps the position of a subscription in the event log, so that the
// next start of the program continues there. A store belongs to one subscription at
// a time.
type CursorStore interface {
	// Load returns the cursor that was saved last, or an empty string when none has
	// been saved yet.
	Load(ctx context.Context) (string, error)
	// Save returns nil when the cursor is stored so that it survives a crash. ctx
	// does not end when the context of the subscription ends.
	Save(ctx context.Context, cursor string) error
}

// FileCursor keeps the cursor in a file. A save survives a power failure: the cursor
// is written to a second file (path with ".tmp"), which is synced and then renamed
// to path.
func FileCursor(path string) CursorStore { return fileCursor(path) }

type fileCursor string

func (f fileCursor) Load(context.Context) (string, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	cursor := strings.TrimSpace(string(data))
	if cursor == "" {
		// Load must not return "" here: reading could start at the end of the log,
		// and nobody would notice the missing events.
		return "", fmt.Errorf("%s is empty: remove it to start anew", string(f))
	}
	return cursor, nil
}

func (f fileCursor) Save(_ context.Context, cursor string) error {
	path := string(f)
	if err := writeSynced(path+".tmp", cursor+"\n"); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func writeSynced(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFolder syncs a folder, so that a rename in it survives a power failure.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows cannot sync folders.
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
