// Package doctor says what this machine, this role and this server allow: it
// looks, and changes nothing.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dump"
	"belay/db/grant"
	"belay/db/inspect"
	"belay/db/ledger"
	"belay/db/scratch"
	"belay/db/trust"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/command"
	"belay/steps/fact"
	"belay/steps/project"
)

// Part is one subject of the examination.
type Part struct {
	Name  string
	Items []fact.Item
}

func (p *Part) say(level fact.Level, hint, format string, args ...any) {
	p.Items = append(p.Items, fact.Item{ID: p.Name, Level: level, Text: fmt.Sprintf(format, args...), Hint: hint})
}

// Look examines machine, server, role and ledger. Where no database is named,
// only the machine.
func Look(ctx context.Context, p *project.Project) []Part {
	if !p.HasDSN() {
		server := Part{Name: "server"}
		server.say(fact.Look, "set $DATABASE_URL, or give --dsn or --target",
			"no database is named: only this machine was looked at")
		return []Part{machine(ctx, p, 0), server}
	}
	c, err := connect(ctx, p)
	if err != nil {
		message, hint := db.Explain(err)
		server := Part{Name: "server"}
		server.say(fact.Stop, hint, "%s", message)
		return []Part{machine(ctx, p, 0), server}
	}
	defer c.Close()
	parts := []Part{machine(ctx, p, c.ServerMajor())}
	for _, look := range []func(context.Context, *project.Project, *db.Conn) (Part, error){server, role, ledgerPart} {
		part, err := look(ctx, p, c)
		if err != nil {
			message, hint := db.Explain(err)
			part.say(fact.Stop, hint, "%s", message)
		}
		parts = append(parts, part)
	}
	return parts
}

// Stops reports whether something stands against a run.
func Stops(parts []Part) bool {
	for _, p := range parts {
		for _, i := range p.Items {
			if i.Level == fact.Stop {
				return true
			}
		}
	}
	return false
}

func connect(ctx context.Context, p *project.Project) (*db.Conn, error) {
	cfg, err := p.Database()
	if err != nil {
		return nil, err
	}
	return db.Connect(ctx, cfg, db.Session{Kind: db.Monitor})
}

// machine looks at the programs and at where a run's story is kept. major is the
// server's; 0 = not known.
func machine(ctx context.Context, p *project.Project, major int) Part {
	m := Part{Name: "machine"}
	if c, err := dump.Find(ctx, p.Flags.PGBin, major); err == nil {
		m.say(fact.OK, "", "pg_dump %s in %s", c.Version(), c.Dir)
	} else {
		m.say(fact.Look, steps.HintOf(err), "no dump can be made here: %v", err)
	}
	if b, err := scratch.FindMajor(p.Flags.PGBin, major); err != nil {
		m.say(fact.Look, "", "no rehearsal can be made here: %v", err)
	} else if major > 0 && b.Major != major {
		m.say(fact.Look, "install PostgreSQL's server programs of that version",
			"the server programs here are of version %d, the server is of %d: a rehearsal says less", b.Major, major)
	} else {
		m.say(fact.OK, "", "PostgreSQL %d server programs in %s, for rehearsals", b.Major, b.Dir)
	}
	m.command(p)
	runs, err := project.RunsDir()
	if err != nil {
		m.say(fact.Stop, "set $XDG_STATE_HOME to a folder that you may write", "no run can be kept: %v", err)
		return m
	}
	m.say(fact.OK, "", "runs are kept in %s", runs)
	m.Items = append(m.Items, Host(runs)...)
	return m
}

// command names the team's own command, where one was found.
func (p *Part) command(of *project.Project) {
	for _, back := range []bool{false, true} {
		what := map[bool]string{false: "migrations", true: "ways back"}[back]
		c, err := of.Command(back)
		switch {
		case err != nil:
			p.say(fact.Stop, steps.HintOf(err), "the team's command for %s: %v", what, err)
		case c == nil:
		case !command.Found(of.Dir, c.Argv[0]):
			p.say(fact.Look, "install it, or run belay where it is",
				"the team's command for %s, %s, has no program here", what, c)
		case of.Foreign() || of.Named(back):
			p.say(fact.OK, "", "the team's command for %s, which belay watches: %s", what, c)
		default:
			p.say(fact.OK, "", "the team's command for %s was found: %s; belay runs the files itself unless you say "+
				"otherwise", what, c)
		}
	}
}

