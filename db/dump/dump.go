package dump

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"belay/db"
)

// Format is how a dump lies on the disk. Both can be restored in part and in
// parallel by pg_restore; plain SQL cannot, and a psql that reads it into a
// live database exits 0 over its errors.
type Format string

// The formats.
const (
	Custom    Format = "custom"    // one file
	Directory Format = "directory" // a folder, which several jobs write
)

// LockWait is how long pg_dump may wait for a table's lock. While it waits it
// stands in the lock queue of every table it already has.
const LockWait = 2 * time.Second

// Options say what is dumped and where to. Dir and Name are required.
type Options struct {
	// Dir is made with 0700 where it is missing. Name is the first part of the
	// file's name; time and ending are added.
	Dir, Name string
	Format    Format // "" = Custom, or Directory where Jobs is above 1
	// SchemaOnly leaves the rows out.
	SchemaOnly bool
	// Tables are "schema.name" patterns as pg_dump reads them; empty = all.
	Tables []string
	// Role is taken by SET ROLE for the dump; "" = the login's own rights.
	Role string
	// Jobs dump tables in parallel, each on its own connection; 0 = 1.
	Jobs int
	// Whose is the database that has to answer where the Config has several places;
	// "" = any.
	Whose db.Whose
	// Run names the session on the server, beside "pg_dump".
	Run string
	// ServerMajor is the server's major version, as 15.
	ServerMajor int
	// LockWait is 0 for the package's own.
	LockWait time.Duration
	// Now names the file; nil = the machine's clock.
	Now func() time.Time
	// Progress is told now and then, from one goroutine; nil = nobody listens.
	Progress func(Progress)
}

// Progress is how far a dump is.
type Progress struct {
	// Phase is "dumping", "reading back" or "hashing".
	Phase string
	// Table is the one being read, as "schema.name"; "" = none.
	Table string
	// Bytes are on the disk so far.
	Bytes int64
}

// Dump is a backup that was read back whole.
type Dump struct {
	Path       string    `json:"path"`
	Format     Format    `json:"format"`
	SchemaOnly bool      `json:"schema_only"`
	Bytes      int64     `json:"bytes"`
	SHA256     string    `json:"sha256"` // of the file; of a directory see Sum
	Started    time.Time `json:"started"`
	TookMS     int64     `json:"took_ms"`
	ReadBackMS int64     `json:"read_back_ms"`
	Client     string    `json:"client"` // pg_dump's version
}

// Application is the application_name of a dump of ours: it starts as every
// pg_dump does, so that others see what it is.
func Application(run string) string { return "pg_dump belay/" + run }

// Take dumps the database, decodes the dump from end to end, writes its hash
// beside it and only then gives it its name. Until then its name ends in
// ".partial"; after a failure nothing of it is left, and where this process is
// killed Sweep finds it. A context that ends stops pg_dump and waits for it. A
// failure of pg_dump is a *ProgramError.
func Take(ctx context.Context, c Client, cfg db.Config, o Options) (Dump, error) {
	o = o.filled()
	d := Dump{Format: o.Format, SchemaOnly: o.SchemaOnly, Started: o.Now().UTC(), Client: c.Version()}
	p, err := newPartial(o, d.Started)
	if err != nil {
		return d, err
	}
	defer p.release()
	if err := write(ctx, c, cfg, o, p); err != nil {
		return d, err
	}
	d.TookMS = o.Now().Sub(d.Started).Milliseconds()
	if d.Bytes, err = p.private(); err != nil {
		return d, err
	}
	began := o.Now()
	o.tell(Progress{Phase: "reading back", Bytes: d.Bytes})
	if err := ReadBack(ctx, c, p.path); err != nil {
		return d, err
	}
	d.ReadBackMS = o.Now().Sub(began).Milliseconds()
	o.tell(Progress{Phase: "hashing", Bytes: d.Bytes})
	if d.SHA256, err = Sum(p.path); err != nil {
		return d, err
	}
	d.Path, err = p.publish(d.SHA256)
	return d, err
}

func (o Options) filled() Options {
	if o.Jobs < 1 {
		o.Jobs = 1
	}
	if o.Format == "" {
		o.Format = Custom
		if o.Jobs > 1 {
			o.Format = Directory
		}
	}
	if o.LockWait == 0 {
		o.LockWait = LockWait
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Run == "" {
		o.Run = "look"
	}
	return o
}

func (o Options) tell(p Progress) {
	if o.Progress != nil {
		o.Progress(p)
	}
}

// write runs pg_dump and tells how far it is.
func write(ctx context.Context, c Client, cfg db.Config, o Options, p *partial) error {
	cfg, err := cfg.Answering(ctx, o.Whose)
	if err != nil {
		return err
	}
	line, err := cfg.ChildLine(ctx)
	if err != nil {
		return err
	}
	held, err := hold(c, cfg, line)
	if err != nil {
		return err
	}
	passfile, remove, err := passwordFile(cfg)
	if err != nil {
		return err
	}
	defer remove()
	follow := newFollower(o, p)
	defer follow.stop()
	err = program{
		path: c.Dump, args: o.args(cfg.Conninfo()+held, p.path),
		env: environ(cfg, o.ServerMajor, Application(o.Run), passfile), line: follow.line,
	}.run(ctx)
	var failed *ProgramError
	if errors.As(err, &failed) {
		failed.Advice = fmt.Sprintf("it waits %s for a table's lock: `belay watch` shows who holds one; nothing of "+
			"it was kept", o.LockWait)
	}
	return err
}

func (o Options) args(where, path string) []string {
	args := []string{
		"--format=" + string(o.Format), "--file=" + path, "--verbose", "--no-password", "--no-sync",
		"--lock-wait-timeout=" + strconv.FormatInt(o.LockWait.Milliseconds(), 10),
	}
	if o.Role != "" {
		args = append(args, "--role="+o.Role)
	}
	if o.SchemaOnly {
		args = append(args, "--schema-only")
	}
	if o.Format == Directory {
		args = append(args, "--jobs="+strconv.Itoa(o.Jobs))
	}
	for _, t := range o.Tables {
		args = append(args, "--table="+t)
	}
	if where != "" {
		args = append(args, "--dbname="+where)
	}
	return args
}
