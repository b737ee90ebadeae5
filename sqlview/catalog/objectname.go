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
		return e.Relations.Get(schema+"."+name) != nil
	})
}

// constraintName chooses a name for a constraint of a table.
func constraintName(r *Relation, columns, label string) string {
	return choose(Base(r.Name), columns, label, func(name string) bool { return r.Constraint(name) != nil })
}
