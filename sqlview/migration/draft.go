package migration

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// Draft is a migration that stands nowhere yet.
type Draft struct {
	Title string
	// Up and Down are the texts. Down "" = no way back is written.
	Up, Down string
	// NoTransaction and DownNoTransaction ask for a file that the tool runs
	// outside a transaction; its text is one statement.
	NoTransaction, DownNoTransaction bool
}

// Highest is the highest version that is known outside a folder: of the history table,
// and of up files elsewhere, such as those merged on another branch. 0 = none.
func (f Format) Highest(s Status, elsewhere []string) uint64 {
	newest := LeadingNumber(s.Newest)
	for _, name := range elsewhere {
		if version, up := f.VersionOf(name); up {
			newest = max(newest, LeadingNumber(version))
		}
	}
	for _, r := range s.Missing {
		newest = max(newest, LeadingNumber(r.Version))
	}
	return newest
}

// Above is the folder as if versions up to one that stands elsewhere were taken:
// what is applied in a database, what is merged on another branch.
func (f Folder) Above(number uint64) Folder {
	if len(f.Migrations) == 0 || number <= newestNumber(f) {
		return f
	}
	f.Migrations = append(slices.Clone(f.Migrations), Migration{Number: number, Up: File{Path: newestName(f, "")}})
	return f
}

// ComposeAll writes drafts as the next migrations of a folder, one after the
// other. now is UTC as YYYYMMDDhhmmss.
func (f Format) ComposeAll(folder Folder, drafts []Draft, now string) []Migration {
	var all []Migration
	for _, d := range drafts {
		m := f.Compose(folder, d, now)
		all = append(all, m)
		folder.Migrations = append(slices.Clone(folder.Migrations), m)
	}
	return all
}

// numbered is the migration of an up file's name.
func numbered(f Format, up File) Migration {
	version, _ := f.VersionOf(up.Path)
	number, _ := parseVersion(version)
	return Migration{Version: strings.TrimPrefix(version, "V"), Number: number, Up: up}
}

// composeGolangMigrate needs no word for a file outside a transaction: one of a
// single statement is not in a block.
func composeGolangMigrate(f Folder, d Draft, now string) Migration {
	name := golangMigrateNext(f, d.Title, now)
	m := numbered(Format{VersionOf: golangMigrateVersion}, NewFile(name, []byte(d.Up), TxImplicit))
	m.Version, m.Title = strconv.FormatUint(m.Number, 10), slug(d.Title)
	if d.Down != "" {
		down := NewFile(strings.TrimSuffix(name, ".up.sql")+".down.sql", []byte(d.Down), TxImplicit)
		m.Down = &down
	}
	return m
}

// composePlain says in the header where a file runs outside a transaction.
func composePlain(f Folder, d Draft, now string) Migration {
	name := plainNext(f, d.Title, now)
	m := numbered(Format{VersionOf: plainVersion}, plainFile(name, d.Up, d.NoTransaction))
	m.Title = slug(d.Title)
	if d.Down != "" {
		down := plainFile(plainDown(f, name), d.Down, d.DownNoTransaction)
		m.Down = &down
	}
	return m
}

func plainFile(name, text string, alone bool) File {
	if alone {
		return NewFile(name, []byte("-- belay: no-transaction\n"+text), TxNone)
	}
	return NewFile(name, []byte(text), TxFile)
}

// plainDown puts the way back where the folder has its others.
func plainDown(f Folder, up string) string {
	for _, m := range slices.Backward(f.Migrations) {
		if m.Down == nil || strings.HasSuffix(m.Down.Path, ".down.sql") {
			continue
		}
		return path.Join(path.Dir(m.Down.Path), path.Base(up))
	}
	return strings.TrimSuffix(up, ".sql") + ".down.sql"
}
