package refusal

import (
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// newIn18 is the syntax that only a grammar of 18 has; NOT ENFORCED of ALTER
// CONSTRAINT is no syntax error before.
var newIn18 = map[parse.FeatureName]string{
	parse.Virtual: "a VIRTUAL generated column", parse.NotEnforced: "NOT ENFORCED", parse.Enforced: "ENFORCED",
	parse.NotNullNotValid: "NOT NULL … NOT VALID", parse.NotNullTable: "NOT NULL as a constraint of a table",
	parse.WithoutOverlaps: "WITHOUT OVERLAPS", parse.Period: "PERIOD in a foreign key",
	parse.ReturningWith: "RETURNING WITH", parse.VacuumOnly: "ONLY in VACUUM and ANALYZE",
	parse.LargeObjects: "LARGE OBJECTS in ALTER DEFAULT PRIVILEGES", parse.Inherit: "INHERIT in ALTER CONSTRAINT",
	parse.NoInherit: "NO INHERIT here",
}

// syntax is the failure of words that the server's grammar does not have yet.
func (c *check) syntax() Failure {
	if c.version < 18 {
		for _, f := range c.st.Features {
			if word := newIn18[f.Name]; word != "" {
				return fail("42601", "%s needs 18", word)
			}
		}
	}
	n := c.st.Node
	for _, f := range features {
		if c.version < f.since && f.in(n) {
			return f.refusedBy(c.version)
		}
	}
	if c.version < newestQuery {
		return newerQuery(n, c.version)
	}
	return none
}

// newestQuery is the first version that has all of featureOf.
const newestQuery = 17

// option reports whether an option is there and not switched off.
func option(all []*pg.Node, name string) bool {
	for _, o := range all {
		if d := o.GetDefElem(); d.GetDefname() == name {
			return d.Arg == nil || d.Arg.GetBoolean().GetBoolval() || d.Arg.GetInteger().GetIval() == 1 ||
				d.Arg.GetString_().GetSval() == "on" || d.Arg.GetString_().GetSval() == "true"
		}
	}
	return false
}
