package backfill_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
)

// What the application wrote last is what is stored, and what the backfill should
// fill is filled, whatever the statement, the table and the shape and moment of
// the writes. BELAY_SEED=n plays one run again, BELAY_SYNC_RUNS makes more of them.
func TestSyncTriggerKeepsWhatIsWritten(t *testing.T) {
	runs := 6
	if dbtest.Long() {
		runs = 2000
	}
	if n, err := strconv.Atoi(os.Getenv("BELAY_SYNC_RUNS")); err == nil {
		runs = n
	}
	seed := uint64(time.Now().UnixNano() / 1000)
	if n, err := strconv.ParseUint(os.Getenv("BELAY_SEED"), 10, 64); err == nil {
		seed, runs = n, 1
	}
	t.Logf("seeds %d to %d", seed, seed+uint64(runs)-1)
	for lane := range min(lanes, runs) { // most of a run is waiting
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			s := newStand(t, `CREATE TABLE other AS SELECT i AS id, 'o' || i AS name FROM generate_series(0, 6) i`)
			session := newAppSession(t, s)
			for i := lane; i < runs && !t.Failed(); i += lanes {
				playOne(t, s, session, seed+uint64(i))
			}
		})
	}
}

// lanes is how many runs are played side by side, each on a database of its own.
const lanes = 3

func playOne(t *testing.T, s *stand, session *appSession, seed uint64) {
	p := &property{stand: s, session: session, rng: rand.New(rand.NewPCG(seed, 0))}
	if wrong := p.run(t); len(wrong) > 0 {
		t.Errorf("BELAY_SEED=%d: %s, writes\n%s\n%s", seed, p.about, strings.Join(p.log, "\n"),
			strings.Join(wrong, "\n"))
	}
}

// property is one run.
type property struct {
	*stand
	rng     *rand.Rand
	model   model
	shape   string
	writer  writer
	session *appSession
	id      string
	about   string
	log     []string
}

var (
	sets = []string{
		"'active'", "'n' || a", "upper(note)", "CASE a % 3 WHEN 0 THEN 'even' END", "coalesce(note, '-') || a",
		"(SELECT o.name FROM other o WHERE o.id = t.a % 7)", "t.note", "'it''s \\'",
	}
	tags = []string{"'tagged'", "note", "a::text"}
	// The first ones read what is set.
	wheres = []string{"status IS NULL", "status IS NULL AND a > 4", "status IN ('sent', 'x')",
		"status IS NULL OR a % 3 = 0", "NOT (status = 'x')",
		"status <> 'active'", "t.status IS NULL AND EXISTS (SELECT FROM other WHERE other.id = a)", "", "", "a > 4",
		"note IS NULL", "note <> 'late'"}
	readsTarget = 7
	forms       = []string{"plain", "plain", "plain", "unique", "no key", "partitions", "children"}
)

func (p *property) choose() {
	pick := func(all []string) string { return all[p.rng.IntN(len(all))] }
	n := p.rng.IntN(len(wheres))
	p.model = model{where: wheres[n], chosen: n < readsTarget, columns: []column{{"status", pick(sets)}}}
	if p.rng.IntN(4) == 0 {
		p.model.columns = append(p.model.columns, column{"tag", pick(tags)})
	}
	if p.rng.IntN(2) == 0 {
		p.model.dflt = "'dflt'"
	}
	p.shape = pick(forms)
	p.model.keyed = p.shape != "no key"
	p.model.strict = p.shape == "plain" || p.shape == "unique"
	p.about = fmt.Sprintf("SET %s WHERE %s, %s, default %s", p.model.set(), p.model.where, p.shape, p.model.dflt)
}

// run plays one backfill with writes before, during, while it is paused, and after.
func (p *property) run(t *testing.T) []string {
	p.choose()
	p.build(t)
	p.writes(t, p.rng.IntN(4))
	spec := backfill.Spec{Relation: "t", Set: p.model.set(), Where: p.model.where, MaxRows: 1 + p.rng.IntN(12)}
	trigger, err := p.plan(t, spec).SyncTrigger()
	if err != nil {
		t.Fatalf("%s: %v", p.about, err)
	}
	for _, sql := range trigger.Create {
		p.Exec(t, sql)
	}
	p.model.begin(t, p.stand)
	p.writes(t, p.rng.IntN(4))
	p.fillAll(t, spec)
	wrong := p.model.wrong(t, p.stand, false)
	p.log = append(p.log, "-- ended")
	p.writes(t, p.rng.IntN(6))
	wrong = append(wrong, p.model.wrong(t, p.stand, true)...)
	for _, sql := range trigger.Drop {
		p.Exec(t, sql)
	}
	return wrong
}

