package execute

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"belay/db"
	"belay/steps"
	"belay/steps/project"
)

// CommandLimits are what the sessions of a command are given: how long they wait for a
// lock, and how long a statement takes at most. 0 = no limit, which a build that runs
// CONCURRENTLY needs: it would leave an INVALID index behind.
func CommandLimits(l project.Limits, p *steps.Plan) (lock, statement time.Duration) {
	lock = l.LockTimeout
	for _, u := range p.Units {
		switch {
		case u.Concurrent:
			return 0, 0
		case u.Patient():
			statement = max(statement, l.Deadline)
		case u.Hold > 0:
			statement = max(statement, lock+u.Hold)
		default:
			statement = max(statement, lock+l.HoldBudget)
		}
	}
	return lock, statement
}

// CommandApplication is the application_name that a command's sessions are given.
func CommandApplication(run string) string {
	return db.Session{Kind: db.Executor, Run: run, Step: "command"}.ApplicationName()
}

// Unenforced says, in sentences, why the limits of PGOPTIONS may not reach the
// command's sessions, as far as the environment tells.
func Unenforced(p *project.Project) []string {
	why := away(p)
	u, err := url.Parse(os.Getenv("DATABASE_URL"))
	if err != nil || u.Scheme == "" {
		return why
	}
	for name, lost := range map[string]string{"options": "belay's limits in PGOPTIONS"} {
		if u.Query().Has(name) {
			why = append(why, fmt.Sprintf("$DATABASE_URL has %s of its own: it goes before %s", name, lost))
		}
	}
	if strings.HasPrefix(u.Scheme, "jdbc") {
		why = append(why, "$DATABASE_URL is for JDBC, which reads neither PGOPTIONS nor PGAPPNAME")
	}
	return why
}

// away says of a command that works in a container or on another host that the environment
// does not come along.
func away(p *project.Project) []string {
	c, err := p.Command(false)
	if err != nil || c == nil {
		return nil
	}
	for _, word := range append(c.Argv, strings.Fields(c.Script)...) {
		switch path.Base(word) {
		case "docker", "docker-compose", "podman", "kubectl", "ssh", "nerdctl":
			return []string{
				path.Base(word) + " runs it elsewhere, where neither PGOPTIONS nor PGAPPNAME come along by themselves",
			}
		}
	}
	return nil
}

// environ is the environment of the command: the team's own, with our limits and name.
func (c *commander) environ() []string {
	var options []string
	var kept []string
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		switch name {
		case "PGOPTIONS":
			options = append(options, value)
		case "PGAPPNAME":
		default:
			kept = append(kept, kv)
		}
	}
	options = append(options, fmt.Sprintf("-c lock_timeout=%d -c statement_timeout=%d", c.lock.Milliseconds(),
		c.statement.Milliseconds()))
	return append(kept, "PGOPTIONS="+strings.Join(options, " "), "PGAPPNAME="+c.application)
}

// mark is how the command's processes are known by their environment.
func (c *commander) mark() string { return "PGAPPNAME=" + c.application }
