package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps/engine"
)

// How many runs are broken at random, in the short form and in the long one.
// BELAY_STORM_SEEDS=300 breaks more, BELAY_SEED=n plays one again.
const (
	stormSeeds     = 1
	stormSeedsLong = 30
)

// stormKills is how often a run is broken at most before it is let go to its end.
const stormKills = 4

// TestStorm breaks whole programs at random events in random ways, again and
// again, until the run is at its end: nothing is lost, nothing is doubled, and
// what was said was true.
func TestStorm(t *testing.T) {
	first, count := uint64(1), stormSeeds
	if dbtest.Long() {
		count = stormSeedsLong
	}
	if s := os.Getenv("BELAY_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, count = n, 1
	} else if s := os.Getenv("BELAY_STORM_SEEDS"); s != "" {
		count, _ = strconv.Atoi(s)
	}
	var kills atomic.Int64
	seeds := make(chan uint64)
	var workers sync.WaitGroup
	for range crashWorkers {
		workers.Go(func() {
			for seed := range seeds {
				t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { kills.Add(storm(t, seed)) })
			}
		})
	}
	for seed := first; seed < first+uint64(count); seed++ {
		seeds <- seed
	}
	close(seeds)
	workers.Wait()
	t.Logf("%d runs, broken %d times", count, kills.Load())
}

func storm(t *testing.T, seed uint64) (kills int64) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	m := moment{files: []string{quick, build}[rnd.IntN(2)]}
	c := newCell(t, m, fault{own: rnd.IntN(4) == 0}, rnd)
	for range stormKills {
		c.launch(c.answers("storm.toml", stormAnswers))
		c.awaitEvents(rnd.IntN(45))
		time.Sleep(time.Duration(rnd.IntN(20)) * time.Millisecond)
		if c.strikeAtRandom() {
			kills++
		}
		c.await("the end of the programs", func() bool { return len(c.engines()) == 0 })
		_ = c.front.Process.Kill()
		<-c.frontEnded
		c.checkSaid()
		if c.folder() != "" && c.finished() {
			break
		}
	}
	c.goOn()
	c.belay("status") // what a killed look left behind goes with the next one
	c.checkEnd()
	return kills
}

const stormAnswers = `run.resolve = "wait"
run.go_on = "yes"
index.drop_invalid = "yes"
`

// awaitEvents waits until the run's journal has grown by n events, or nothing
// grows any more.
func (c *cell) awaitEvents(n int) {
	size := func() int {
		if c.folder() == "" {
			return 0
		}
		return c.events()
	}
	before := size()
	c.await("the moment", func() bool {
		select {
		case <-c.frontEnded:
			return true
		default:
			return size() > before+n
		}
	})
}

// engines are the engines of this cell that live, a look's included.
func (c *cell) engines() []int {
	var pids []int
	for _, pid := range marked(c.mark) {
		args, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if strings.HasPrefix(string(args), "belay\x00"+engine.Subcommand) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// strikeAtRandom makes one fault. It reports false where nothing was there to hit.
func (c *cell) strikeAtRandom() bool {
	engines := c.engines()
	if len(engines) == 0 {
		return false
	}
	switch n := c.rnd.IntN(10); {
	case n < 4:
		for _, pid := range engines {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	case n < 6:
		c.proxy.CutAll()
	case n < 8:
		c.db.Exec(c.t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'belay/%'`)
	case n < 9 && c.cluster != nil:
		restartImmediate(c)
	default:
		_ = c.front.Process.Kill()
	}
	return true
}

// checkSaid holds the journal's newest word on each unit against the database.
func (c *cell) checkSaid() {
	k, ok := c.known()
	if !ok {
		return
	}
	for _, u := range k.Run.Units {
		there := c.db.Count(c.t,
			`schema_migrations WHERE version >= `+u.Version+` AND NOT (dirty AND version = `+u.Version+`)`) > 0
		if (u.Outcome == applied && !there) || (u.Outcome == notApplied && there) {
			c.t.Errorf("version %s is said to be %s, there: %v", u.Version, u.Outcome, there)
		}
	}
}
