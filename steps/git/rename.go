package git

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"belay/sqlview/migration"
)

// Rename moves files of a folder: with git mv where git has the file, else on
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

// rename lets git move what it tracks; a new file is no business of its index.
func rename(ctx context.Context, repo repository, git bool, dir string, m migration.Move) error {
	if git {
		known, err := repo.run(ctx, "ls-files", "-z", "--", m.From)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			_, err := repo.run(ctx, "mv", "--", m.From, m.To)
			return err
		}
	}
	return os.Rename(filepath.Join(dir, m.From), filepath.Join(dir, m.To))
}
