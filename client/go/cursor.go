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

// CursorStore keeps where a subscription is, for the next start of the program.
// A store belongs to one subscription at a time.
type CursorStore interface {
	// Load returns the cursor saved last; empty when there is none yet.
	Load(ctx context.Context) (string, error)
	// Save returns when the cursor will be there after a crash. The context
	// does not end with that of the subscription.
	Save(ctx context.Context, cursor string) error
}

// FileCursor keeps the cursor in a file. A save survives a power failure: it is
// written to a second file (path with ".tmp"), synced and renamed.
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
		// Starting at the end of the log would lose events in silence.
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

// syncFolder makes a rename durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // Folders cannot be synced there.
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
