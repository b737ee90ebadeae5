package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db/dbtest"
)

// TestEverySetting gives sessions every parameter that a role, a database, a DSN or
// PGOPTIONS may set, with hostile values, and plays the commands: each does what the
// team's own tool would have done under the same settings, or refuses before anything
// is changed, and ends. Many values are given at once; a bundle that is not right is
// halved until the value is found. BELAY_SEED=n deals them out as before; the short
// form plays a few of them: one bundle, and one of those that stand alone.
func TestEverySetting(t *testing.T) {
	seed := uint64(time.Now().UnixNano() / 1000)
	if n, err := strconv.ParseUint(os.Getenv("BELAY_SEED"), 10, 64); err == nil {
		seed = n
	}
	m := &settingsMatrix{T: t, rng: rand.New(rand.NewPCG(seed, 0)), long: dbtest.Long()}
	bundles, alone := m.deal()
	t.Run("cells", func(t *testing.T) {
		for i, b := range append(bundles, alone...) {
			giver := givers[(i+int(seed%4))%len(givers)]
			t.Run(fmt.Sprintf("%d", i), func(t *testing.T) {
				t.Parallel()
				m.find(t, giver, b)
			})
		}
	})
	t.Logf("BELAY_SEED=%d: %d parameters, %d values, %d of them not taken by the server", seed, m.parameters, m.values,
		m.untaken)
	t.Logf("%d cells played, %d values right, %d refused", m.cells, m.right, len(m.refused))
	slices.Sort(m.refused)
	for _, r := range m.refused {
		t.Log(r)
	}
}

// settingsMatrix deals the values out and counts.
type settingsMatrix struct {
	*testing.T
	rng  *rand.Rand
	long bool

	parameters, values, untaken int

	mu           sync.Mutex // guards what follows
	cells, right int
	refused      []string
}

// bundle is how many parameters one role is given at once.
const bundle = 32

// deal gives the values in bundles that a session can begin and work with at all,
// and alone those with which nobody can: a value of each parameter in each bundle at
// most.
func (m *settingsMatrix) deal() (bundles, alone [][]hostile) {
	d := dbtest.Named(m.T, nextName())
	d.Exec(m.T, `DO $do$ BEGIN CREATE ROLE bystander; EXCEPTION WHEN duplicate_object THEN NULL; END $do$`)
	all := hostiles(m.T, d)
	m.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if !m.long {
		all = all[:bundle/4]
	}
	m.parameters = len(all)
	role, dsn := d.Role(m.T, "taster", "SUPERUSER")
	taste := taster{by: d.Conn(m.T), role: role, dsn: dsn}
	most := 0 // values of one parameter
	for _, values := range all {
		most = max(most, len(values))
	}
	for round := 0; ; round++ {
		var now []hostile
		for _, values := range all {
			if round >= len(values) {
				continue
			}
			m.values++
			switch h := values[round]; taste.of(m.T, h) {
			case untaken:
				m.untaken++
			case unfit, apart:
				alone = append(alone, []hostile{h})
			default:
				now = append(now, h)
			}
		}
		bundles = slices.AppendSeq(bundles, slices.Chunk(now, bundle))
		if !m.long && len(bundles) > 0 {
			return bundles, alone[:min(len(alone), 1)] // each is a cell of its own
		}
		if round == most {
			return bundles, alone
		}
	}
}

// find plays a bundle, and the halves of one that is not right.
func (m *settingsMatrix) find(t *testing.T, giver string, given []hostile) {
	v := newSettingsCell(t, giver, given).play(m.long)
	m.mu.Lock()
	m.cells++
	switch {
	case v.right():
		m.right += len(given)
	case len(given) == 1 && len(v.wrong) == 0:
		m.refused = append(m.refused, fmt.Sprintf("%s by %s: %s", given[0], giver, strings.Join(v.refused, "; ")))
	}
	m.mu.Unlock()
	switch half := len(given) / 2; {
	case v.right():
	case half > 0:
		t.Run("first", func(t *testing.T) { m.find(t, giver, given[:half]) })
		t.Run("second", func(t *testing.T) { m.find(t, giver, given[half:]) })
	case len(v.wrong) > 0:
		t.Errorf("%s by %s: %s", given[0], giver, strings.Join(v.wrong, "\n"))
	}
}

// fitness is what becomes of a session that is given one value.
type fitness int

const (
	fit     fitness = iota
	unfit           // it cannot begin, or cannot do the least
	apart           // it reaches what statements mean: nothing else would be seen
	untaken         // the server does not let anybody give it
)

// taster tries values one by one.
type taster struct {
	by        *pgx.Conn
	role, dsn string
}

func (s taster) of(t *testing.T, h hostile) fitness {
	ctx := t.Context()
	if _, err := s.by.Exec(ctx, "ALTER ROLE "+s.role+" SET "+h.name+" TO "+h.literal()); err != nil {
		return untaken
	}
	found := fit
	if slices.Contains([]string{"search_path", "role", "standard_conforming_strings", "DateStyle"}, h.name) {
		found = apart
	}
	if with, err := pgx.Connect(ctx, s.dsn); err != nil {
		found = unfit
	} else {
		_, err := with.Exec(ctx, `CREATE TABLE taste AS SELECT g, g::text AS t FROM generate_series(1, 5000) g;
			ANALYZE taste; DROP TABLE taste`)
		if err != nil {
			found = unfit
		}
		_ = with.Close(ctx)
	}
	if _, err := s.by.Exec(ctx, "ALTER ROLE "+s.role+" RESET ALL"); err != nil {
		t.Fatal(err)
	}
	return found
}
