package dump

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// files lists the regular files of a dump, itself or below it, sorted.
func files(path string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			all = append(all, p)
		}
		return err
	})
	slices.Sort(all)
	return all, err
}

// private takes every right of others away and counts the bytes.
func (p *partial) private() (int64, error) {
	all, err := files(p.path)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	for _, f := range all {
		if err := os.Chmod(f, 0o600); err != nil {
			return 0, fmt.Errorf("backup: %w", err)
		}
	}
	return Size(p.path), nil
}

// Size is how many bytes a dump has on the disk, so far; 0 where there is none.
func Size(path string) int64 {
	var n int64
	all, _ := files(path)
	for _, f := range all {
		if info, err := os.Stat(f); err == nil {
			n += info.Size()
		}
	}
	return n
}

// Sum is the hex SHA-256 of a dump file. For a directory it is over the lines
// "HASH  NAME" of its files in order, as sha256sum prints them.
func Sum(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	if !info.IsDir() {
		return sumFile(path)
	}
	all, err := files(path)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	whole := sha256.New()
	for _, f := range all {
		one, err := sumFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(whole, "%s  %s\n", one, filepath.Base(f))
	}
	return hex.EncodeToString(whole.Sum(nil)), nil
}

func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

const sumEnding = ".sha256"

// publish writes the hash beside the dump, brings all to the disk and gives the
// dump its name.
func (p *partial) publish(sum string) (string, error) {
	all, err := files(p.path)
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	beside := p.final + sumEnding
	line := sum + "  " + filepath.Base(p.final) + "\n"
	err = os.WriteFile(beside, []byte(line), 0o600)
	for _, f := range append(all, beside) {
		if err == nil {
			err = flush(f)
		}
	}
	if err == nil {
		err = os.Rename(p.path, p.final)
	}
	if err != nil {
		_ = os.Remove(beside)
		return "", fmt.Errorf("backup: %w", err)
	}
	return p.final, flush(filepath.Dir(p.final))
}

func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// DamagedError says that a dump is not what was written.
type DamagedError struct{ Path, Why string }

func (e *DamagedError) Error() string { return e.Path + " is damaged: " + e.Why }

// Hint says what to do now.
func (e *DamagedError) Hint() string { return "it is no backup: take another one" }

// ReadBack decodes a dump from end to end. A listing proves nothing: pg_restore
// lists half a file with exit code 0. The error of a dump that cannot be read is
// a *DamagedError.
func ReadBack(ctx context.Context, c Client, path string) error {
	err := program{path: c.RestoreBy, args: []string{"--file=/dev/null", path}, env: environWithout()}.run(ctx)
	var failed *ProgramError
	if errors.As(err, &failed) {
		return &DamagedError{Path: path, Why: strings.Join(failed.Said, "; ")}
	}
	return err
}

// Check holds a dump against the hash beside it, and decodes it: what Take
// promised, at any later time.
func Check(ctx context.Context, c Client, path string) error {
	b, err := os.ReadFile(path + sumEnding)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	have, err := Sum(path)
	if err != nil {
		return err
	}
	if want, _, _ := strings.Cut(string(b), " "); want != have {
		return &DamagedError{Path: path, Why: "its sha256 is " + have + ", and was " + want}
	}
	return ReadBack(ctx, c, path)
}

// environWithout is the environment of a program that connects nowhere.
func environWithout() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "DATABASE_URL=") {
			env = append(env, kv)
		}
	}
	return append(env, "LC_ALL=C")
}
