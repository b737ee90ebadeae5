package catalog

import (
	"strconv"
	"strings"
)

// ObjectName is makeObjectName of the server: name1_name2_label, the longer of
// the two names cut until the whole fits 63 bytes.
func ObjectName(name1, name2, label string) string {
	overhead := 0
	if name2 != "" {
		overhead++
	}
	if label != "" {
		overhead += len(label) + 1
	}
	for len(name1)+len(name2)+overhead > MaxName {
		if len(name1) > len(name2) {
			name1 = cutTo(name1, len(name1)-1)
		} else {
			name2 = cutTo(name2, len(name2)-1)
		}
	}
	parts := []string{name1}
	for _, p := range []string{name2, label} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "_")
}

func cutTo(s string, n int) string {
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// choose makes an object name that is not taken yet, as ChooseRelationName does.
func choose(table, columns, label string, taken func(string) bool) string {
	for i := 0; ; i++ {
		l := label
		if i > 0 {
			l += strconv.Itoa(i)
		}
		if name := ObjectName(table, columns, l); !taken(name) {
			return name
		}
	}
}

// relationName chooses a name for an index or a sequence of a table and gives
// it as "schema.name".
func (e *evolution) relationName(table, columns, label string) string {
	schema := Schema(table)
	return schema + "." + choose(Base(table), columns, label, func(name string) bool {
		return e.relationNamed(schema + "." + name)
	})
}

// relationNamed reports a name of pg_class, where composite types have theirs too.
func (e *evolution) relationNamed(name string) bool {
	t := e.Types.Get(name)
	return e.Relations.Get(name) != nil || t != nil && t.Composite
}

// keyName is relationName for the index of a constraint: no constraint of the schema has
// that name either.
func (e *evolution) keyName(table, columns, label string) string {
	schema := Schema(table)
	return schema + "." + choose(Base(table), columns, label, func(name string) bool {
		return e.relationNamed(schema+"."+name) || e.constraintNamed(schema, name)
	})
}

func (e *evolution) indexName(table string, i IndexDef) string {
	if i.Constraint != "" || i.Primary {
		return e.keyName(table, indexColumns(i), labelOf(i))
	}
	return e.relationName(table, indexColumns(i), labelOf(i))
}

// constraintName chooses a name for a constraint of a table.
func (e *evolution) constraintName(r *Relation, columns, label string) string {
	return choose(Base(r.Name), columns, label, func(name string) bool {
		return r.Constraint(name) != nil || e.constraintNamed(Schema(r.Name), name)
	})
}

// allNames is how many relations are asked, each, for a constraint's name. In a larger
// catalog only those are whose own names begin the constraint's.
const allNames = 200

// constraintNamed reports whether a table of the schema has such a constraint.
func (e *evolution) constraintNamed(schema, name string) bool {
	for i := range name {
		if name[i] == '_' && e.Relations.Get(schema+"."+name[:i]).Constraint(name) != nil {
			return true
		}
	}
	if e.Relations.Len() > allNames {
		return false
	}
	for other, r := range e.Relations.All() {
		if len(r.Constraints) > 0 && Schema(other) == schema && r.Constraint(name) != nil {
			return true
		}
	}
	return false
}
