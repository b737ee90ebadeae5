package checklist

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/migration"
	"belay/sqlview/pattern"
)

// spelled writes statements with their values in place, for people and for psql.
// belay itself binds them.
func spelled(writes []migration.Write) []string {
	var out []string
	for _, w := range writes {
		sql := parameter.ReplaceAllStringFunc(w.SQL, func(name string) string {
			i, err := strconv.Atoi(name[1:])
			if err != nil || i < 1 || i > len(w.Args) {
				return name
			}
			return literal(w.Args[i-1])
		})
		out = append(out, strings.TrimSuffix(strings.TrimSpace(sql), ";"))
	}
	return out
}

// parameter is replaced in one pass: a value may hold a $1 of its own.
var parameter = pattern.New(`\$[0-9]+`)

// literal is a value as SQL spells it, with standard_conforming_strings on.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool, int, int32, int64, uint, uint32, uint64, float64:
		return fmt.Sprint(v)
	case []byte:
		return fmt.Sprintf(`'\x%x'::pg_catalog.bytea`, v)
	case []string:
		var all []string
		for _, s := range v {
			all = append(all, quoted(s))
		}
		return "ARRAY[" + strings.Join(all, ", ") + "]::pg_catalog.text[]"
	case time.Time:
		return quoted(v.Format(time.RFC3339Nano))
	}
	return quoted(fmt.Sprint(v))
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
