package catalog

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// formatted maps the parser's names of built-in types to what format_type prints.
var formatted = map[string]string{
	"int2": "smallint", "int4": "integer", "int8": "bigint", "int": "integer",
	"float4": "real", "float8": "double precision", "bool": "boolean",
	"varchar": "character varying", "bpchar": "character", "char": `"char"`,
	"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
	"time": "time without time zone", "timetz": "time with time zone",
	"varbit": "bit varying", "decimal": "numeric",
}

var serials = map[string]string{
	"serial": "integer", "serial4": "integer",
	"bigserial": "bigint", "serial8": "bigint",
	"smallserial": "smallint", "serial2": "smallint",
}

// SerialBase is the integer type behind a serial pseudo type; false for any
// other type.
func SerialBase(t *pg.TypeName) (string, bool) {
	words := Strings(t.GetNames())
	if len(words) == 0 || len(words) == 2 && words[0] != "pg_catalog" || len(words) > 2 {
		return "", false
	}
	base, ok := serials[words[len(words)-1]]
	return base, ok
}

// TypeText writes a type as format_type prints it, such as
// "character varying(20)" or "app.state[]"; serial types as their integers.
func TypeText(t *pg.TypeName) string {
	if t == nil {
		return ""
	}
	if base, ok := SerialBase(t); ok {
		return base
	}
	name, zone := typeBase(t)
	if mods := typeModifiers(name, t.Typmods); mods != "" {
		name += "(" + mods + ")"
	}
	return name + zone + strings.Repeat("[]", len(t.ArrayBounds))
}

func typeBase(t *pg.TypeName) (name, zone string) {
	words := Strings(t.Names)
	system := len(words) == 2 && words[0] == "pg_catalog"
	if system {
		words = words[1:]
	}
	name = strings.Join(words, ".")
	if name == "bpchar" && len(t.Typmods) == 0 {
		return name, ""
	}
	// A bare "char" in the tree is the quoted one-byte type only when written
	// without a schema; the keyword char arrives as pg_catalog.bpchar.
	if f, ok := formatted[name]; ok {
		name = f
	}
	if len(t.Typmods) > 0 {
		for _, z := range []string{" without time zone", " with time zone"} {
			if base, ok := strings.CutSuffix(name, z); ok {
				return base, z
			}
		}
	}
	return name, ""
}

func typeModifiers(name string, mods []*pg.Node) string {
	if name == "interval" {
		return intervalPrecision(mods)
	}
	var words []string
	for _, m := range mods {
		c := m.GetAConst()
		switch {
		case c.GetIval() != nil:
			words = append(words, strconv.Itoa(int(c.GetIval().Ival)))
		case c.GetSval() != nil:
			words = append(words, c.GetSval().Sval)
		case m.GetColumnRef() != nil:
			words = append(words, strings.Join(Strings(m.GetColumnRef().Fields), "."))
		}
	}
	if name == "numeric" && len(words) == 1 {
		words = append(words, "0")
	}
	return strings.Join(words, ",")
}

// intervalPrecision leaves out the field mask that comes before the precision.
func intervalPrecision(mods []*pg.Node) string {
	if len(mods) < 2 {
		return ""
	}
	return strconv.Itoa(int(mods[1].GetAConst().GetIval().GetIval()))
}

// Strings reads a list of string nodes, such as column names or name parts.
func Strings(nodes []*pg.Node) []string {
	var words []string
	for _, n := range nodes {
		if s := n.GetString_(); s != nil {
			words = append(words, s.Sval)
		}
	}
	return words
}

// SplitType takes a type as format_type prints it apart: base name without
// modifiers ("timestamp without time zone"), modifiers, array or not.
func SplitType(text string) (base string, mods []int, array bool) {
	text, array = strings.CutSuffix(text, "[]")
	open := strings.IndexByte(text, '(')
	end := strings.IndexByte(text, ')')
	if open < 0 || end < open {
		return text, nil, array
	}
	for w := range strings.SplitSeq(text[open+1:end], ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(w)); err == nil {
			mods = append(mods, n)
		}
	}
	return text[:open] + text[end+1:], mods, array
}

// Type finds an enum, domain or composite by the text of a column's type, with
// or without schema, modifiers and brackets; nil = not known, or built in.
func (s *Snapshot) Type(text string) *Type {
	if s == nil {
		return nil
	}
	base, _, _ := SplitType(text)
	base = strings.ReplaceAll(base, `"`, "")
	if schema, name, ok := strings.Cut(base, "."); ok {
		return s.Types.Get(schema + "." + name)
	}
	return s.Types.Get(s.Resolve("", base))
}

// ColumnType writes a type as a column has it: with its schema where the catalog
// knows it.
func (s *Snapshot) ColumnType(t *pg.TypeName) string {
	text := TypeText(t)
	base, _, _ := SplitType(text)
	if strings.Contains(base, ".") {
		return text
	}
	if known := s.Type(base); known != nil {
		return known.Name + strings.TrimPrefix(text, base)
	}
	return text
}
