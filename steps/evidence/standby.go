package evidence

import (
	"context"
	"slices"
	"time"

	"belay/db"
	"belay/db/evidence"
)

// streams are the standbys that stream from the servers that were asked, and how many of
// them were asked themselves.
type streams struct {
	all    []evidence.Standby
	unseen int
	asked  []string // each by its address and the moment of its start
}

// streaming begins with those of the primary.
func streaming(ctx context.Context, c *db.Conn) (*streams, error) {
	t := &streams{}
	return t, t.include(ctx, c)
}

// include takes in a server that was asked; those that stream from a standby are not known to
// its primary.
func (t *streams) include(ctx context.Context, c *db.Conn) error {
	all, unseen, err := evidence.Standbys(ctx, c)
	if err != nil {
		return err
	}
	t.all, t.unseen = append(t.all, all...), t.unseen+unseen
	var id string
	var standby bool
	err = c.QueryRow(ctx, `SELECT pg_catalog.concat_ws(' ', pg_catalog.inet_server_addr(), pg_catalog.inet_server_port(),
		pg_catalog.pg_postmaster_start_time()), pg_catalog.pg_is_in_recovery()`).Scan(&id, &standby)
	if err == nil && standby && !slices.Contains(t.asked, id) {
		t.asked = append(t.asked, id)
	}
	return err
}

// settle adds what is known of those that nobody asked.
func (t *streams) settle(r *Report) {
	if s, ok := evidence.NotAsked(t.all, t.unseen, len(t.asked)); ok {
		s.Until = r.At
		r.Sources = append(r.Sources, s)
	}
}

// standby asks another server of the same cluster. One that cannot be asked is a source
// that could not be looked at.
func (t *streams) standby(ctx context.Context, primary *db.Conn, dsn, name string, s evidence.Subject,
	o evidence.Options) ([]evidence.Source, map[string]int64, error) {
	o.Standby = name
	failed := func(why string) ([]evidence.Source, map[string]int64, error) {
		return []evidence.Source{{
			Name: "statements on " + name, Verdict: evidence.CouldNot, Why: why, Until: time.Time{}, Required: true,
			Found: []evidence.Finding{}, Blind: []string{},
		}}, nil, ctx.Err()
	}
	cfg, err := db.ParseConfig(dsn, "--standby")
	if err != nil {
		return failed(err.Error())
	}
	c, err := Connect(ctx, cfg)
	if err != nil {
		message, _ := db.Explain(err)
		return failed(message)
	}
	defer c.Close()
	if !primary.Whose().Same(c.Whose()) {
		return failed(c.Target + " is no copy of this database: its system identifier or database is another one")
	}
	all, counts, err := evidence.Look(ctx, c, s, o)
	if err == nil {
		err = t.include(ctx, c)
	}
	if err != nil {
		return failed(err.Error())
	}
	return all, counts, nil
}
