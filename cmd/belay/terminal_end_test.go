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

	"belay/db/dbtest"
)

// stays are where a terminal may end: at each step, during a question, and during what
// takes long.
var stays = []stay{
	{name: "target", reached: starts("target")},
	{name: "preflight", reached: starts("preflight")},
	{name: "backup", reached: starts("backup")},
	{name: "rehearse", reached: starts("rehearse")},
	{name: "review", reached: starts("review")},
	{name: "rollback", reached: starts("rollback")},
	{name: "estimate", reached: starts("estimate")},
	{name: "run", reached: starts("run"), confirmed: true},
	{name: "verify", reached: starts("verify"), confirmed: true},
	{
		name: "smoke", reached: `run\.opened.*` + starts("smoke"), confirmed: true,
		with: map[string]string{"smoke.url": ""},
	},
	{
		name: "monitor", reached: `run\.opened.*` + starts("monitor"), without: []string{"monitor.waive"},
		confirmed: true,
	},
	{name: "report", reached: starts("report"), confirmed: true},
	{name: "question", reached: `"kind":"question\.asked"[^\n]*"id":"target\.environment"`, screen: true},
	{
		name: "dump", reached: `work\.begun.*takes a dump`, gate: [2]string{"pg_dump", "--file="}, works: true,
		with: map[string]string{"backup.choice": "dump"},
	},
	{
		name: "rehearsal", reached: `work\.begun.*rehearses`, gate: [2]string{"pg_restore", "--dbname"}, works: true,
		with: map[string]string{"rehearse.choice": "scratch"},
	},
}

func starts(step string) string { return `"kind":"step\.started","step":"` + step + `"` }

// TestTerminalEnds ends the terminal in each way at each step, and during what takes
// long, with a real pty. Nothing may be lost, named as what it is not, or gone without a
// word: the next belay says what is left, and going on ends with each effect once.
func TestTerminalEnds(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if s := os.Getenv("BELAY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("BELAY_SEED=%d", seed)
	var mu sync.Mutex
	var table []string
	work := make(chan ending)
	var workers sync.WaitGroup
	for range crashWorkers {
		workers.Go(func() {
			for p := range work {
				t.Run(p.stay.name+"/"+p.way.name, func(t *testing.T) {
					c := newCell(t, moment{name: p.stay.name, files: quick, truth: applied}, fault{}, nil)
					e := newEndCell(c, p.stay, p.way)
					defer func() {
						result := "as it should"
						if t.Failed() {
							result = "FAILED"
						}
						mu.Lock()
						defer mu.Unlock()
						table = append(table, fmt.Sprintf("%s | %s | %s | %s", p.stay.name, p.way.name,
							strings.Join(e.said, ", "), result))
					}()
					e.play()
				})
			}
		})
	}
	for _, p := range endingsOf(seed) {
		work <- p
	}
	close(work)
	workers.Wait()
	slices.Sort(table)
	t.Log("how each end went on:\n" + strings.Join(table, "\n"))
}

// ending is one cell of the table.
type ending struct {
	stay stay
	way  wayOut
}

// endingsOf is the whole table in the long form, else a few of it, by the seed.
func endingsOf(seed uint64) (all []ending) {
	some := stays
	if !dbtest.Long() {
		some = stays[:shortStays]
	}
	for _, s := range some {
		for _, w := range waysOut {
			all = append(all, ending{s, w})
		}
	}
	if dbtest.Long() {
		return all
	}
	draw := rand.New(rand.NewPCG(seed, 3))
	draw.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:endCells]
}

// The short form draws so many cells, of the steps that end by themselves.
const endCells, shortStays = 2, 9
