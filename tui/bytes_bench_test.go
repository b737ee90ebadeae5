package tui

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"belay/tui/tuitest"
)

// moving is the waiting run with another sample each second: who waits changes, so do
// the rates.
func moving(n int) tuitest.Entry {
	sample := fmt.Sprintf(`{"sample":{"at":"2026-11-23T08:41:17Z","sessions":{"total":%d,"max":200,"active":6,"idle_in_transaction":1,"waiting":2,"oldest_transaction_ms":%d},"locks":[
{"pid":881,"application":"worker","user":"app","state":"idle in transaction","since_ms":%d,"mode":"ACCESS SHARE","relation":"public.orders","granted":true,"query":"SELECT id FROM orders","blocks":[9120]},
{"pid":9120,"application":"belay/7f3a11c2/run","user":"migrator","state":"active","since_ms":40,"mode":"ACCESS EXCLUSIVE","relation":"public.orders","granted":false,"query":"ALTER TABLE orders ADD COLUMN note text;","blocks":[%d],"blocked_by":[881]},
{"pid":%d,"application":"web","user":"app","state":"active","since_ms":%d,"mode":"ACCESS SHARE","relation":"public.orders","granted":false,"query":"SELECT * FROM orders WHERE id = $1","blocks":[],"blocked_by":[9120]}],
"tables":[{"relation":"public.orders","bytes":%d,"rows":212000000,"reads_per_s":%d,"writes_per_s":%d}],"cost_ms":4}}`,
		40+n%5, 466000+1000*n, 466000+1000*n, 9130+n, 9130+n, 10+n*7%90, 51754356736+int64(n)<<20, 2300+n*37%211,
		300+n*13%41)
	return tuitest.Entry{
		After: 16*time.Second + time.Duration(n)*time.Second, Kind: "sample", Body: json.RawMessage(sample),
	}
}

// BenchmarkBytes is what a screen of 120x40 sends in a second, over SSH above all: a run
// that waits with all its numbers moving, and a run that is over.
//
//	go test ./tui -run - -bench Bytes -benchtime 1x
func BenchmarkBytes(b *testing.B) {
	const seconds = 20
	for _, c := range []struct {
		name, story string
		moves       bool
	}{{"waiting", "run-waiting", true}, {"over", "done", false}} {
		b.Run(c.name, func(b *testing.B) {
			t := &testing.T{}
			for b.Loop() {
				s, err := tuitest.Load(filepath.Join("testdata", c.story+".txtar"))
				if err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				x := open(t, 120, 40, filepath.Join(b.TempDir(), "run"), func(c *Config) {
					c.Now = func() time.Time { return tuitest.Epoch.Add(s.End() + time.Since(began)).In(tuitest.Zone) }
				})
				x.play(s.Entries)
				time.Sleep(2 * time.Second)
				before := len(x.written())
				for n := range seconds {
					if c.moves {
						x.play([]tuitest.Entry{moving(n)})
					}
					time.Sleep(time.Second)
				}
				b.ReportMetric(float64(len(x.written())-before)/seconds, "B/s")
				x.types("d")
				x.types("q")
				<-x.done
			}
		})
	}
}
