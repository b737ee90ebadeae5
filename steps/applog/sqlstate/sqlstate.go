// Package sqlstate knows SQLSTATEs as an application meets them: their names,
// what they tell after a migration, and how servers and drivers spell them in a
// log. The names are those of PostgreSQL's appendix A.
package sqlstate

// Cause is what an error tells of a migration that has just run.
type Cause int

const (
	// Other errors are counted, and judged by their number alone.
	Other Cause = iota
	// Schema is code and schema that do not fit each other.
	Schema
	// Queue is somebody who waited too long, or for each other.
	Queue
	// Server is a server that does not take or keep connections.
	Server
)

type condition struct {
	code, name string
	cause      Cause
}

var conditions = []condition{
	{"0A000", "feature_not_supported", Schema}, // "cached plan must not change result type"
	{"22001", "string_data_right_truncation", Schema},
	{"22003", "numeric_value_out_of_range", Schema},
	{"23502", "not_null_violation", Schema},
	{"23503", "foreign_key_violation", Schema},
	{"23505", "unique_violation", Other},
	{"23514", "check_violation", Schema},
	{"40001", "serialization_failure", Queue},
	{"40P01", "deadlock_detected", Queue},
	{"42501", "insufficient_privilege", Schema},
	{"42702", "ambiguous_column", Schema},
	{"42703", "undefined_column", Schema},
	{"42704", "undefined_object", Schema},
	{"42804", "datatype_mismatch", Schema},
	{"42883", "undefined_function", Schema},
	{"42P01", "undefined_table", Schema},
	{"42P10", "invalid_column_reference", Schema}, // ON CONFLICT without its unique index
	{"428C9", "generated_always", Schema},
	{"53300", "too_many_connections", Server},
	{"55P03", "lock_not_available", Queue},
	{"57014", "query_canceled", Queue},
	{"57P01", "admin_shutdown", Server},
	{"57P03", "cannot_connect_now", Server},
}

// Name is the condition's name, such as undefined_column; "" = none of those
// that belay names.
func Name(code string) string {
	c, _ := find(code)
	return c.name
}

// CauseOf is what an error tells; Other for a code that belay does not name.
func CauseOf(code string) Cause {
	c, _ := find(code)
	return c.cause
}

func find(code string) (condition, bool) {
	for _, c := range conditions {
		if c.code == code {
			return c, true
		}
	}
	return condition{}, false
}

// Valid reports whether a text is spelled as a SQLSTATE: five capital letters
// or digits.
func Valid(code string) bool {
	if len(code) != 5 {
		return false
	}
	for _, r := range code {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// isError is false for the classes of success, warning and no data.
func isError(code string) bool {
	return Valid(code) && code[:2] != "00" && code[:2] != "01" && code[:2] != "02"
}
