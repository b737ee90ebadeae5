package engine

import (
	"bytes"
	"time"

	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/state"
)

// diary is the run as its journal tells it, and the one way to tell it more. Every part
// of an engine has it; it belongs to the goroutine of the loop.
type diary struct {
	order    Order
	patience patience
	now      func() time.Time
	// host is this host's name.
	host string

	folder string
	log    *journal.Log
	run    *state.Run
	// hidden are the secrets of the files that would run: no event quotes them.
	hidden []string
	// phase is what the engine's queue is for; only move changes it.
	phase phase
}

// id is the name of the run: of its folder, without the dot of a look.
func (d *diary) id() string { return RunID(d.folder) }

func (d *diary) shortID() string {
	id := d.id()
	return id[:min(8, len(id))]
}

// back reports whether versions are taken back.
func (d *diary) back() bool { return d.order.Command == playbook.Rollback.Name }

// longFact is the size in bytes from which on an observation is written again only
// where it is another one.
const longFact = 4 << 10

// record appends an event and folds it.
func (d *diary) record(step, by string, body journal.Body) error {
	if d.patience.writing != nil {
		d.patience.writing(body.Kind())
	}
	shown := d.shown(body)
	if f, is := shown.(journal.FactSeen); is && len(f.Value) > longFact &&
		bytes.Equal(f.Value, d.run.Facts[f.Name].Value) {
		return nil
	}
	e, err := d.log.Append(step, by, shown)
	if err != nil {
		return err
	}
	if d.patience.written != nil {
		d.patience.written(body.Kind())
	}
	return d.run.Apply(e)
}

// recordUnlessOver keeps the end of a run the last that its journal says.
func (d *diary) recordUnlessOver(by string, body journal.Body) error {
	if d.phase == over {
		return nil
	}
	return d.record("", by, body)
}

func (d *diary) recordFact(step string, v fact.Value) error {
	f, err := journal.Fact(v.Fact(), v)
	if err != nil {
		return err
	}
	return d.record(step, "", f)
}

// shown is an event as it may be kept: long texts are cut, none quotes a secret of the
// files, and a question says what each answer does, whoever asks it.
func (d *diary) shown(body journal.Body) journal.Body {
	if q, is := body.(journal.QuestionAsked); is {
		q.Labels = steps.Labels(q.ID, q.Options, d.shortID())
		body = q
	}
	message := func(s string) string { return fact.Text(s, d.hidden) }
	question := func(s string) string { return secret.Text(s, d.hidden) }
	return journal.Shown(body, message, question)
}

// answered is the newest accepted answer to a question.
func (d *diary) answered(id string) (string, bool) {
	a, ok := d.run.Answers[id]
	return a.Answer, ok
}

// given is answered with who gave it; an answer of the answers file is recorded
// and counts, asked or not. A question that is open has none.
func (d *diary) given(id string) (text, by string, ok bool, err error) {
	if d.run.Question(id) != nil {
		return "", "", false, nil
	}
	if a, ok := d.run.Answers[id]; ok {
		return a.Answer, a.By, true, nil
	}
	text, ok = d.order.Answers[id]
	if !ok {
		return "", "", false, nil
	}
	return text, fileVoice, true, d.record("", fileVoice, journal.QuestionAnswered{ID: id, Answer: text})
}
