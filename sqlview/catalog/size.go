package catalog

import "time"

// Storage is where a relation's rows are, and who reads and writes them there.
type Storage struct {
	// Tablespace is "" for the database's own, where no server told which that is.
	Tablespace string
	// AccessMethod is that of a table or materialized view; "" = heap, or not known.
	AccessMethod string
	// Server is the one behind a foreign table.
	Server string
}

// OwnTablespace is what a database's own tablespace is called, unless it was made with
// another.
const OwnTablespace = "pg_default"

// Tablespaced is the tablespace of a relation.
func (r *Relation) Tablespaced() string {
	if r.Storage.Tablespace == "" {
		return OwnTablespace
	}
	return r.Storage.Tablespace
}

// Size is what pg_class and the statistics say; it never takes a lock on the table.
type Size struct {
	// Bytes is heap + indexes + TOAST by relpages (8 kB each); an estimate that
	// is as old as the last VACUUM or ANALYZE.
	Bytes int64
	// HeapBytes is the main fork alone.
	HeapBytes int64
	// Rows is reltuples; -1 = never analyzed (14 and later), then unknown.
	Rows float64
}

// Traffic is how often a table is read and written, from two samples of
// pg_stat_user_tables.
type Traffic struct {
	ReadsPerSecond  float64 // scans started, sequential and by index
	WritesPerSecond float64 // rows inserted, updated, deleted
	Window          time.Duration
}
