package engine

import (
	"context"
	"errors"
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/playbook"
)

// What only reads, and was cancelled by its own limit on a busy server, asks once more
// before that is an error; what does more, or fails otherwise, does not.
func TestCanceledQuestionIsAskedOnceMore(t *testing.T) {
	d := dbtest.New(t)
	conn := d.Conn(t)
	ask := func(sql string) error {
		_, err := conn.Exec(t.Context(), sql)
		return steps.Database("preflight", err)
	}
	slow := func() error { return ask(`SET statement_timeout = '20ms'; SELECT pg_sleep(60)`) }
	well := func() error { return ask(`SELECT 1`) }
	fails := func() error { return ask(`SELECT 1/0`) }
	looks, reads := steps.Step{ID: "preflight", Looks: true}, steps.Step{ID: "verify", Reads: true}
	for name, c := range map[string]struct {
		step  steps.Step
		asks  []func() error
		asked int
		fails bool
	}{
		"busy for a moment":       {looks, []func() error{slow, well}, 2, false},
		"busy after the run":      {reads, []func() error{slow, well}, 2, false},
		"busy all the time":       {looks, []func() error{slow, slow, well}, 2, true},
		"a step that does things": {steps.Step{ID: "run"}, []func() error{slow, well}, 1, true},
		"another error":           {looks, []func() error{fails, well}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := lifeless(t, looking)
			g.env.Sessions = steps.NewSessions()
			asked := 0
			line := playbook.Line{Step: c.step, Run: func(_ context.Context, _ *steps.Env, f playbook.Found) (
				playbook.Found, steps.Outcome, error,
			) {
				asked++
				return f, steps.Outcome{}, c.asks[asked-1]()
			}}
			_, _, err := g.outlast(t.Context(), line, playbook.Found{})
			var refused *steps.Refused
			if asked != c.asked || c.fails != errors.As(err, &refused) {
				t.Errorf("asked %d times, want %d: %v", asked, c.asked, err)
			}
		})
	}
}
