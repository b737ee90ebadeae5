package recording_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/lock"
	"belay/sqlview/recording"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// pileUp is a server of which more and more sessions wait behind one, until it ends.
func pileUp(seconds, waiters int, seed uint64) []activity.Sample {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var out []activity.Sample
	for i := range seconds {
		at := noon.Add(time.Duration(i)*time.Second + time.Duration(rnd.IntN(20))*time.Millisecond)
		age := func(since int) int64 {
			return at.Sub(noon).Milliseconds() - int64(since)*1000 + int64(rnd.IntN(3)) - 1
		}
		n := min(i, waiters)
		s := activity.Sample{
			At: at, CostMS: int64(4 + rnd.IntN(3)),
			Sessions: activity.Sessions{
				Total: 20 + n, Max: 500, Active: n, Waiting: n, OldestTransactionMS: age(0) / 100 * 100,
			},
		}
		root := activity.Lock{
			PID: 881, Application: "worker", User: "app", BackendType: "client backend", State: "idle in transaction",
			SinceMS: age(0), Mode: lock.AccessShare, Relation: "public.orders", Granted: true,
			Query: "SELECT * FROM orders WHERE email = 'secret@example.com' AND id = 4711 -- of user 42",
		}
		for w := range n {
			root.Blocks = append(root.Blocks, 1000+w)
			s.Locks = append(s.Locks, activity.Lock{
				PID: 1000 + w, Application: "web", User: "app", BackendType: "client backend", State: "active",
				SinceMS: age(w), Mode: lock.RowExclusive, Relation: "public.orders", BlockedBy: []int{881},
				Query: fmt.Sprintf("UPDATE orders SET total = %d WHERE id = %d", w*7, w),
			})
		}
		s.Locks = append(s.Locks, root)
		s.Transactions = []activity.Transaction{{PID: 881, Application: "worker", AgeMS: age(0), Query: root.Query}}
		for t := range 12 {
			s.Tables = append(s.Tables, activity.Table{
				Relation: fmt.Sprintf("public.table_%d", t), Bytes: int64(t) << 20, Rows: 1e6 + float64(i),
				ReadsPerSecond: 2000 + 300*rnd.Float64(), WritesPerSecond: 100 * rnd.Float64(), Dead: int64(i) * 100,
			})
		}
		s.Replicas = []activity.Replica{{Name: "b", State: "streaming", LagMS: int64(rnd.IntN(40))}}
		s.Slots = []activity.ReplicationSlot{{Name: "gone", KeptBytes: int64(i) << 20, Rows: true}}
		out = append(out, s)
	}
	return out
}

func written(t testing.TB, samples []activity.Sample) []byte {
	t.Helper()
	var b bytes.Buffer
	w := recording.NewWriter(&b, recording.Header{Database: "shop on db1", Environment: "production"})
	for _, s := range samples {
		if err := w.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPileUpComesBack records 400 waiters over more than one member and reads them again:
// the same sessions with the same locks, ages as exact as the server's rounding.
func TestPileUpComesBack(t *testing.T) {
	t.Parallel()
	samples := pileUp(450, 400, 7)
	r, err := recording.Read(bytes.NewReader(written(t, samples)))
	if err != nil || r.Cut || r.Database != "shop on db1" || r.Environment != "production" {
		t.Fatal(r, err)
	}
	for i := 0; i < len(samples); i += 31 {
		alike(t, i, samples[i], r.Moments[i])
	}
	tree, want := r.Moments[449].Tree(), samples[449].Tree()
	if len(tree) != len(want) {
		t.Errorf("the tree has %d lines, had %d", len(tree), len(want))
	}
}

var same = cmp.Options{
	cmpopts.EquateApproxTime(time.Millisecond), cmpopts.EquateEmpty(),
	cmpopts.SortSlices(func(a, b activity.Lock) bool { return a.PID < b.PID }), cmpopts.EquateApprox(0.005, 0.5),
	cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".Query"
	}, cmp.Ignore()),
	cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".SinceMS" || p.Last().String() == ".AgeMS"
	}, cmp.Comparer(func(a, b int64) bool { return max(a-b, b-a) <= 5 })),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Dead" },
		cmp.Comparer(func(a, b int64) bool { return max(a-b, b-a)*100 <= max(a, b) })),
}

// alike holds what was read against what was written.
func alike(t *testing.T, i int, want, got activity.Sample) {
	t.Helper()
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Fatalf("moment %d:\n%s", i, diff)
	}
}

