package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"belay/sqlview/migration"
)

// Rename moves files of a folder, in git's index too where git has the file, else on
// the disk alone. dir is the folder on the disk. All or nothing: on an error
// what was moved is moved back. It never overwrites and never commits.
func Rename(ctx context.Context, dir string, moves []migration.Move) (err error) {
	for i, m := range moves {
		// What another move takes away first is not in the way.
		freed := slices.ContainsFunc(moves[:i], func(o migration.Move) bool { return o.From == m.To })
		if _, err := os.Lstat(filepath.Join(dir, m.To)); err == nil && !freed {
			return fmt.Errorf("rename %s: %s is there already; choose another version", m.From, m.To)
		}
	}
	repo, unknown := open(dir)
	var done []migration.Move
	for _, m := range moves {
		if err = rename(ctx, repo, unknown == "", dir, m); err != nil {
			err = fmt.Errorf("rename %s: %w; nothing was renamed", m.From, err)
			break
		}
		done = append(done, m)
	}
	if err == nil {
		return nil
	}
	for _, m := range slices.Backward(done) {
		back := migration.Move{From: m.To, To: m.From}
		if undo := rename(context.WithoutCancel(ctx), repo, unknown == "", dir, back); undo != nil {
			return fmt.Errorf("rename %s: %w; moving it back did not work either: %w", m.From, err, undo)
		}
	}
	return err
}

// rename moves a file on the disk, and its entry in git's index where it has one; a new
// file is no business of the index. It is not `git mv`: that reads the file again through
// the filters of the repository's configuration, which are programs of whoever made it.
func rename(ctx context.Context, repo repository, git bool, dir string, m migration.Move) error {
	var entry string
	if git {
		var err error
		if entry, err = repo.moved(ctx, m); err != nil {
			return err
		}
	}
	from, to := filepath.Join(dir, m.From), filepath.Join(dir, m.To)
	if err := os.Rename(from, to); err != nil || entry == "" {
		return err
	}
	if _, err := repo.call(ctx, []byte(entry), "update-index", "-z", "--index-info"); err != nil {
		return errors.Join(err, os.Rename(to, from))
	}
	return nil
}

// moved are the lines for `git update-index --index-info` that move a file's entry,
// with paths from the top of the work tree; "" = the index does not have it.
func (r repository) moved(ctx context.Context, m migration.Move) (string, error) {
	known, err := r.run(ctx, "ls-files", "--stage", "-z", "--", m.From)
	if err != nil || len(known) == 0 {
		return "", err
	}
	prefix, err := r.run(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	field := strings.Fields(string(known[:max(bytes.IndexByte(known, '\t'), 0)])) // mode, blob, stage
	if len(field) != 3 || field[2] != "0" {
		return "", errors.New("git has a conflict in it")
	}
	top := func(name string) string { return path.Join(strings.TrimSuffix(string(prefix), "\n"), name) }
	zero := strings.Repeat("0", len(field[1]))
	return fmt.Sprintf("0 %s\t%s\x00%s %s\t%s\x00", zero, top(m.From), field[0], field[1], top(m.To)), nil
}
