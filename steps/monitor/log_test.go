package monitor

import (
	"strings"
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"
)

// lately is a log in which code was counted n times in the last minute.
func lately(code string, n int) fact.Logged {
	return fact.Logged{
		Source: "app.log", SpanMS: 60_000, Counts: []fact.LogCount{{Code: code, N: n, Said: "it said so"}},
	}
}

// An error that a migration causes is red from three a minute on, others later,
// and none where it was as frequent before.
func TestLogAgainstTheBaseline(t *testing.T) {
	for _, c := range []struct {
		name   string
		before fact.Logged
		now    fact.Logged
		level  fact.Level
		asked  string
	}{
		{"one undefined column", fact.Logged{}, lately("42703", 1), fact.Look, ""},
		{"undefined columns", fact.Logged{}, lately("42703", 3), fact.Stop, ""},
		{"as before", lately("42703", 3), lately("42703", 3), fact.OK, ""},
		{"four times as before", lately("42703", 3), lately("42703", 12), fact.Stop, ""},
		{
			"seldom before, over ten minutes",
			fact.Logged{SpanMS: 600_000, Counts: []fact.LogCount{{Code: "42703", N: 10}}}, lately("42703", 2), fact.OK,
			"",
		},
		{"it stood in the file", fact.Logged{Known: []string{"42703"}}, lately("42703", 2), fact.OK, ""},
		{
			"it stood in the file, and now often", fact.Logged{Known: []string{"42703"}}, lately("42703", 3), fact.Stop,
			"",
		},
		{"two lock timeouts", fact.Logged{}, lately("55P03", 2), fact.OK, ""},
		{"lock timeouts", fact.Logged{}, lately("55P03", 5), fact.Look, ""},
		{"many lock timeouts", fact.Logged{}, lately("55P03", 10), fact.Stop, ""},
		{"unique violations", fact.Logged{}, lately("23505", 10), fact.Look, ""},
		{"a code that was asked for", fact.Logged{}, lately("23505", 3), fact.Stop, "23505"},
		{"nothing", fact.Logged{}, fact.Logged{Source: "app.log"}, fact.OK, ""},
		{"it cannot be read", fact.Logged{}, fact.Logged{Source: "app.log", Problem: "no such file"}, fact.Look, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := base()
			b.Log = c.before
			f := New(b, time.Minute, 6*time.Second, func(code string) bool { return code == c.asked }).Take(Moment{
				Health: at(0), Log: c.now,
			})
			if f.Level != c.level {
				t.Errorf("%s, want %s: %+v", f.Level, c.level, f.Signals)
			}
		})
	}
}

// A code keeps its row, and the verdict counts it after it is gone.
func TestLogVerdict(t *testing.T) {
	w := New(base(), time.Minute, 6*time.Second, nil)
	if f := w.Take(Moment{Health: at(0)}); LogVerdict(f) != "application logs NOT watched" {
		t.Error(LogVerdict(f))
	}
	w.Take(Moment{Health: at(2), Log: lately("42703", 4)})
	f := w.Take(Moment{Health: at(4), Log: fact.Logged{Source: "app.log"}})
	if got := LogVerdict(f); got != "application log app.log: 1 SQLSTATEs more often than before" {
		t.Error(got)
	}
	f = w.Take(Moment{Health: at(6), Log: fact.Logged{Source: "app.log", Problem: "it ended"}})
	if got := LogVerdict(f); !strings.Contains(got, "NOT watched at the end: app.log: it ended") {
		t.Error(got)
	}
}

// A statement is judged by the calls of its window against those of the
// baseline; one that is not called is unknown, and no fault.
func TestStatements(t *testing.T) {
	with := func(h activity.Health, calls int64, total float64) activity.Health {
		h.Statements = []activity.Statement{{ID: "1", Text: "SELECT … FROM orders", Calls: calls, TotalMS: total}}
		return h
	}
	for _, c := range []struct {
		name  string
		ms    float64
		level fact.Level
		now   float64
	}{{"as before", 2, fact.OK, 2}, {"slower", 40, fact.Look, 40}, {"much slower", 480, fact.Stop, 480}} {
		t.Run(c.name, func(t *testing.T) {
			var b fact.Baseline
			b.Add(with(at(-60), 1000, 2000))
			b.Add(with(at(-1), 2000, 4000))
			w := New(b, time.Minute, 6*time.Second, nil)
			w.Take(Moment{Health: with(at(0), 2000, 4000)})
			f := w.Take(Moment{Health: with(at(2), 2010, 4000+10*c.ms)})
			for _, s := range f.Signals {
				if strings.HasPrefix(s.Name, "mean of") && (s.Level != c.level || s.Now != c.now || s.Before != 2) {
					t.Errorf("%+v", s)
				}
			}
			f = w.Take(Moment{Health: with(at(60), 2010, 4000+10*c.ms)})
			if f.Level != fact.OK {
				t.Errorf("nobody called it: %+v", f.Signals)
			}
		})
	}
}
