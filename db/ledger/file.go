package ledger

import (
	"context"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// File is a row of belay.applied_file: the hash of a migration's bytes as they
// ran in this database.
type File struct {
	// Identity is db.Identity's Key: rows of another one are history.
	Identity string `json:"identity"`
	Tool     string `json:"tool"`
	Version  string `json:"version"`
	// Name is the path of the up file within the folder.
	Name        string `json:"name"`
	SHA256      string `json:"sha256"`
	Normalized  string `json:"normalised_sha256"` // without comments and blanks
	Environment string `json:"environment"`
	// AppliedAt is zero where nobody knows.
	AppliedAt time.Time `json:"applied_at,omitzero"`
	By        string    `json:"by"`
	// Assumed is true where nobody saw it run: the bytes were taken as they were.
	Assumed bool `json:"assumed"`
	// Back is true for a unit that takes the file back: its row goes.
	Back bool `json:"-"`
}

const fileSQL = `INSERT INTO belay.applied_file (identity, tool, version, name, sha256, normalised_sha256, environment, applied_at, by, assumed)
	VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, pg_catalog.clock_timestamp(), $8::text, false)
	ON CONFLICT (identity, tool, version, name) DO UPDATE SET sha256 = excluded.sha256, normalised_sha256 = excluded.normalised_sha256,
		environment = excluded.environment, applied_at = excluded.applied_at, by = excluded.by, assumed = false`

func (f File) write(ctx context.Context, x Execer) error {
	if f.Back {
		_, err := x.Exec(ctx,
			`DELETE FROM belay.applied_file WHERE identity = $1::text AND tool = $2::text AND version = $3::text`,
			pgx.QueryExecModeExec, f.Identity, f.Tool, f.Version)
		return wrap(err)
	}
	_, err := x.Exec(ctx, fileSQL, pgx.QueryExecModeExec, f.Identity, f.Tool, f.Version, f.Name, f.SHA256,
		f.Normalized,
		f.Environment, f.By)
	return wrap(err)
}

// Files reads what ran in the database of an identity by a tool.
func Files(ctx context.Context, q Queryer, identity, tool string) ([]File, error) {
	rows, err := q.Query(ctx, `SELECT identity, tool, version, name, sha256, normalised_sha256, environment,
		applied_at, by, assumed FROM belay.applied_file WHERE identity = $1 AND tool = $2 ORDER BY version, name`, identity, tool)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f File, err error) {
		var at *time.Time
		err = r.Scan(&f.Identity, &f.Tool, &f.Version, &f.Name, &f.SHA256, &f.Normalized, &f.Environment, &at, &f.By,
			&f.Assumed)
		if at != nil {
			f.AppliedAt = at.UTC()
		}
		return f, err
	})
	return all, wrap(err)
}

const assumeSQL = `INSERT INTO belay.applied_file (identity, tool, version, name, sha256, normalised_sha256, environment, applied_at, by, assumed)
	VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, NULL, $8::text, true)
	ON CONFLICT (identity, tool, version, name) DO NOTHING`

// Assume keeps the hashes of files that ran before anybody looked: all of them or none. A
// file that has a row stays as it is; n is how many were written.
func Assume(ctx context.Context, c *db.Conn, files []File) (n int, err error) {
	tx, err := c.Begin(ctx)
	if err != nil {
		return 0, wrap(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	for _, f := range files {
		tag, err := tx.Exec(ctx, assumeSQL, f.Identity, f.Tool, f.Version, f.Name, f.SHA256, f.Normalized,
			f.Environment, f.By)
		if err != nil {
			return 0, wrap(err)
		}
		n += int(tag.RowsAffected())
	}
	return n, wrap(tx.Commit(ctx))
}
