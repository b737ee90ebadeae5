package tui

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"belay/steps/journal"
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

// trying is a second of a run whose tries fail: every second second one begins and ends,
// and every fifth sample sees one.
func trying(n int) []tuitest.Entry {
	at := 16*time.Second + time.Duration(n)*time.Second
	entry := func(after time.Duration, kind, body string) tuitest.Entry {
		return tuitest.Entry{After: at + after, Step: "run", Kind: journal.Kind(kind), Body: json.RawMessage(body)}
	}
	sample := moving(n)
	if n%5 != 0 { // between two tries nobody waits
		sample.Body = json.RawMessage(noLocks.ReplaceAll(sample.Body, []byte(`"waiting":0,$1"locks":[],"tables"`)))
	}
	out := []tuitest.Entry{sample}
	if n%2 == 0 {
		try := 4 + n/2
		out = append(out, entry(0, "attempt.started",
			fmt.Sprintf(`{"unit":1,"n":%d,"of":30,"lock_timeout_ms":200,"hold_ms":1200}`, try)),
			entry(200*time.Millisecond, "attempt", fmt.Sprintf(`{"unit":1,"n":%d,"lock_timeout_ms":200,"waited_ms":%d,`+
				`"outcome":"lock timeout","sqlstate":"55P03","blockers":[{"pid":881,"application":"worker","user":"app",`+
				`"state":"idle in transaction","age_ms":%d}],"pause_ms":1800}`, try, 200+n%7, 466000+1000*n)))
	}
	return out
}

var noLocks = regexp.MustCompile(`"waiting":2,(.*)"locks":(?s:.*)"tables"`)

// filling is a second of a backfill at full speed.
func filling(n int) []tuitest.Entry {
	at := 91*time.Second + time.Duration(n)*time.Second
	when := tuitest.Epoch.Add(at).Format(time.RFC3339)
	rows := 132311004 + 31200*n
	fact := fmt.Sprintf(`{"name":"filling","value":{"at":"%s","unit":0,"id":"7f3a11c2-9a55-4b7e-8c11-0d2f6a9b7c10",`+
		`"relation":"public.orders","set":"status = 'active'","where":"status IS NULL","state":"running","phase":"batches",`+
		`"progress":%.4f,"rows":%d,"total":212000000,"batches":%d,"rate":%d,"average":30800,"left_low_ms":%d,`+
		`"left_high_ms":3060000,"batch_ms":%d.2,"target_ms":50,"batch_rows":%d,"last_key":["%d"],"committed":"%s",`+
		`"heap_growth":%d,"wal":%d,"signals":[{"name":"waiters","what":"someone waits for us","value":"0","limit":"0"},`+
		`{"name":"replica_lag","what":"replica b lag","value":"0.%d s","limit":"10 s"},`+
		`{"name":"active_sessions","what":"active sessions","value":"%d","limit":"32"}]}}`,
		when, 0.624+0.0004*float64(n), rows, 87613+20*n, 31200+n*37%999, 2580000-n*1000, 40+n%11, 1500+n%90, rows, when,
		5476083302+n<<20, 103079215104+n<<28, n%7, 10+n%9)
	return []tuitest.Entry{
		{After: at, Step: "run", Kind: "fact", Body: json.RawMessage(fact)},
		{After: at + 200*time.Millisecond, Kind: "sample", Body: moving(n).Body},
	}
}

// BenchmarkBytes is what a screen of 120x40 sends in a second, over SSH above all: a run
// that waits with all its numbers moving, one whose tries fail, a backfill, and a run that
// is over. Under 500 is usable on a bad line.
//
//	go test ./tui -run - -bench Bytes -benchtime 1x
func BenchmarkBytes(b *testing.B) {
	const seconds = 20
	still := func(int) []tuitest.Entry { return nil }
	for _, c := range []struct {
		name, story string
		// second is what the engine tells in a second.
		second func(n int) []tuitest.Entry
	}{
		{"waiting", "run-waiting", func(n int) []tuitest.Entry { return []tuitest.Entry{moving(n)} }},
		{"trying", "run-waiting", trying}, {"filling", "backfill-running", filling}, {"over", "done", still},
		{"look", "start", still},
	} {
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
					for i, e := range c.second(n) {
						time.Sleep(time.Duration(min(i, 1)) * 200 * time.Millisecond)
						x.play([]tuitest.Entry{e})
					}
					time.Sleep(time.Until(began.Add(time.Duration(3+n) * time.Second)))
				}
				b.ReportMetric(float64(len(x.written())-before)/seconds, "B/s")
				x.types("d")
				x.types("q")
				<-x.done
			}
		})
	}
}
