package lint

import (
	"strconv"
	"strings"
	"time"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Setting is a timeout as a statement of the file meets it.
type Setting struct {
	// Set is true where a limit is in force.
	Set      bool
	Duration time.Duration
	// Line is where it was last set or reset; 0 = nowhere in the file.
	Line int
	// Local is true where it was set for a transaction that has ended, or
	// outside of one, and so is not in force any more.
	Local bool
}

// Setting follows a timeout from the head of the file up to the statement.
func (s Stmt) Setting(name string) Setting {
	var session, local Setting
	localIn := Alone
	for _, e := range s.pass.facts.sets[name] {
		if e.index >= s.Index {
			break
		}
		set, in := e.Setting, s.pass.File.Transactions[e.index]
		switch {
		case set.Local && in != Alone:
			set.Local = false
			local, localIn = set, in
		case set.Local:
			session.Local = true
		default:
			session, local = set, Setting{}
			localIn = Alone
		}
	}
	if localIn != Alone && localIn == s.Transaction() {
		return local
	}
	return session
}

// SetLater is the line of a later SET of the timeout; 0 = there is none.
func (s Stmt) SetLater(name string) int {
	for _, e := range s.pass.facts.sets[name] {
		if e.index > s.Index && e.Set {
			return e.Line
		}
	}
	return 0
}

// sets reads SET, RESET and SELECT set_config(…).
func (s Stmt) sets(name string) (Setting, bool) {
	set := Setting{Line: s.Line}
	if v := s.Node.GetVariableSetStmt(); v != nil {
		if v.Kind == pg.VariableSetKind_VAR_RESET_ALL {
			return set, true
		}
		if !strings.EqualFold(v.Name, name) {
			return set, false
		}
		set.Local = v.IsLocal
		if len(v.Args) > 0 {
			set.Duration = duration(v.Args[0].GetAConst())
		}
		set.Set = set.Duration > 0
		return set, true
	}
	return s.setConfig(name, set)
}

func (s Stmt) setConfig(name string, set Setting) (Setting, bool) {
	for _, target := range s.Node.GetSelectStmt().GetTargetList() {
		f := target.GetResTarget().GetVal().GetFuncCall()
		words := catalog.Strings(f.GetFuncname())
		if len(words) == 0 || words[len(words)-1] != "set_config" || len(f.Args) < 2 {
			continue
		}
		if f.Args[0].GetAConst().GetSval().GetSval() != name {
			continue
		}
		set.Duration = duration(f.Args[1].GetAConst())
		set.Set = set.Duration > 0
		set.Local = len(f.Args) > 2 && f.Args[2].GetAConst().GetBoolval().GetBoolval()
		return set, true
	}
	return set, false
}

var timeText = pattern.New(`^\s*([0-9.]+)\s*(us|ms|s|min|h|d)?\s*$`)

var timeUnits = map[string]time.Duration{
	"us": time.Microsecond, "": time.Millisecond, "ms": time.Millisecond, "s": time.Second,
	"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
}

// duration reads a timeout as PostgreSQL does: a bare number is milliseconds.
func duration(c *pg.A_Const) time.Duration {
	text := c.GetSval().GetSval()
	switch {
	case c.GetIval() != nil:
		text = strconv.Itoa(int(c.GetIval().Ival))
	case c.GetFval() != nil:
		text = c.GetFval().Fval
	}
	m := timeText.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0
	}
	return time.Duration(n * float64(timeUnits[m[2]]))
}

var localWord = pattern.New(`(?i)^SET\s+LOCAL\b`)

// WithoutLocal writes SET LOCAL as SET.
func WithoutLocal(sql string) string { return localWord.ReplaceAllString(sql, "SET") }

// longestWait is how long a statement may wait for its lock and still be said to
// give up soon.
const longestWait = 2 * time.Second

// GivesUp reports whether the statement soon gives up waiting for its lock, and
// nothing that its transaction took before is held meanwhile.
func (s Stmt) GivesUp() bool {
	t := s.Setting("lock_timeout")
	return t.Set && t.Duration <= longestWait && len(s.Held()) == 0
}
