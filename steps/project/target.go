package project

import (
	"os"
	"sort"
	"strings"
	"time"

	"belay/db/dsn"
)

// Limits bounds what a run may cost the application.
type Limits struct {
	LockTimeout time.Duration // first rung
	HoldBudget  time.Duration // longest hold of a unit judged instant
	QueueLimit  int           // sessions behind our granted lock
	Attempts    int
	RetryFor    time.Duration
	// Deadline ends a statement that runs CONCURRENTLY, or one that makes nobody wait.
	Deadline time.Duration
}

// Defaults are the limits that a repository may only tighten.
var Defaults = Limits{
	LockTimeout: 200 * time.Millisecond,
	HoldBudget:  time.Second,
	QueueLimit:  20,
	Attempts:    30,
	RetryFor:    10 * time.Minute,
	Deadline:    6 * time.Hour,
}

// limits are the defaults, tightened by what the target says.
func limits(t TargetConf) Limits {
	l := Defaults
	l.LockTimeout = tighter(l.LockTimeout, t.LockTimeout)
	l.HoldBudget = tighter(l.HoldBudget, t.HoldBudget)
	l.RetryFor = tighter(l.RetryFor, t.RetryFor)
	if t.QueueLimit > 0 {
		l.QueueLimit = min(l.QueueLimit, t.QueueLimit)
	}
	if t.Attempts > 0 {
		l.Attempts = min(l.Attempts, t.Attempts)
	}
	return l
}

func tighter(have time.Duration, want *Duration) time.Duration {
	if want == nil || want.Duration <= 0 {
		return have
	}
	return min(have, want.Duration)
}

// libpqVariables say that the environment names a server the way libpq does.
var libpqVariables = []string{"PGSERVICE", "PGHOST", "PGHOSTADDR", "PGDATABASE"}

// findTarget decides where the connection comes from: --dsn, --target,
// $DATABASE_URL, the only target of belay.toml, the libpq environment. What the
// user says beats what the repository says, and every source is told. The only
// target's settings count for $DATABASE_URL too.
func (p *Project) findTarget() error {
	if p.Flags.DSN != "" && p.Flags.Target != "" {
		return &UsageError{Problem: "--dsn and --target are both given", Advice: "give one of them"}
	}
	if p.Flags.DSN != "" {
		p.DSN, p.DSNFrom = p.Flags.DSN, "--dsn"
		return nil
	}
	if err := p.pickTarget(); err != nil {
		return err
	}
	url := os.Getenv("DATABASE_URL")
	named := p.Target.dsn()
	if named == "" || url != "" && p.Flags.Target == "" {
		p.environment()
		if named != "" {
			p.Warnings = append(p.Warnings,
				"target "+p.TargetName+" in "+FileName+" names a server of its own: $DATABASE_URL counts; --target "+
					p.TargetName+" takes the other")
		}
		return nil
	}
	p.DSN, p.DSNFrom, p.repoDSN = named, "target "+p.TargetName+" in "+FileName, named
	return nil
}

// pickTarget is the target of --target, or the only one there is.
func (p *Project) pickTarget() error {
	name := p.Flags.Target
	if name == "" && len(p.Config.Target) == 1 {
		for only := range p.Config.Target {
			name = only
		}
	}
	if name == "" {
		return nil
	}
	t, ok := p.Config.Target[name]
	if !ok {
		advice := "leave --target out, or give belay.toml a [target." + name + "]: it has no target"
		if names := p.targetNames(); len(p.Config.Target) > 0 {
			advice = "belay.toml has " + strings.Join(names, ", ")
		}
		return &UsageError{Problem: "no target is called " + name, Advice: advice}
	}
	p.TargetName, p.Target = name, t
	return nil
}

// dsn is where the target itself says to connect; "" = it does not.
func (t TargetConf) dsn() string {
	if t.Service != "" {
		return dsn.Keyword("service", t.Service)
	}
	return t.DSN
}

func (p *Project) environment() {
	if url := os.Getenv("DATABASE_URL"); url != "" {
		p.DSN, p.DSNFrom = url, "$DATABASE_URL"
		return
	}
	for _, v := range libpqVariables {
		if os.Getenv(v) != "" {
			p.DSNFrom = "$" + v
			return
		}
	}
}

// HasDSN reports whether there is anything to connect to.
func (p *Project) HasDSN() bool { return p.DSNFrom != "" }

func (p *Project) targetNames() []string {
	names := make([]string, 0, len(p.Config.Target))
	for n := range p.Config.Target {
		names = append(names, n)
	}
	if len(names) == 0 {
		return []string{"none"}
	}
	sort.Strings(names)
	return names
}

// Environment is the word that is known of a database, and where it comes from: the
// user's own store first; belay.toml's where it pins the server, or says production,
// which a repository may always say. "" = nobody said.
func (p *Project) Environment(systemID, database string) (word, from string) {
	declared := p.Target
	if pin, ok := p.Store.Pinned(systemID, database); ok {
		return pin.Environment, "your user configuration"
	}
	switch {
	case declared.Environment != "" && declared.SystemIdentifier == systemID && systemID != "",
		declared.Environment == "production":
		return declared.Environment, "belay.toml"
	}
	return "", ""
}
