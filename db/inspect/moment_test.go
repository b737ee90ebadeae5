package inspect_test

import (
	"slices"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/db/scratch"
	"belay/sqlview/activity"
)

func moment(t *testing.T, d *dbtest.DB, dsn string, relations, columns []string) *activity.Moment {
	t.Helper()
	m, err := inspect.Moment(bounded(t), monitor(t, dsn), inspect.Question{Relations: relations, Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMomentSequences(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE users (id bigserial PRIMARY KEY);
		CREATE TABLE logins (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users, n int);
		CREATE SEQUENCE loose AS smallint; ALTER TABLE logins ALTER n SET DEFAULT nextval('loose');
		CREATE SEQUENCE other; SELECT setval('users_id_seq', 2100000000); SELECT nextval('logins_id_seq')`)
	m := moment(t, d, d.DSN, []string{"public.logins", "public.other"}, nil)
	equal(t, "sequences", []activity.Sequence{
		{Name: "public.logins_id_seq", Relation: "public.logins", Column: "id", Last: 1, Max: 2147483647},
		{Name: "public.loose", Relation: "public.logins", Column: "n", Max: 32767},
		{Name: "public.other", Max: 9223372036854775807},
		{
			Name: "public.users_id_seq", Relation: "public.users", Column: "id", Last: 2100000000,
			Max: 9223372036854775807,
		},
	}, m.Sequences)
	if m.FreeBytes == nil || *m.FreeBytes <= 0 {
		t.Errorf("the cluster of the tests lies on this machine: free %v", m.FreeBytes)
	}
	d.Blocker(t, "ALTER SEQUENCE loose CACHE 2")
	if m := moment(t, d, d.DSN, []string{"public.logins"}, nil); len(m.Sequences) != 2 {
		t.Errorf("a sequence that somebody has to himself is left out: %+v", m.Sequences)
	}
	_, dsn := d.Role(t, "plain", "")
	if m := moment(t, d, dsn, []string{"public.logins"}, nil); len(m.Sequences) != 0 || m.FreeBytes != nil {
		t.Errorf("a role without rights sees %+v, free %v", m.Sequences, m.FreeBytes)
	}
}

func TestMomentSessions(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY, total_of numeric, note text)")
	pid, _ := d.Blocker(t, "SELECT total_of FROM orders")
	m := moment(t, d, d.DSN, []string{"public.orders"}, []string{"total_of"})
	if len(m.Blockers([]activity.Want{{Relation: "public.orders", Mode: 8}})) != 1 {
		t.Errorf("locks %+v", m.Locks)
	}
	i := slices.IndexFunc(m.Queries, func(q activity.Query) bool { return q.PID == int(pid) })
	if i < 0 || m.Queries[i].Text == "" || m.Queries[i].State == "" {
		t.Errorf("queries %+v", m.Queries)
	}
	if m := moment(t, d, d.DSN, []string{"public.orders"}, []string{"totalXof"}); len(m.Queries) != 0 {
		t.Errorf("_ is a letter of the name: %+v", m.Queries)
	}
}

// TestMomentStatements reads pg_stat_statements of a cluster that has it loaded,
// and goes on without it where the extension is there and not loaded.
func TestMomentStatements(t *testing.T) {
	c := dbtest.NewCluster(t, scratch.Options{
		Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements"},
	})
	d := dbtest.In(t, c, "counted")
	d.Exec(t, "CREATE SCHEMA ext")
	d.Exec(t, "CREATE EXTENSION pg_stat_statements SCHEMA ext")
	d.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY, total_of numeric)")
	d.Exec(t, "SELECT total_of FROM orders WHERE id = 1")
	d.Exec(t, "SELECT total_of FROM orders WHERE id = 2")
	m := moment(t, d, d.DSN, []string{"public.orders"}, []string{"total_of"})
	i := slices.IndexFunc(m.Queries, func(q activity.Query) bool { return q.PID == 0 && q.Calls >= 1 })
	if i < 0 || (d.Cluster().Major() >= 14 && m.Queries[i].Since.IsZero()) {
		t.Errorf("got %+v", m.Queries)
	}
	unloaded := dbtest.New(t)
	unloaded.Exec(t, "CREATE EXTENSION pg_stat_statements")
	if m := moment(t, unloaded, unloaded.DSN, nil, []string{"total_of"}); len(m.Queries) != 0 {
		t.Errorf("got %+v", m.Queries)
	}
}

// TestMomentTraffic measures small tables only, and takes the mean where the
// window was quiet.
func TestMomentTraffic(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t,
		"CREATE TABLE small (n int); INSERT INTO small SELECT generate_series(1, 100); CREATE TABLE large (n int); "+
			"INSERT INTO large SELECT generate_series(1, 5000)")
	d.Exec(t, "ANALYZE")
	q := inspect.Question{Relations: []string{"public.small", "public.large"}, Window: time.Millisecond, Rows: 1000}
	read := func() map[string]float64 {
		m, err := inspect.Moment(bounded(t), monitor(t, d.DSN), q)
		if err != nil {
			t.Fatal(err)
		}
		rates := map[string]float64{}
		for _, x := range m.Tables {
			rates[x.Relation] = x.WritesPerSecond
		}
		return rates
	}
	dbtest.WaitFor(t, "the rows to be counted", func() bool { return read()["public.small"] > 0 })
	q.Relations = []string{"public.large"}
	if got := read()["public.large"]; got != -1 {
		t.Errorf("a large table was measured: %v", got)
	}
	q.Relations, q.Window = []string{"public.small"}, 0
	if got := read()["public.small"]; got != -1 {
		t.Errorf("measured without a window: %v", got)
	}
}
