package proof

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// Listener is an enabled event trigger. Its code may change what a statement made before
// anybody looks: the catalog then shows what that code left.
type Listener struct {
	// Owner is "" of one that a file of the run makes.
	Name, Owner string
	// Event is such as "ddl_command_end".
	Event string
	// Tags are the command tags at which its code runs; empty = at all.
	Tags []string
}

// Heard are the statements at which the code of a listener runs, in order, and whose code
// that is: those that are given, and those that the files make or enable before.
func Heard(files []File, all []Listener) (by []Listener, at []Place) {
	all = slices.Clone(all)
	for _, f := range files {
		for _, st := range f.Statements {
			heard, tag := false, st.Kind
			if st.Node.GetSelectStmt().GetIntoClause() != nil {
				tag = "SELECT INTO" // an event trigger's word for it
			}
			for _, l := range all {
				if !l.hears(tag) {
					continue
				}
				heard = true
				if !slices.ContainsFunc(by, func(o Listener) bool { return o.Name == l.Name }) {
					by = append(by, l)
				}
			}
			if heard {
				at = append(at, Place{Path: f.Path, Line: st.Line, Statement: st.Index, Kind: st.Kind})
			}
			all = append(all, made(st)...)
		}
	}
	return by, at
}

// made is the event trigger that a statement makes or enables. Of one that it enables the
// events are not in the text.
func made(st parse.Statement) []Listener {
	if s := st.Node.GetCreateEventTrigStmt(); s != nil {
		l := Listener{Name: catalog.Truncate(s.Trigname), Event: strings.ToLower(s.Eventname)}
		for _, w := range s.Whenclause {
			for _, tag := range catalog.Strings(w.GetDefElem().GetArg().GetList().GetItems()) {
				l.Tags = append(l.Tags, strings.ToUpper(tag))
			}
		}
		return []Listener{l}
	}
	if s := st.Node.GetAlterEventTrigStmt(); s != nil && s.Tgenabled != "D" {
		return []Listener{{Name: catalog.Truncate(s.Trigname)}}
	}
	return nil
}

// hears reports whether the code runs at a statement of this command tag.
func (l Listener) hears(tag string) bool {
	if l.Event == "login" || !fires(tag) || len(l.Tags) > 0 && !slices.Contains(l.Tags, tag) {
		return false
	}
	mayDrop := strings.HasPrefix(tag, "DROP ") || strings.HasPrefix(tag, "ALTER ")
	return mayDrop || l.Event != "sql_drop" && l.Event != "table_rewrite"
}

// unheard are the objects of the whole cluster: no event trigger fires for them.
// Source: PostgreSQL's documentation, "Event Trigger Firing Matrix".
var unheard = []string{"DATABASE", "ROLE", "TABLESPACE", "EVENT", "SYSTEM"}

// fires reports a command tag at which event triggers run.
func fires(tag string) bool {
	words := append(strings.Fields(tag), "", "")
	switch words[0] {
	case "ALTER", "CREATE", "DROP", "GRANT", "REVOKE":
		return !slices.Contains(unheard, words[1])
	case "COMMENT", "IMPORT", "REFRESH", "REINDEX", "SECURITY":
		return true
	}
	return tag == "SELECT INTO"
}
