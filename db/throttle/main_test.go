package throttle

import (
	"context"
	"regexp"
	"testing"
	"time"

	"belay/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// sampler makes one signal with a limit and returns how to read it.
func sampler(t testing.TB, s Signal, limit string, in Input) func() Verdict {
	t.Helper()
	settings := Settings{}
	for _, x := range Signals() {
		settings[x.Name] = Off
	}
	settings[s.Name] = limit
	set, err := NewSet(settings)
	if err != nil {
		t.Fatal(err)
	}
	return func() Verdict {
		in.Now = time.Now()
		return set.Sample(bounded(t), in)[0]
	}
}

func wantOver(t testing.TB, v Verdict, a Action) {
	t.Helper()
	if v.Action != a || v.Unread != "" || v.Value == "" || a != "" && v.Since.IsZero() {
		t.Errorf("verdict %+v (%s), want action %q", v, v.Reason(), a)
	}
}

// readsOnceGranted takes the SQL that a blind signal names, runs it, and reads again.
func readsOnceGranted(t testing.TB, db *dbtest.DB, read func() Verdict) {
	t.Helper()
	v := read()
	sql := regexp.MustCompile(`let the DBA run: (GRANT \w+ TO [^,;]+)`).FindStringSubmatch(v.Reason())
	if v.Action != Wait || sql == nil {
		t.Fatalf("a role that sees nothing: %q", v.Reason())
	}
	db.Exec(t, sql[1])
	if v = read(); v.Unread != "" {
		t.Errorf("%s helped nothing: %q", sql[1], v.Reason())
	}
}
