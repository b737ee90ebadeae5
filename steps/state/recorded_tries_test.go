package state

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/sqlview/lock"
	"belay/sqlview/recording"
)

// recordVariable names a folder: then TestRecordTries records anew what the test below
// holds the forecast against.
const recordVariable = "BELAY_RECORD_TRIES"

// lockTry is a try at ACCESS EXCLUSIVE that was made on a server, by its clock.
type lockTry struct {
	Table string    `json:"table"`
	At    time.Time `json:"at"`
	// LimitMS is its lock_timeout, Had whether it had the lock within it.
	LimitMS int  `json:"limit_ms"`
	Had     bool `json:"had"`
}

// visit is what a client of a kind of traffic does again and again: how long its
// transaction is open, and how long it is away.
type visit struct {
	clients    int
	open, away func(*rand.Rand) float64
}

// sorts are kinds of traffic as they are sent to a server.
var sorts = map[string][]visit{
	"short":   {{8, about(0.02), about(0.1)}},
	"busy":    {{8, about(0.001), about(0.002)}},
	"half":    {{3, about(0.5), about(1.5)}},
	"seconds": {{2, between(1, 6), about(12)}},
	"report":  {{1, between(20, 40), about(40)}, {4, about(0.02), about(0.2)}},
	"idle":    {{1, between(40, 90), about(90)}, {2, about(0.05), about(0.3)}},
}

const (
	recordedFor = 9 * time.Minute
	application = "belay/tries/try"
)

// TestRecordTries has clients work on tables of a server, looks at it once a second as a
// run does, and tries at the locks meanwhile. It takes nine minutes.
func TestRecordTries(t *testing.T) {
	dir := os.Getenv(recordVariable)
	if dir == "" {
		t.Skip("made by hand: " + recordVariable + " names a folder")
	}
	d := dbtest.New(t)
	var relations []string
	for name := range sorts {
		d.Exec(t, fmt.Sprintf(`CREATE TABLE %s (id int PRIMARY KEY, n int); INSERT INTO %s SELECT g, 0 FROM generate_series(1, 1000) g`,
			name, name))
		relations = append(relations, "public."+name)
	}
	ctx, stop := context.WithTimeout(t.Context(), recordedFor)
	defer stop()
	var group sync.WaitGroup
	var mu sync.Mutex
	var all []lockTry
	for name, visits := range sorts {
		for _, v := range visits {
			for range v.clients {
				conn := d.Conn(t)
				group.Go(func() { v.come(ctx, conn, name) })
			}
		}
		conn := d.Conn(t)
		group.Go(func() {
			for ctx.Err() == nil {
				if a, ok := try(ctx, t, conn, name); ok {
					mu.Lock()
					all = append(all, a)
					mu.Unlock()
				}
				pause(ctx, 0.5+rand.ExpFloat64()*2)
			}
		})
	}
	record(ctx, t, d, filepath.Join(dir, "tries.samples"), relations)
	group.Wait()
	slices.SortFunc(all, func(a, b lockTry) int { return a.At.Compare(b.At) })
	f, err := os.Create(filepath.Join(dir, "tries.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(f)
	if err := errors.Join(json.NewEncoder(zip).Encode(all), zip.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func pause(ctx context.Context, seconds float64) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(seconds * 1e9)):
	}
}

// come opens a transaction on a table, again and again.
func (v visit) come(ctx context.Context, conn *pgx.Conn, table string) {
	rnd := rand.New(rand.NewPCG(rand.Uint64(), 1))
	for ctx.Err() == nil {
		_, err := conn.Exec(ctx, "BEGIN")
		if err == nil {
			_, err = conn.Exec(ctx, "UPDATE "+table+" SET n = n + 1 WHERE id = $1", rnd.IntN(1000)+1)
		}
		if err == nil {
			pause(ctx, v.open(rnd))
		}
		if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
			return // the end
		}
		pause(ctx, v.away(rnd))
	}
}

// try makes one try at the lock.
func try(ctx context.Context, t *testing.T, conn *pgx.Conn, table string) (a lockTry, ok bool) {
	a = lockTry{Table: "public." + table, LimitMS: []int{100, 200, 500}[rand.IntN(3)]}
	_, err := conn.Exec(ctx, fmt.Sprintf("SET application_name = '%s'; SET lock_timeout = %d", application, a.LimitMS))
	if err == nil {
		err = conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&a.At)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "BEGIN; LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE; COMMIT")
	}
	var refused *pgconn.PgError
	switch {
	case ctx.Err() != nil:
		return a, false
	case errors.As(err, &refused) && refused.Code == "55P03":
		_, err = conn.Exec(ctx, "ROLLBACK")
	case err == nil:
		a.Had = true
	}
	if err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	return a, err == nil
}

// record keeps what a look once a second sees.
func record(ctx context.Context, t *testing.T, d *dbtest.DB, name string, relations []string) {
	cfg, err := db.ParseConfig(d.DSN, "--dsn")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Connect(ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	out, w := recording.NewWriter(f, recording.Header{Database: "shop"}), watch.New(conn)
	for ctx.Err() == nil {
		s, err := w.Sample(ctx, relations)
		if err == nil {
			err = out.Write(s)
		}
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		pause(ctx, 1)
	}
	if err := errors.Join(out.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestChanceOfRecordedTries holds the forecast against tries that were made on a server,
// under traffic of real sessions: said before each, by the looks of before.
func TestChanceOfRecordedTries(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("testdata", "tries.samples"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := recording.Read(f)
	if err != nil || r.Cut {
		t.Fatal(r, err)
	}
	list, err := os.Open(filepath.Join("testdata", "tries.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	var tries []lockTry
	zip, err := gzip.NewReader(list)
	if err == nil {
		err = json.NewDecoder(zip).Decode(&tries)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []tried
	for name := range sorts {
		got := forecasts(r.Moments, tries, "public."+name)
		brier, base, share := score(got)
		t.Logf("%-8s %3d tries, %3.0f %% had their lock, Brier %.3f, of the share alone %.3f", name, len(got),
			100*share, brier, base)
		all = append(all, got...)
	}
	brier, base, share := score(all)
	t.Logf("all: %d tries, %.0f %% had their lock, Brier %.3f, of the share alone %.3f", len(all), 100*share,
		brier, base)
	calibrated(t, all)
	if len(all) < 500 || brier > base/2 {
		t.Errorf("%d tries, Brier %.3f, of the share alone %.3f", len(all), brier, base)
	}
}

// forecasts are what was said before each try at a table.
func forecasts(moments []activity.Sample, tries []lockTry, table string) (out []tried) {
	r, next := New(), 0
	for _, a := range tries {
		if a.Table != table {
			continue
		}
		for ; next < len(moments) && moments[next].At.Before(a.At); next++ {
			s := moments[next].Without(application)
			l := look{at: s.At, read: s.At}
			for _, b := range s.Blockers([]activity.Want{{Relation: table, Mode: lock.AccessExclusive}}) {
				l.by = append(l.by, sight{b.PID, time.Duration(b.SinceMS) * time.Millisecond})
			}
			l.free = len(l.by) == 0
			r.looks = append(r.looks, l)
			for l.at.Sub(r.looks[0].at) > openingsOver {
				r.looks = r.looks[1:]
			}
		}
		if chance, ok := r.Chance(time.Duration(a.LimitMS) * time.Millisecond); ok {
			out = append(out, tried{chance, a.Had})
		}
	}
	return out
}
