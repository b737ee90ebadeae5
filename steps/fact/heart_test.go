package fact

import (
	"strings"
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

var seen = time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)

func blocker(pid int) activity.Lock {
	return activity.Lock{PID: pid, Application: "worker", User: "app", State: "idle in transaction", SinceMS: 451000}
}

func alter() Heart {
	return Heart{
		Relation: "public.orders", Mode: lock.AccessExclusive, Bytes: 48 << 30, Rows: 212e6, Duration: effect.Instant,
		Live: true, At: seen, QueuePerSecond: 310, LockTimeoutMS: 200, UndonePastMS: 1200,
	}
}

// The sentence of every kind of statement, whole.
func TestHeart(t *testing.T) {
	needs := "needs ACCESS EXCLUSIVE on public.orders (48 GB, ~212 M rows): instant; " +
		"blocks reads and writes while it waits and while it holds; "
	for _, c := range []struct {
		name string
		with func(*Heart)
		want string
	}{
		{"nobody there", func(*Heart) {}, needs +
			"right now (0.4 s ago) nothing stands in its way; about 310 statements/s would queue behind it if " +
			"something did; " +
			"belay gives up after 200 ms and tries again; the server undoes it past 1.2 s"},
		{"one blocker", func(h *Heart) { h.Blockers = []activity.Lock{blocker(881)} }, needs +
			"right now (0.4 s ago) it would wait behind pid 881 (worker, user app, idle in transaction 7 min 31 s); " +
			"about 310 statements/s would queue behind it; belay gives up after 200 ms and tries again; the server " +
			"undoes it past 1.2 s"},
		{"five blockers, quiet", func(h *Heart) {
			h.QueuePerSecond = 0
			for pid := 1; pid <= 5; pid++ {
				h.Blockers = append(h.Blockers, activity.Lock{PID: pid, User: "app", State: "active"})
			}
		},
			needs +
				"right now (0.4 s ago) it would wait behind pid 1 (user app, active 400 ms), pid 2 (user app, " +
				"active 400 ms), " +
				"pid 3 (user app, active 400 ms), and 2 more; no statements would queue: the table is quiet; " +
				"belay gives up after 200 ms and tries again; the server undoes it past 1.2 s"},
		{"not connected", func(h *Heart) { h.Live, h.Bytes, h.Rows, h.QueuePerSecond = false, -1, -1, -1 },
			"needs ACCESS EXCLUSIVE on public.orders: instant; blocks reads and writes while it waits and while it " +
				"holds; " +
				"who stands in its way is not known: no connection to the server; " +
				"belay gives up after 200 ms and tries again; the server undoes it past 1.2 s"},
		{"slow, accepted", func(h *Heart) {
			h.Mode, h.Duration, h.AcceptedHoldMS, h.UndonePastMS = lock.Share, effect.Slow, 40000, 40200
		}, "needs SHARE on public.orders (48 GB, ~212 M rows): slow, it works through the table; " +
			"blocks writes while it waits and while it holds; reads go on; right now (0.4 s ago) nothing stands in " +
			"its way; " +
			"about 310 statements/s would queue behind it if something did; " +
			"belay gives up waiting after 200 ms and tries again; the server undoes it past the accepted 40 s"},
		{"slow, not accepted", func(h *Heart) { h.Duration, h.UndonePastMS = effect.Slow, 0 },
			strings.Replace(needs, "instant", "slow, it works through the table", 1) +
				"right now (0.4 s ago) nothing stands in its way; about 310 statements/s would queue behind it if " +
				"something did; " +
				"belay gives up waiting after 200 ms and tries again; how long it may hold its locks is not decided " +
				"yet (R asks)"},
		{"unknown", func(h *Heart) { h.Duration = effect.Unknown },
			strings.Replace(needs, "instant", "nobody can know how long", 1) +
				"right now (0.4 s ago) nothing stands in its way; about 310 statements/s would queue behind it if " +
				"something did; " +
				"belay gives up waiting after 200 ms and tries again; until a hold time is accepted it runs as " +
				"instant: the server undoes it past 1.2 s"},
		{"concurrently", func(h *Heart) {
			h.Mode, h.Concurrent, h.DeadlineMS, h.Duration = lock.ShareUpdateExclusive, true, 6*3600e3, effect.Slow
			h.Blockers = []activity.Lock{blocker(881)}
		}, "needs SHARE UPDATE EXCLUSIVE on public.orders (48 GB, ~212 M rows); blocks neither reads nor writes; " +
			"right now (0.4 s ago) it would wait for transactions older than its start: pid 881 (worker, user app, " +
			"idle in transaction 7 min 31 s); " +
			"no limit of the server's, belay's own deadline is 6 h; cancelling may leave an INVALID index"},
		{"concurrently, nobody", func(h *Heart) {
			h.Mode, h.Concurrent, h.DeadlineMS = lock.ShareUpdateExclusive, true, 6*3600e3
		},
			"needs SHARE UPDATE EXCLUSIVE on public.orders (48 GB, ~212 M rows); blocks neither reads nor writes; " +
				"right now (0.4 s ago) no older transaction is open that it would wait for; " +
				"no limit of the server's, belay's own deadline is 6 h; cancelling may leave an INVALID index"},
		{"two relations", func(h *Heart) {
			h.Mode = lock.ShareRowExclusive
			h.Others = []effect.On{{Relation: "public.customers", Mode: lock.ShareRowExclusive}}
		},
			"needs SHARE ROW EXCLUSIVE on public.orders (48 GB, ~212 M rows), SHARE ROW EXCLUSIVE on " +
				"public.customers: instant; " +
				"blocks writes while it waits and while it holds; reads go on; right now (0.4 s ago) nothing stands " +
				"in its way; " +
				"about 310 statements/s would queue behind it if something did; " +
				"belay gives up after 200 ms and tries again; the server undoes it past 1.2 s"},
		{"no lock", func(h *Heart) { h.Relation = "" },
			"takes no table lock that others would notice: instant; belay gives up after 200 ms and tries again; the " +
				"server undoes it past 1.2 s"},
	} {
		h := alter()
		c.with(&h)
		if got := h.Sentence(seen.Add(400 * time.Millisecond)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// An old answer never passes for a new one.
func TestHeartShowsItsAge(t *testing.T) {
	got := alter().Sentence(seen.Add(12 * time.Second))
	if !strings.Contains(got, "when last asked (12 s ago, no newer answer) nothing stood in its way") {
		t.Error(got)
	}
	if strings.Contains(got, "right now") {
		t.Error(got)
	}
}
