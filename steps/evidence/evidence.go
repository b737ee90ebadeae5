// Package evidence puts together what is known of the use of a column, a table, a view or
// an index: the servers' answers, and the code of given repositories. It never says that
// a thing is unused: it says what was looked at, since when, and what was not.
package evidence

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/evidence"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/git"
	"belay/steps/project"
)

// Request says what to look at.
type Request struct {
	// Name is the thing, as SQL spells it.
	Name string
	// Standbys are DSNs of standbys of the same cluster, Code folders of repositories.
	Standbys, Code []string
	// Migrations is a folder that is no code of the application; "" = none.
	Migrations string
	// Samples is how often the sessions are looked at, Pause apart.
	Samples int
	Pause   time.Duration
	// Before, Ignore and Older are those of [evidence.Options].
	Before        *evidence.Baseline
	Ignore, Older []string
}

// Report is what was seen.
type Report struct {
	Schema string `json:"schema"`
	// Name is the thing as SQL spells it, Subject as people read it.
	Name    string            `json:"name"`
	Subject string            `json:"subject"`
	Kind    string            `json:"kind"`
	At      time.Time         `json:"at"`
	Verdict evidence.Verdict  `json:"verdict"`
	Says    string            `json:"says"`
	Sources []evidence.Source `json:"sources"`
	// Found is the thing itself, Counts what a later look may begin from.
	Found  evidence.Subject `json:"-"`
	Counts map[string]int64 `json:"-"`
	// Asked are the standbys that answered.
	Asked []string `json:"-"`
}

// statementLimit bounds each of our queries: those read a catalog that may be large.
const statementLimit = 15_000 // milliseconds

// session is a connection that looks, and cannot write.
var session = db.Session{
	Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", statementLimit)},
}

// Connect opens a connection for [Look].
func Connect(ctx context.Context, cfg db.Config) (*db.Conn, error) {
	return db.Connect(ctx, cfg, session)
}

// Look asks every source. It fails where the first server cannot be asked, or has no such
// thing; what else cannot be asked is said in the report.
func Look(ctx context.Context, c *db.Conn, r Request) (Report, error) {
	s, err := evidence.Find(ctx, c, r.Name)
	if err != nil {
		return Report{}, err
	}
	return Of(ctx, c, s, r)
}

// Of is Look for a thing that was found already.
func Of(ctx context.Context, c *db.Conn, s evidence.Subject, r Request) (Report, error) {
	options := evidence.Options{Before: r.Before, Ignore: r.Ignore, Older: r.Older, Samples: r.Samples, Pause: r.Pause}
	all, counts, err := evidence.Look(ctx, c, s, options)
	if err != nil {
		return Report{}, err
	}
	out := Report{
		Schema: "belay.evidence/1", Subject: s.Title(), Kind: s.Kind, At: all[0].Until.UTC(), Sources: all, Found: s,
		Counts: counts,
	}
	out.Name = lint.Ident(s.Schema) + "." + lint.Ident(s.Relation)
	if s.Column != "" {
		out.Kind = "column of a " + s.Kind
		out.Name += "." + lint.Ident(s.Column)
	}
	stream, err := streaming(ctx, c)
	if err != nil {
		return out, err
	}
	for i, dsn := range r.Standbys {
		name := fmt.Sprintf("standby %d", i+1)
		if cfg, err := db.ParseConfig(dsn, "--standby"); err == nil {
			name = "standby " + cfg.Description()
		}
		more, counts, err := stream.standby(ctx, c, dsn, name, s, options)
		if err != nil {
			return out, err
		}
		if counts != nil {
			out.Asked = append(out.Asked, name)
		}
		out.Sources = append(out.Sources, more...)
		for k, n := range counts {
			out.Counts[k] = n
		}
	}
	stream.settle(&out)
	for _, dir := range r.Code {
		out.Sources = append(out.Sources, code(ctx, dir, r.Migrations, s, out.At))
	}
	out.settle(len(r.Standbys) > 0, len(r.Code) > 0)
	return out, nil
}

// mostLines is how many lines of code are listed.
const mostLines = 100

// code searches a repository. The migrations of the past name what they made, and are no
// use of it.
func code(ctx context.Context, dir, migrations string, s evidence.Subject, at time.Time) evidence.Source {
	out := evidence.Source{
		Name: "code in " + filepath.Base(dir), Until: at, Required: true, Found: []evidence.Finding{},
		Blind: []string{
			"names that code puts together, and what an ORM makes of a class",
			"what is deployed: only the files that stand there now were read",
		},
	}
	word := s.Relation
	if s.Column != "" {
		word = s.Column
	}
	all, unknown, err := git.Search(ctx, dir, []string{word})
	if unknown != "" || err != nil {
		out.Verdict, out.Why = evidence.CouldNot, string(unknown)
		if out.Why == "" {
			out.Why = err.Error()
		}
		return out
	}
	if migrations != "" {
		out.Blind = append(out.Blind, "the migrations folder: what made the thing names it")
	}
	for _, m := range all {
		if migrations != "" && strings.HasPrefix(m.Path, migrations+string(filepath.Separator)) {
			continue
		}
		u := s.Line(m.Text)
		if u.Verdict == 0 {
			continue
		}
		if len(out.Found) == mostLines {
			out.Blind = append(out.Blind, fmt.Sprintf("more than the first %d lines", mostLines))
			break
		}
		f := evidence.Finding{Level: evidence.Maybe, Why: u.Why, What: fmt.Sprintf("%s:%d", relative(dir, m.Path),
			m.Line)}
		if u.Verdict > 1 {
			f.Level = evidence.Uses
		}
		out.Found = append(out.Found, f)
	}
	out.Settle()
	return out
}