// TestFormat1 reads a recording that the code before format 2 wrote: a pile-up, over more
// than one member.
func TestFormat1(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("testdata", "format1.samples"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := recording.Read(bytes.NewReader(b))
	samples := pileUp(305, 8, 7)
	if err != nil || r.Cut || r.Format != 1 || r.Database != "shop on db1" || len(r.Moments) != len(samples) {
		t.Fatal(r, err)
	}
	for i, s := range samples {
		alike(t, i, s, r.Moments[i])
		if got, want := len(r.Moments[i].Tree()), len(s.Tree()); got != want {
			t.Fatalf("moment %d: the tree has %d lines, had %d", i, got, want)
		}
	}
}

// TestAnHourIsSmall: a quarter of an hour of a pile-up of 400 under a quarter of 1 MB.
func TestAnHourIsSmall(t *testing.T) {
	t.Parallel()
	b := written(t, pileUp(900, 400, 8))
	t.Logf("%d bytes an hour", 4*len(b))
	if len(b) > 1<<18 {
		t.Errorf("%d bytes", len(b))
	}
}

// crowds is a server on which a crowd comes anew behind each try of a run, every so many
// seconds: the same sessions, in another order.
func crowds(seconds, waiters, every int, seed uint64) []activity.Sample {
	rnd := rand.New(rand.NewPCG(seed, 2))
	out := pileUp(seconds, waiters, seed)
	full := out[len(out)-1]
	for i := range out {
		s := &out[i]
		s.Locks = nil
		if i%every > 0 {
			continue
		}
		for _, l := range full.Locks {
			if !l.Granted {
				l.SinceMS = int64(rnd.IntN(200))
			} else {
				l.SinceMS = s.At.Sub(noon).Milliseconds()
			}
			s.Locks = append(s.Locks, l)
		}
		rnd.Shuffle(len(s.Locks), func(i, j int) { s.Locks[i], s.Locks[j] = s.Locks[j], s.Locks[i] })
		activity.Link(s.Locks)
	}
	return out
}

// TestCrowdsAreSmall: 400 sessions that come and go behind the tries of a run, of which
// every fifth sample sees one, are under 1 MB an hour, and come back with their ages.
func TestCrowdsAreSmall(t *testing.T) {
	t.Parallel()
	samples := crowds(900, 400, 5, 9)
	b := written(t, samples)
	t.Logf("%d bytes an hour; %d where each sample sees another crowd", 4*len(b),
		12*len(written(t, crowds(300, 400, 1, 10))))
	if len(b) > 1<<18 {
		t.Errorf("%d bytes", len(b))
	}
	r, err := recording.Read(bytes.NewReader(b))
	if err != nil || len(r.Moments) != len(samples) {
		t.Fatal(err)
	}
	for i, s := range samples {
		again := map[int]activity.Lock{}
		for _, l := range r.Moments[i].Locks {
			again[l.PID] = l
		}
		for _, l := range s.Locks {
			got := again[l.PID]
			if got.PID != l.PID || max(got.SinceMS-l.SinceMS, l.SinceMS-got.SinceMS) > 5 ||
				len(got.Blocks) != len(l.Blocks) {
				t.Fatalf("moment %d: %+v, was %+v", i, got, l)
			}
		}
	}
}

// TestNoDataIsKept looks for constants and comments of queries in what was written.
func TestNoDataIsKept(t *testing.T) {
	t.Parallel()
	zip, err := gzip.NewReader(bytes.NewReader(written(t, pileUp(5, 5, 9))))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"secret@example.com", "4711", "of user"} {
		if strings.Contains(string(b), data) {
			t.Errorf("it has %s", data)
		}
	}
	if !strings.Contains(string(b), "UPDATE orders SET total = $1 WHERE id = $2") {
		t.Errorf("no query is there: %.3000s", b)
	}
}

// TestCutRecording reads a recording that ends anywhere: what was written before is there.
func TestCutRecording(t *testing.T) {
	t.Parallel()
	whole := written(t, pileUp(320, 3, 10))
	seen, step := 0, 37
	if os.Getenv("BELAY_TEST_LONG") == "" {
		step = 409 // what is read grows with the square of how often it is cut
	}
	for n := 0; n < len(whole); n += step {
		r, err := recording.Read(bytes.NewReader(whole[:n]))
		if err != nil {
			if !errors.Is(err, recording.ErrFormat) || seen > 0 {
				t.Fatalf("%d bytes: %v after %d moments", n, err, seen)
			}
			continue
		}
		if !r.Cut && n < len(whole) && len(r.Moments) != 300 {
			t.Errorf("%d bytes: %d moments, and nobody says that it was cut", n, len(r.Moments))
		}
		if len(r.Moments) < seen {
			t.Errorf("%d bytes: %d moments, had %d", n, len(r.Moments), seen)
		}
		seen = len(r.Moments)
	}
	if seen < 300 {
		t.Errorf("only %d moments were read", seen)
	}
	part := whole[:len(whole)/3]
	before, err := recording.Read(bytes.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	behind, err := recording.Read(bytes.NewReader(append(bytes.Clone(part), whole...)))
	if err != nil || !behind.Cut || len(behind.Moments) < len(before.Moments) {
		t.Errorf("with another behind the cut: %v, %d moments of %d", err, len(behind.Moments), len(before.Moments))
	}
}

// TestStrangersRecording: no bytes end the process, and what is no recording is said to be
// none.
func TestStrangersRecording(t *testing.T) {
	t.Parallel()
	zipped := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.Bytes()
	}
	const head = `{"belay_samples":1,"database":"d","at":"2026-11-30T12:00:00Z"}` + "\n"
	for _, b := range [][]byte{
		nil, []byte("journal"), zipped(""), zipped("{}"), zipped(`{"belay_samples":3}`), zipped("{\n"),
		zipped(head + `{"t":1,"l":[0]}` + "\n"), zipped(head + `{"t":1,"l":[-1]}` + "\n"),
		zipped(head + `{"t":1,"n":[{"w":"a"}],"l":[0]}` + "\n"),
		zipped(head + `{"t":1,"a":[0,1]}` + "\n"), zipped(head + `{"t":1,"a":[-9,1]}` + "\n"),
		zipped(head + `{"t":1,"w":[["x"]]}` + "\n"), zipped(head + "\x00\n"),
	} {
		if r, err := recording.Read(bytes.NewReader(b)); !errors.Is(err, recording.ErrFormat) {
			t.Errorf("%q: %v, %v", b, r, err)
		}
	}
	whole, rnd := written(t, pileUp(20, 5, 11)), rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		b := bytes.Clone(whole)
		b[rnd.IntN(len(b))] = byte(rnd.IntN(256))
		_, _ = recording.Read(bytes.NewReader(b))
	}
}
