package checklist

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/migration"
)

// spelled writes statements with their values in place, for people and for psql.
// belay itself binds them.
func spelled(writes []migration.Write) []string {
	var out []string
	for _, w := range writes {
		sql := w.SQL
		for i := len(w.Args); i > 0; i-- {
			sql = strings.ReplaceAll(sql, fmt.Sprintf("$%d", i), literal(w.Args[i-1]))
		}
		out = append(out, strings.TrimSuffix(strings.TrimSpace(sql), ";"))
	}
	return out
}

// literal is a value as SQL spells it, with standard_conforming_strings on.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool, int, int32, int64, uint, uint32, uint64, float64:
		return fmt.Sprint(v)
	case time.Time:
		return quoted(v.Format(time.RFC3339Nano))
	}
	return quoted(fmt.Sprint(v))
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
