// Package parameter tells which run-time parameters change what a migration's
// statements mean or do. belay's own sessions set theirs; the statements run with
// what role, database and DSN give, as they would in the team's tool.
package parameter

import "slices"

// Parameter is one of them.
type Parameter struct {
	Name string
	// Says is what a value other than the server's default changes.
	Says string
	// When are the values that change it; nil = any but the default.
	When []string
	// Stop is true where hardly anybody means it: a person has to say so.
	Stop bool
	// Habit is true where initdb or a server's configuration sets it for everybody:
	// only what role, database or DSN gives is worth a word.
	Habit bool
}

// Names lists the names of all, as PostgreSQL spells them.
func Names() []string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = p.Name
	}
	return out
}

// Habits lists those of which the server's built-in default is not what a server
// has: what somebody says of them counts even where it is that.
func Habits() []string {
	var out []string
	for _, p := range all {
		if p.Habit {
			out = append(out, p.Name)
		}
	}
	return out
}

// Find gives the parameter of a name where the value changes something. habit is
// true where the value comes from the server's configuration.
func Find(name, value string, habit bool) (Parameter, bool) {
	i := slices.IndexFunc(all, func(p Parameter) bool { return p.Name == name })
	if i < 0 || all[i].Habit && habit || all[i].When != nil && !slices.Contains(all[i].When, value) {
		return Parameter{}, false
	}
	return all[i], true
}

var all = []Parameter{
	{Name: "session_replication_role", When: []string{"replica"}, Stop: true,
		Says: "no trigger fires and no foreign key is checked in what the migration writes"},
	{
		Name: "gin_fuzzy_search_limit", Stop: true,
		Says: "a statement that goes by a GIN index leaves rows out, at random",
	},
	{Name: "zero_damaged_pages", Stop: true, Says: "damaged pages are emptied without an error"},
	{Name: "ignore_checksum_failure", Stop: true, Says: "damaged pages are read as they are"},
	{
		Name: "ignore_system_indexes", Stop: true,
		Says: "the catalog is read without its indexes: everything is slow, and what is asked runs into its limits",
	},
	{Name: "allow_system_table_mods", Says: "the catalog itself can be changed"},
	{Name: "track_activities", When: []string{"off"}, Stop: true,
		Says: "nobody sees what this role's sessions do: belay cannot see its own statement either, nor that a " +
			"cancel reached it"},
	{
		Name: "standard_conforming_strings", When: []string{"off"},
		Says: `a backslash in '…' begins an escape: files with one are not analysed`,
	},
	{Name: "backslash_quote", Says: `whether \' stands for a quotation mark`},
	{Name: "transform_null_equals", Says: "x = NULL is read as x IS NULL"},
	{Name: "array_nulls", Says: "NULL in an array's text is the word, not the value"},
	{Name: "xmloption", Says: "XML text has to be a whole document"},
	{Name: "xmlbinary", Says: "bytea is written to XML in another way"},
	{Name: "DateStyle", Habit: true, Says: "01/02/2026 is another day, and dates become text in another form"},
	{Name: "IntervalStyle", Says: "intervals become text in another form"},
	{Name: "TimeZone", Habit: true, Says: "a time without a zone is one of that zone"},
	{Name: "timezone_abbreviations", Habit: true, Says: "abbreviations such as IST name another zone"},
	{Name: "bytea_output", Says: "bytea becomes text in another form"},
	{Name: "extra_float_digits",
		When: []string{
			"0", "-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9", "-10", "-11", "-12", "-13", "-14", "-15",
		},
		Says: "floating point becomes text with digits left out"},
	{Name: "lc_monetary", Habit: true, Says: "money is read and written in another form"},
	{Name: "lc_numeric", Habit: true, Says: "to_char and to_number use other signs"},
	{Name: "lc_time", Habit: true, Says: "to_char writes other names of months and days"},
	{Name: "default_text_search_config", Habit: true, Says: "to_tsvector without a configuration uses another one"},
	{Name: "client_encoding", Habit: true,
		Says: "belay sends files as UTF-8 whatever this says; psql would have the server read them in this encoding, " +
			"and store other letters"},
	{Name: "search_path", Habit: true, Says: "names without a schema are looked for there"},
	{Name: "row_security", When: []string{"off"}, Says: "a statement fails where a policy would hide rows from it"},
	{
		Name: "check_function_bodies", When: []string{"off"},
		Says: "a function's body is not looked at when it is created",
	},
	{Name: "default_tablespace", Says: "new tables and indexes are put there"},
	{Name: "default_table_access_method", Says: "new tables are kept by another access method"},
	{Name: "default_toast_compression", Habit: true, Says: "new columns are compressed by another method"},
	{Name: "default_with_oids", When: []string{"on"}, Says: "new tables get a hidden oid column"},
	{Name: "default_transaction_isolation", Says: "units run in this isolation level, and may fail by serialization"},
	{
		Name: "default_transaction_deferrable", When: []string{"on"},
		Says: "a serializable read-only transaction waits before it begins",
	},
	{Name: "event_triggers", When: []string{"off"}, Says: "no event trigger fires in what the migration does"},
	{Name: "lo_compat_privileges", When: []string{"on"}, Says: "privileges of large objects are not looked at"},
	{Name: "createrole_self_grant", Says: "who creates a role is granted it at once"},
	{Name: "password_encryption", Habit: true, Says: "passwords are stored in this form"},
	{Name: "restrict_nonsystem_relation_kind", Says: "views or foreign tables cannot be read"},
	{Name: "plpgsql.variable_conflict", Says: "a name that is both a variable and a column means another one"},
	{Name: "plpgsql.extra_errors", Says: "functions fail that else would not"},
	{Name: "plpgsql.check_asserts", When: []string{"off"}, Says: "ASSERT does nothing"},
}