func relative(dir, name string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		if rel, err := filepath.Rel(abs, name); err == nil {
			return rel
		}
	}
	return name
}

// settle makes the verdict of all sources.
func (r *Report) settle(standbys, repositories bool) {
	has := func(v evidence.Verdict) (names []string) {
		for _, s := range r.Sources {
			if s.Verdict == v && (s.Required || v != evidence.CouldNot) {
				names = append(names, s.Name)
			}
		}
		return names
	}
	not := []string{"ad-hoc queries"}
	if !standbys {
		not = append(not, "standbys (--standby)")
	}
	if !repositories {
		not = append(not, "code (--code)")
	}
	blind := has(evidence.CouldNot)
	not = append(blind, not...)
	missed := "not covered: " + strings.Join(not, ", ")
	red, perhaps := has(evidence.Red), has(evidence.Perhaps)
	switch {
	case len(red) > 0:
		r.Verdict, r.Says = evidence.Red, "a use was seen in: "+strings.Join(red, ", ")+"; "+missed
	case len(blind) > 0:
		r.Verdict = evidence.CouldNot
		r.Says = "no use seen where somebody could look; could not look at: " + strings.Join(blind, ", ")
	case len(perhaps) > 0:
		r.Verdict, r.Says = evidence.Perhaps,
			"no certain use seen "+r.since()+"; what may be one is in: "+strings.Join(perhaps, ", ")+"; "+missed
	default:
		r.Verdict, r.Says = evidence.Nothing, "no use seen in these sources "+r.since()+"; "+missed
	}
}

// since is the shortest period of the sources that have one, without that of the sessions,
// which is a moment.
func (r *Report) since() string {
	since := time.Time{}
	for _, s := range r.Sources {
		if !strings.HasPrefix(s.Name, "sessions") && s.Since.After(since) {
			since = s.Since
		}
	}
	if since.IsZero() {
		return "now"
	}
	return "since " + since.UTC().Format(stamp)
}

const stamp = "2006-01-02 15:04:05 UTC"

// Blocks reports whether a source speaks against a drop: a use was seen, or nobody could
// look where somebody has to.
func Blocks(s evidence.Source) bool {
	return s.Verdict == evidence.Red || s.Verdict == evidence.CouldNot && s.Required
}

// Command is the call that shows all of it, as a shell takes it.
func (r Report) Command() string {
	name := r.Name
	if strings.ContainsAny(name, "\"$ ") {
		name = "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return "belay evidence " + name
}

// Shown is a source as people read it.
type Shown struct {
	Name, Verdict, Period string
	Level                 fact.Level
	Found, Blind          []string
}

// Shown are the sources, those that speak against a drop first.
func (r Report) Shown() []Shown {
	var all []Shown
	for _, s := range r.Sources {
		all = append(all, show(s))
	}
	order := []fact.Level{fact.Stop, fact.Look, fact.OK}
	slices.SortStableFunc(all, func(a, b Shown) int {
		return slices.Index(order, a.Level) - slices.Index(order,
			b.Level)
	})
	return all
}

// mostShown is how many findings of a source are shown; JSON has all.
const mostShown = 12

func show(s evidence.Source) Shown {
	out := Shown{Name: s.Name, Verdict: string(s.Verdict), Level: fact.OK, Period: Period(s), Blind: s.Blind}
	switch s.Verdict {
	case evidence.Red:
		out.Level = fact.Stop
	case evidence.Perhaps, evidence.CouldNot:
		out.Level = fact.Look
	}
	if s.Why != "" {
		out.Verdict += ": " + s.Why
	}
	found := slices.Clone(s.Found)
	order := []evidence.Level{evidence.Unasked, evidence.Uses, evidence.Maybe, evidence.Goes}
	slices.SortStableFunc(found, func(a, b evidence.Finding) int {
		return slices.Index(order,
			a.Level) - slices.Index(order, b.Level)
	})
	for i, f := range found {
		if i == mostShown {
			out.Found = append(out.Found, fmt.Sprintf("and %d more (--output json has them)", len(found)-i))
			break
		}
		out.Found = append(out.Found, line(f))
	}
	return out
}

// Period says from when to when a source tells.
func Period(s evidence.Source) string {
	until := s.Until.UTC().Format(stamp)
	switch {
	case s.Verdict == evidence.CouldNot && s.Since.IsZero():
		return ""
	case s.Ever:
		return "since its counters began, never reset, until " + until
	case s.Since.IsZero():
		return "as it stands at " + until
	}
	return "since " + s.Since.UTC().Format(stamp) + ", until " + until
}

func line(f evidence.Finding) string {
	parts := []string{string(f.Level) + ": " + f.What}
	if f.Why != "" {
		parts = append(parts, f.Why)
	}
	if f.Calls > 0 {
		parts = append(parts, measure.Plural(int(f.Calls), "time"))
	}
	if f.Who != "" {
		parts = append(parts, f.Who)
	}
	if !f.Last.IsZero() {
		parts = append(parts, "last "+f.Last.UTC().Format(stamp))
	}
	return strings.Join(parts, "; ")
}

// Database opens the connection of a project's database for [Look].
func Database(ctx context.Context, p *project.Project) (*db.Conn, error) {
	cfg, err := p.Database()
	if err != nil {
		return nil, err
	}
	return Connect(ctx, cfg)
}
