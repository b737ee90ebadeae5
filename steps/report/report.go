// Package report tells the story of a run, in Markdown for people and in JSON
// for machines. Both are folds of the journal. They hold no row data, no
// passwords, and the text of nobody's query but the migration's own.
package report

import (
	"encoding/json"
	"path/filepath"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/visible"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// Schema names the JSON.
const Schema = "belay.report/1"

// Report is a run as teammates and auditors read it. Times are UTC, durations
// in ms.
type Report struct {
	Schema     string    `json:"schema"`
	Run        string    `json:"run"`
	Version    string    `json:"belay_version"`
	Outcome    string    `json:"outcome"`
	Exit       int       `json:"exit"`
	Summary    string    `json:"summary"`
	Opened     time.Time `json:"opened_at,omitzero"`
	Finished   time.Time `json:"finished_at,omitzero"`
	Target     Target    `json:"target"`
	Tool       string    `json:"tool"`
	PlanSHA256 string    `json:"plan_sha256"`
	Units      []Unit    `json:"units"`
	Steps      []Step    `json:"steps"`
	Answers    []Answer  `json:"answers"`
	// Command is the team's own that ran the migrations; nil = belay ran them.
	Command *Command `json:"command,omitempty"`
	// SessionsEnded are sessions of others that somebody asked to end.
	SessionsEnded []SessionEnded `json:"sessions_ended,omitempty"`
	// Watched are the OS users that watched, where it was more than one, Pairing what they
	// did with the keys, and what was refused.
	Watched []Watched         `json:"watched,omitempty"`
	Pairing []Line            `json:"pairing,omitempty"`
	Hazards []Hazard          `json:"hazards"`
	History []fact.HistoryRow `json:"history"`
	Log     []Line            `json:"log"`
}

// Command is the team's own command as it ended. What it printed is in the file, not in
// the report.
type Command struct {
	Line     string   `json:"line"`
	From     string   `json:"from"`
	Script   string   `json:"script,omitempty"`
	Ended    string   `json:"ended"`
	Starts   int      `json:"starts"`
	Sessions int      `json:"sessions"`
	Unseen   []string `json:"unseen,omitempty"`
	Log      string   `json:"log"`
}

// Watched is an OS user who watched the run on a screen.
type Watched struct {
	Who   string    `json:"who"`
	UID   int       `json:"uid"`
	First time.Time `json:"first_at"`
	Last  time.Time `json:"last_at"`
}

// Target is the database that was run on.
type Target struct {
	Database    string `json:"database"`
	Host        string `json:"host"`
	Port        int    `json:"port"`
	Version     string `json:"version"`
	Role        string `json:"role"`
	Environment string `json:"environment"`
	SystemID    string `json:"system_identifier"`
	Timeline    int    `json:"timeline"`
}

// Unit is one file as it ran.
type Unit struct {
	Version   string            `json:"version"`
	Path      string            `json:"path"`
	SHA256    string            `json:"sha256"`
	Outcome   string            `json:"outcome"`
	Proof     string            `json:"proof,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	SQLState  string            `json:"sqlstate,omitempty"`
	MS        int64             `json:"ms"`
	Tries     int               `json:"tries"`
	LongestMS int64             `json:"longest_wait_ms"`
	WaitedMS  int64             `json:"waited_ms"`
	Blockers  []journal.Blocker `json:"blockers"`
	Left      []string          `json:"left"`
	// Changes are the data changes of an applied unit, with the rows that each touched.
	Changes []state.Change `json:"changes,omitempty"`
}

// Step is a checklist step as it ended.
type Step struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Summary string `json:"summary"`
}

// Answer is a decision and who made it.
type Answer struct {
	ID     string    `json:"id"`
	Answer string    `json:"answer"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// SessionEnded is a session of somebody else that was to be ended: who asked, and what
// became of it. Fate is "" where nobody could see that any more.
type SessionEnded struct {
	PID         int          `json:"pid"`
	Application string       `json:"application"`
	User        string       `json:"user"`
	State       string       `json:"state"`
	Way         activity.Way `json:"way"`
	By          string       `json:"by"`
	At          time.Time    `json:"at"`
	Fate        journal.Fate `json:"fate"`
	Why         string       `json:"why,omitempty"`
	SQLState    string       `json:"sqlstate,omitempty"`
	MS          int64        `json:"ms"`
}

// Hazard is a finding of level warn or stop, with its acceptance.
type Hazard struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Message  string `json:"message"`
	Accepted string `json:"accepted,omitempty"`
}

// Line is a sentence of the log.
type Line struct {
	At   time.Time `json:"at"`
	Step string    `json:"step,omitempty"`
	By   string    `json:"by,omitempty"`
	Text string    `json:"text"`
}

// Of makes the report of a run as far as it came.
func Of(r *state.Run) Report {
	out := Report{Schema: Schema, Run: r.ID, Version: r.Engine.Version, Outcome: "not finished", Finished: r.FinishedAt}
	if r.Finished != nil {
		out.Outcome, out.Exit, out.Summary = string(r.Finished.Outcome), r.Finished.Exit, r.Finished.Summary
	}
	if r.Opened != nil {
		out.Tool, out.PlanSHA256 = r.Opened.Tool, r.Opened.PlanSHA256
	}
	if t, _, ok := state.Get[fact.Target](r); ok {
		out.Target = Target{
			Database: t.Database, Host: t.Host, Port: t.Port, Version: t.Version, Role: t.Role,
			Environment: t.Environment, SystemID: t.SystemID, Timeline: t.Timeline,
		}
	}
	if v, _, ok := state.Get[fact.Verified](r); ok {
		out.History = v.History
	}
	if c, _, ok := state.Get[fact.Command](r); ok && c.PID != 0 {
		out.Command = &Command{
			Line: c.Line, From: c.From, Script: c.Script, Ended: c.Ended, Starts: c.Try, Sessions: c.Seen,
			Unseen: c.Unseen, Log: c.Log,
		}
	}
	out.Units, out.Steps = units(r), stepsOf(r)
	out.Answers, out.Hazards, out.SessionsEnded = answers(r), hazards(r), sessionsEnded(r)
	if len(r.Watched) > 1 {
		for _, w := range r.Watched {
			out.Watched = append(out.Watched, Watched(w))
		}
	}
	for _, l := range r.Pairing {
		out.Pairing = append(out.Pairing, Line(l))
	}
	for _, l := range r.Log {
		if r.Opened != nil && out.Opened.IsZero() && l.Step == "" {
			out.Opened = l.At
		}
		out.Log = append(out.Log, Line(l))
	}
	return out
}

// Paths are where the report of a run folder stands.
func Paths(folder string) (markdown, json string) {
	return filepath.Join(folder, "report.md"), filepath.Join(folder, "report.json")
}

// JSON is the report as one indented object.
func (r Report) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	return append(visible.JSON(b), '\n'), err
}
