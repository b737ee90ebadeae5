package lint

import (
	"slices"
	"strconv"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Left is a setting that a file leaves in the session of the team's tool: one
// that runs all files of a run on one connection carries it into the next file.
type Left struct {
	// Name is in lower case: search_path, role, standard_conforming_strings.
	Name string
	// Values are the words it was set to; of search_path one a schema.
	Values []string
	// Path and Line are where it was set.
	Path string
	Line int
}

// Value is the setting as SHOW would print it.
func (l Left) Value() string { return strings.Join(l.Values, ", ") }

// Leaves is what the session has after the file, where it had those before it.
func (f *File) Leaves(before []Left) []Left {
	left := slices.Clone(before)
	forget := func(name string) {
		left = slices.DeleteFunc(left, func(l Left) bool { return l.Name == name })
	}
	for _, s := range f.Statements {
		switch n := s.Node.GetNode().(type) {
		case *pg.Node_VariableSetStmt:
			v := n.VariableSetStmt
			name := strings.ToLower(v.Name)
			switch {
			case v.IsLocal || v.Kind == pg.VariableSetKind_VAR_SET_CURRENT || strings.HasPrefix(name, "transaction"):
			case v.Kind == pg.VariableSetKind_VAR_RESET_ALL:
				// RESET ALL lets the role be.
				left = slices.DeleteFunc(left, func(l Left) bool {
					return l.Name != "role" && l.Name != "session_authorization"
				})
			case v.Kind == pg.VariableSetKind_VAR_SET_VALUE && !isDefault(v):
				forget(name)
				left = append(left, Left{Name: name, Values: constants(v.Args), Path: f.Path, Line: s.Line})
			case v.Kind == pg.VariableSetKind_VAR_RESET || v.Kind == pg.VariableSetKind_VAR_SET_DEFAULT ||
				v.Kind == pg.VariableSetKind_VAR_SET_VALUE:
				forget(name)
			}
		case *pg.Node_SelectStmt:
			if name, value, ok := setConfigForSession(n.SelectStmt); ok {
				forget(name)
				left = append(left, Left{Name: name, Values: value, Path: f.Path, Line: s.Line})
			}
		case *pg.Node_DiscardStmt:
			if n.DiscardStmt.Target == pg.DiscardMode_DISCARD_ALL {
				left = nil
			}
		}
	}
	return left
}

// isDefault reports SET ROLE NONE, which is what RESET ROLE does.
func isDefault(v *pg.VariableSetStmt) bool {
	return strings.EqualFold(v.Name, "role") && slices.Equal(constants(v.Args), []string{"none"})
}

// constants are the words after SET name =.
func constants(args []*pg.Node) []string {
	var words []string
	for _, a := range args {
		c := a.GetAConst()
		if t := a.GetTypeCast(); t != nil {
			c = t.Arg.GetAConst()
		}
		switch {
		case c.GetIval() != nil:
			words = append(words, strconv.Itoa(int(c.GetIval().Ival)))
		case c.GetFval() != nil:
			words = append(words, c.GetFval().Fval)
		default:
			words = append(words, c.GetSval().GetSval())
		}
	}
	return words
}

// setConfigForSession reads SELECT set_config(name, value, false), as pg_dump
// writes it.
func setConfigForSession(s *pg.SelectStmt) (name string, values []string, ok bool) {
	for _, target := range s.GetTargetList() {
		f := target.GetResTarget().GetVal().GetFuncCall()
		words := catalog.Strings(f.GetFuncname())
		if len(words) == 0 || words[len(words)-1] != "set_config" || len(f.Args) < 3 ||
			f.Args[2].GetAConst().GetBoolval().GetBoolval() {
			continue
		}
		name = strings.ToLower(f.Args[0].GetAConst().GetSval().GetSval())
		value := f.Args[1].GetAConst().GetSval().GetSval()
		if name == "search_path" {
			for p := range strings.SplitSeq(value, ",") {
				values = append(values, strings.Trim(strings.TrimSpace(p), `"`))
			}
			return name, values, true
		}
		return name, []string{value}, name != ""
	}
	return "", nil, false
}