// fillAll runs the backfill to its end, however often it is paused.
func (p *property) fillAll(t *testing.T, spec backfill.Spec) {
	p.id = backfill.NewID()
	for pauses := p.rng.IntN(3); ; pauses-- {
		plan := p.plan(t, spec)
		if plan.Coverage.Kind != backfill.SyncTrigger {
			t.Fatalf("%s: coverage %+v", p.about, plan.Coverage)
		}
		o := p.options(t, plan)
		o.ID = p.id
		stop := p.rng.IntN(8)
		o.Tell = func(e backfill.Event) {
			if e.Kind != backfill.Committed {
				return
			}
			if stop--; stop < 0 && pauses > 0 {
				o.Control.Pause("op1")
			}
			p.writes(t, p.rng.IntN(3))
		}
		res, err := backfill.Run(bounded(t), o)
		var paused *backfill.PausedError
		if errors.As(err, &paused) && paused.Problem == nil {
			p.log = append(p.log, "-- paused")
			p.writes(t, p.rng.IntN(6))
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", p.about, err)
		}
		if res.Verified.Left != 0 && p.model.keyed {
			t.Errorf("%s: %+v", p.about, res.Verified)
		}
		return
	}
}

// build makes the table and its shadow with the same rows.
func (p *property) build(t *testing.T) {
	dflt := ""
	if p.model.dflt != "" {
		dflt = " DEFAULT " + p.model.dflt
	}
	columns := `id int, a int, note text, status text` + dflt + `, tag text, gen int GENERATED ALWAYS AS (a * 2) STORED`
	p.Exec(t, `DROP TABLE IF EXISTS t, w CASCADE`)
	p.Exec(t, map[string]string{
		"plain": `CREATE TABLE t (` + columns + `, PRIMARY KEY (id))`,
		"unique": `CREATE TABLE t (` + columns +
			`, PRIMARY KEY (id)); CREATE UNIQUE INDEX ON t ((id * 2 + 1)) WHERE a < 100`,
		"no key": `CREATE TABLE t (` + columns + `)`,
		"partitions": `CREATE TABLE t (` + columns + `, PRIMARY KEY (id)) PARTITION BY HASH (id);
			CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		"children": `CREATE TABLE t (` + columns +
			`, PRIMARY KEY (id)); CREATE TABLE tc (extra int, PRIMARY KEY (id)) INHERITS (t)`,
	}[p.shape])
	p.model.shadow(t, p.stand, columns)
	rows := 10 + p.rng.IntN(40)
	p.Exec(t,
		fmt.Sprintf(`INSERT INTO t (id, a, note, status, tag) SELECT i, i * 7 %% 10, CASE WHEN i %% 4 > 0 THEN 'n' || i END,
		CASE i * %[2]d %% 5 WHEN 0 THEN 'sent' WHEN 1 THEN 'x' WHEN 2 THEN 'old' END, CASE WHEN i %% 3 = 0 THEN 'tag' END FROM generate_series(1, %[1]d) i`, rows, 1+p.rng.IntN(4)))
	p.session.exec(t, `INSERT INTO w (id, a, note, status, tag) SELECT id, a, note, status, tag FROM t`)
	if p.rng.IntN(3) == 0 {
		for _, table := range append([]string{"t", "w"}, map[bool][]string{true: {"tc"}}[p.shape == "children"]...) {
			p.Exec(t,
				`CREATE OR REPLACE FUNCTION normalise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := nullif(trim(NEW.note), ''c''); RETURN NEW; END';
				CREATE TRIGGER aa_normalise BEFORE INSERT OR UPDATE ON `+table+` FOR EACH ROW EXECUTE FUNCTION normalise();
				ALTER TABLE `+table+` ENABLE ALWAYS TRIGGER aa_normalise`)
		}
	}
	p.writer = writer{
		rng: p.rng, next: 1000, keyed: p.shape != "no key" && p.shape != "children",
		merges: serverVersion(t, p.DB) >= 150000 && p.shape != "children",
	}
	if p.shape == "children" {
		p.writer.into = []string{"tc"}
	}
}

// writes carries out some of the application's writes.
func (p *property) writes(t *testing.T, n int) {
	for range n {
		p.session.place(t, p)
		a := p.writer.write(p.session.ids(t))
		err := p.writer.do(bounded(t), p.session.conn, a)
		p.log = append(p.log, fmt.Sprintf("%s %v: %v", strings.Join(a.sql, "; "), a.copied, err))
	}
}