func server(ctx context.Context, _ *project.Project, c *db.Conn) (Part, error) {
	s := Part{Name: "server"}
	id, err := db.Identify(ctx, c)
	if err != nil {
		return s, err
	}
	s.say(fact.OK, "", "PostgreSQL %d.%d, database %s, system %s", id.Major, id.Minor, id.Database, id.SystemIdentifier)
	switch {
	case id.Pooler:
		s.say(fact.Stop, "give the server's own address", "a pooler stands between belay and the server")
	case id.InRecovery:
		s.say(fact.Stop, "give the address of the primary", "this is a standby: it takes no writes")
	case id.Major < 12:
		s.say(fact.Stop, "belay runs on 12 and later", "PostgreSQL %d.%d is too old to run on", id.Major, id.Minor)
	}
	for _, u := range id.Unread {
		s.say(fact.Look, "", "role %s may not read the %s (SQLSTATE %s)", id.CurrentUser, u.What, u.SQLState)
	}
	for _, r := range c.Settings.Refused() {
		s.say(fact.Look,
			"a managed server may fix it; belay's short lock_timeout still bounds what a dead client holds",
			"the server does not take %s", r)
	}
	if c.ServerMajor() < 14 {
		s.say(fact.Look, "",
			"before PostgreSQL 14 the server does not notice a dead client while it waits: lock_timeout and "+
				"statement_timeout bound it")
	}
	return s, nil
}

func role(ctx context.Context, p *project.Project, c *db.Conn) (Part, error) {
	r := Part{Name: "role"}
	f, err := inspect.Preflight(ctx, c, inspect.Scope{Role: cmp.Or(p.Target.Role, c.Role)})
	if err != nil {
		return r, err
	}
	r.say(fact.OK, "", "migrations run as %s", f.Role.Name)
	if f.ReadOnly {
		r.say(fact.Stop, "connect as a role that may write", "sessions here start read-only")
	}
	for _, s := range f.Settings {
		r.say(fact.Look, s.Hint(), "%s", s)
	}
	for _, m := range f.Missing() {
		r.say(fact.Stop, m.Help, "role %s lacks %s on %s", m.Who, m.Need, m.Object)
	}
	if short := f.Connections.Short(steps.RunSessions); short != nil {
		r.say(fact.Stop, short.Advice, "%s: a run needs three", short.Problem)
	}
	if f.HiddenSessions > 0 {
		r.say(fact.Look, "GRANT pg_read_all_stats TO "+pgx.Identifier{c.Config().User}.Sanitize(),
			"%s %s: who stands in the way is named by pid alone", measure.Plural(f.HiddenSessions, "session"),
			measure.Verb(int64(f.HiddenSessions), "does not show what it does", "do not show what they do"))
	}
	var superuser bool
	if err := c.QueryRow(ctx,
		"SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user").Scan(&superuser); err != nil {
		return r, err
	}
	if superuser {
		r.say(fact.Look, "`belay doctor --print-grants` prints roles with the least rights", "the login is a superuser")
	}
	for _, task := range []string{grant.Dump, grant.Smoke} {
		taken, err := grant.Taken(ctx, c, task)
		if err != nil {
			return r, err
		}
		if taken != "" {
			r.say(fact.OK, "", "takes role %s for its task", taken)
		}
	}
	return r, nil
}

// ledgerPart says how the ledger stands, or what stands against making it.
func ledgerPart(ctx context.Context, p *project.Project, c *db.Conn) (l Part, err error) {
	err = c.As(ctx, c.Role, func() (err error) {
		l, err = ledgerPartAs(ctx, p, c, cmp.Or(c.Role, c.Config().User))
		return err
	})
	return l, err
}

func ledgerPartAs(ctx context.Context, p *project.Project, c *db.Conn, user string) (Part, error) {
	l := Part{Name: "ledger"}
	missing, err := ledger.MissingRights(ctx, c)
	if err != nil {
		return l, err
	}
	for _, m := range missing {
		l.say(fact.Look, m.Grant(user), "role %s lacks %s on %s", user, m.Privilege, m.Object)
	}
	if len(missing) > 0 {
		return l, nil
	}
	s, err := ledger.Read(ctx, c)
	if foreign, ok := errors.AsType[*trust.Error](err); ok {
		l.say(fact.Stop, foreign.Hint(), "schema belay is not read: %v", foreign)
		return l, nil
	}
	if err != nil {
		return l, err
	}
	if s.Exists {
		if err := ledger.Check(ctx, c); err != nil {
			l.say(fact.Stop, steps.HintOf(err), "%v", err)
			return l, nil
		}
		l.say(fact.OK, "", "schema belay, version %d, made on %s by %s", s.Version,
			s.CreatedAt.UTC().Format("2006-01-02"), s.CreatedBy)
		return l, nil
	}
	obstacles, err := ledger.Obstacles(ctx, c)
	if err != nil {
		return l, err
	}
	setting := p.Config.Ledger
	if setting == "" {
		setting = "ask"
	}
	l.say(fact.OK, "", "there is none (ledger = %q): a migration needs none", setting)
	if len(obstacles) > 0 {
		e := &ledger.RefusedError{Obstacles: obstacles}
		l.say(fact.Look, e.Hint(), "%s", strings.TrimPrefix(e.Error(), "the ledger is "))
	}
	return l, nil
}
