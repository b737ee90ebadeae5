package sqlview

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/secret"
)

// Secrets are what of a file must not be shown: the secrets that its text gives away, and
// what goes to a column or an argument which the catalog knows by a name such as password.
func Secrets(f *lint.File) []string {
	all := secret.Values(string(f.Source))
	for i, st := range f.Statements {
		if i < len(f.Catalogs) {
			all = append(all, secret.ValuesOf(st.SQL, knownTo(f.Catalogs[i]))...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// knownTo is what a catalog knows of the names of a text.
func knownTo(s *catalog.Snapshot) secret.Known {
	if s == nil {
		return secret.Known{}
	}
	return secret.Known{
		Columns: func(schema, name string) []string {
			r := s.Relations.Get(s.Resolve(schema, name))
			if r == nil {
				return nil
			}
			var names []string
			for _, c := range r.Columns {
				names = append(names, c.Name)
			}
			return names
		},
		Inputs: func(schema, name string) [][]string {
			if f := s.Functions.Get(s.Resolve(schema, name)); f != nil {
				return f.Inputs
			}
			return nil
		},
	}
}
