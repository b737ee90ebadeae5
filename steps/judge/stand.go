package judge

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"

	"belay/sqlview/migration"
	"belay/steps/git"
	"belay/steps/project"
)

// Standing is a project's folder, held against its history table and against git.
type Standing struct {
	Format migration.Format
	Folder migration.Folder
	// Status is the folder against the history table of Database; Database "" = none
	// was asked, and Status says nothing.
	Status   migration.Status
	Database string
	Git      git.Facts
}

// Stand reads the folder, git, and the history table where live says so. It changes
// nothing. Errors are those of a review that cannot begin.
func Stand(ctx context.Context, p *project.Project, live bool) (Standing, error) {
	g := &gathering{project: p}
	defer g.close()
	if err := g.folderFiles(); err != nil {
		return Standing{}, err
	}
	if live {
		if err := g.live(ctx); err != nil {
			return Standing{}, err
		}
	}
	known := g.git(ctx)
	return Standing{
		Format: g.format, Folder: g.folder, Status: g.status.Doubt(known.Adds), Database: g.database, Git: known,
	}, nil
}

// Sums is the file in which the tool keeps sums of the folder dir on the disk, as a
// path under it, with its text, and whether it fits the files as they were read. An
// empty folder may be without one. right is false for a tool that keeps none.
func (s Standing) Sums(dir string) (name string, text []byte, right bool) {
	if s.Format.Sums == nil {
		return "", nil, false
	}
	name, want := s.Format.Sums(s.Folder.Migrations)
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return name, nil, len(s.Folder.Migrations) == 0
	}
	return name, text, err == nil && bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(want))
}
