package checklist

import (
	"strings"

	"belay/db/inspect"
	"belay/sqlview/effect"
	"belay/steps"
)

// scope is what the plan touches, as whom, and with which rights.
func scope(target steps.Target, folder steps.Folder, judged steps.Judgement) inspect.Scope {
	s := inspect.Scope{
		Relations: touched(judged), Role: target.Roles.Acts, Needs: map[string]inspect.Need{}, MakesNothing: true,
	}
	for _, f := range judged.Files {
		for i, eff := range f.Effects {
			kind := f.Statements[i].Kind
			s.MakesNothing = s.MakesNothing && !makes(kind)
			for n, on := range eff.Locks {
				s.Needs[on.Relation] = both(s.Needs[on.Relation], needOf(kind, n, on))
			}
		}
	}
	if t := folder.Table; t != nil && !t.Exists && len(judged.Files) > 0 {
		s.MakesNothing = false // the tool's own table
	}
	return s
}

// makes reports whether a statement may make something new in a schema. What ALTER
// makes there, such as the index of a constraint, the server asks for itself.
func makes(kind string) bool {
	return kind == "" || strings.HasPrefix(kind, "CREATE") || strings.HasPrefix(kind, "SELECT INTO") ||
		strings.HasPrefix(kind, "IMPORT")
}

// rows are the privileges that work on rows asks for on the statement's own table.
var rows = map[string]string{
	"SELECT": "SELECT", "INSERT": "INSERT", "UPDATE": "UPDATE", "DELETE": "DELETE", "MERGE": "UPDATE", "COPY": "SELECT",
	"TRUNCATE TABLE": "TRUNCATE",
}

// needOf is what a statement needs of the n-th relation that it locks; the first is
// its own. What nobody can know from the statement is left to the server.
func needOf(kind string, n int, on effect.On) inspect.Need {
	privilege, ofRows := rows[kind]
	switch {
	case n == 0 && ofRows:
		return inspect.Need{Any: []string{privilege}}
	case ofRows, readsOnly(kind):
		return inspect.Need{}
	case n == 0 && strings.HasPrefix(kind, "CREATE TRIGGER"):
		return inspect.Need{Any: []string{"TRIGGER"}}
	case kind == "CREATE TABLE" && on.Mode.BlocksWrites():
		return inspect.Need{Any: []string{"REFERENCES"}} // of a foreign key
	case n > 0, kind == "CREATE TABLE":
		return inspect.Need{}
	}
	return inspect.Need{Owner: true}
}

// readsOnly reports a statement whose locks ask for nothing that an owner alone has.
func readsOnly(kind string) bool {
	switch kind {
	case "CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE TABLE AS", "SELECT INTO", "CREATE FUNCTION",
		"CREATE PROCEDURE", "LOCK TABLE", "DO", "CALL", "EXPLAIN", "EXECUTE", "PREPARE", "DECLARE CURSOR", "GRANT",
		"REVOKE", "":
		return true
	}
	return false
}

func both(a, b inspect.Need) inspect.Need {
	a.Owner = a.Owner || b.Owner
	if len(a.Any) == 0 {
		a.Any = b.Any
	}
	return a
}
