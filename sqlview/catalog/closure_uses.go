package catalog

import (
	"maps"
	"slices"
	"strings"
)

// sequence follows the defaults that call it.
func (c *closure) sequence(q *Relation, cascaded func(Object)) {
	for name, r := range c.Relations.All() {
		for _, col := range r.Columns {
			if col.Default != "" && strings.Contains(col.Default, "nextval") &&
				c.SequenceCalled(col.Default, name) == q.Name {
				cascaded(Object{DefaultKind, col.Name, name})
			}
		}
	}
}

// SequenceCalled is the sequence that a default of a table calls, as "schema.name";
// "" = none.
func (s *Snapshot) SequenceCalled(expression, table string) string {
	_, rest, ok := strings.Cut(expression, "nextval('")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "'")
	name = strings.ReplaceAll(name, `"`, "")
	if schema, base, ok := strings.Cut(name, "."); ok {
		return schema + "." + base
	}
	if near := Schema(table) + "." + name; s.Relations.Get(near) != nil {
		return near
	}
	return s.Resolve("", name)
}

// calls follows what calls a function: triggers, defaults, checks, indexes; and
// what is noted with the function itself.
func (c *closure) calls(name string, cascaded func(Object)) {
	if f := c.Functions.Get(name); f != nil {
		c.dependents(name, f.Dependents, "", cascaded)
	}
	called := func(text string) bool {
		return text != "" && strings.Contains(text, Base(name)) &&
			slices.ContainsFunc(Calls(text), func(n Call) bool {
				schema, base, ok := strings.Cut(n.Name, ".")
				if !ok {
					schema, base = "", n.Name
				}
				return base == Base(name) && c.Resolve(schema, base) == name
			})
	}
	for table, r := range c.Relations.All() {
		for _, t := range r.Triggers {
			if t.Function == name {
				cascaded(Object{TriggerKind, t.Name, table})
			}
		}
		c.texts(table, r, called, cascaded)
	}
	for _, t := range c.Types.All() {
		for _, k := range t.Constraints {
			if called(k.Expression) {
				cascaded(Object{ConstraintKind, k.Name, t.Name})
			}
		}
	}
}

// texts follows the expressions of a table that say something.
func (c *closure) texts(table string, r *Relation, says func(string) bool, cascaded func(Object)) {
	for _, col := range r.Columns {
		if says(col.Default) {
			cascaded(Object{DefaultKind, col.Name, table})
		}
	}
	for _, k := range r.Constraints {
		if says(k.Expression) {
			cascaded(Object{ConstraintKind, k.Name, table})
		}
	}
	for _, i := range r.Indexes {
		if says(i.Expressions) || says(i.Predicate) {
			cascaded(Object{Index, i.Name, ""})
		}
	}
}

// typed follows columns, domains and typed tables, and what is noted with the
// type itself.
func (c *closure) typed(name string, cascaded func(Object)) {
	for _, u := range c.Users(name) {
		table, column, _ := cutLast(u)
		cascaded(Object{ColumnKind, column, table})
	}
	for other, t := range c.Types.All() {
		if b := c.Type(t.Base); t.Domain && b != nil && b.Name == name {
			cascaded(Object{TypeKind, other, ""})
		}
	}
	for table, r := range c.Relations.All() {
		if r.OfType == name {
			cascaded(c.object(table))
		}
		c.texts(table, r, func(text string) bool { return c.castsTo(text, name) }, cascaded)
	}
	if t := c.Types.Get(name); t != nil {
		c.dependents(name, t.Dependents, "", cascaded)
	}
}

// castsTo reports whether an expression names a type behind a "::".
func (c *closure) castsTo(text, name string) bool {
	if !strings.Contains(text, "::") || !strings.Contains(text, Base(name)) {
		return false
	}
	words := tokens(text)
	for i := 1; i < len(words); i++ {
		if words[i-1] != "::" {
			continue
		}
		schema, base := "", strings.Trim(words[i], `"`)
		if i+2 < len(words) && words[i+1] == "." {
			schema, base = base, strings.Trim(words[i+2], `"`)
		}
		if base == Base(name) && c.Resolve(schema, base) == name {
			return true
		}
	}
	return false
}

// rowTypes lists the columns whose type is the row of a relation.
func (c *closure) rowTypes(relation string) []Object {
	var all []Object
	name := Base(relation)
	for table, r := range c.Relations.Unordered() {
		if r.Kind == Index || r.Kind == Sequence {
			continue
		}
		for _, col := range r.Columns {
			if !strings.Contains(col.Type, name) {
				continue
			}
			if base, _, _ := SplitType(col.Type); base != "" && !strings.Contains(base, " ") &&
				strings.HasSuffix(base, name) &&
				c.Relations.Get(c.resolveText(base)) != nil && c.resolveText(base) == relation &&
				c.Type(col.Type) == nil {
				all = append(all, Object{ColumnKind, col.Name, table})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Object) int { return strings.Compare(a.On, b.On) })
	return all
}

// resolveText is Resolve for a name as format_type prints it.
func (s *Snapshot) resolveText(text string) string {
	text = strings.ReplaceAll(text, `"`, "")
	if schema, name, ok := strings.Cut(text, "."); ok {
		return schema + "." + name
	}
	return s.Resolve("", text)
}

// behind follows what a server, a wrapper, a language or an access method serves.
func (c *closure) behind(o Object, cascaded func(Object)) {
	switch o.Kind {
	case WrapperKind:
		for _, server := range slices.Sorted(maps.Keys(c.Servers)) {
			if c.Servers[server] == o.Name {
				cascaded(Object{ServerKind, server, ""})
			}
		}
	case LanguageKind:
		for name, f := range c.Functions.All() {
			if f.Language == o.Name {
				cascaded(Object{FunctionKind, name, ""})
			}
		}
	default:
		for name, r := range c.Relations.All() {
			if o.Kind == ServerKind && r.Storage.Server == o.Name ||
				o.Kind == MethodKind && r.Storage.AccessMethod == o.Name && r.Kind != Index {
				cascaded(Object{r.Kind, name, ""})
			}
		}
	}
}
