package catalog

import "slices"

// Details is what a rewrite needs to know of a table word for word: all that
// hangs on it, and what its parts are besides what Relation says. It is how the
// server had it; statements of the run under review do not change it.
type Details struct {
	// Columns are by name, those without a word to say left out.
	Columns map[string]ColumnDetails
	// Hangs is everything in pg_depend that hangs on the table or on one of its
	// columns, but for what is a part of the table itself: its TOAST table, its
	// row type, its defaults.
	Hangs []Hanging
	// Indexes are by "schema.name", Constraints by name.
	Indexes     map[string]IndexDetails
	Constraints map[string]string // comments; "" is left out
	Statistics  []StatisticsDef
	// Grants are the privileges on the table as a whole, the owner's own left out.
	Grants []Privilege
	// ForcedRowSecurity is true where row security holds for the owner too.
	ForcedRowSecurity bool
	// Typed is true for a table that was made OF a type, Extension for one that
	// belongs to an extension.
	Typed, Extension bool
}

// ColumnDetails is what a column has besides its type, default and constraints.
type ColumnDetails struct {
	Comment string
	Grants  []Privilege
	// Statistics is attstattarget; -1 = the server's own.
	Statistics int
	// Options are attoptions, such as "n_distinct=-0.5".
	Options []string
}

// Privilege is a privilege on a table or on one column of it.
type Privilege struct {
	// Grantee is a role; "" = PUBLIC.
	Grantee, Name string
	Grantable     bool
}

// IndexDetails is what the definition of an index does not say.
type IndexDetails struct {
	// Tablespace is "" for the database's own.
	Tablespace, Comment string
	// ReplicaIdentity is true for the index that REPLICA IDENTITY names.
	ReplicaIdentity bool
	// Tuned is true where a column of the index has a statistics target.
	Tuned bool
}

// StatisticsDef is an extended statistics object.
type StatisticsDef struct {
	Name       string // "schema.name"
	Definition string // pg_get_statisticsobjdef
	Comment    string
	Owner      string
	// Target is stxstattarget; -1 = the server's own.
	Target int
	// Columns are those that it names, expressions included.
	Columns []string
}

// Hanging is an object that depends on a table, or on a column of it.
type Hanging struct {
	// Kind and Name are as pg_identify_object prints them: "table constraint",
	// "t_a_check on public.t".
	Kind, Name string
	// Column is the table's; "" = the table as a whole, RowType = its row type.
	Column string
	// Own is true where the object belongs to the table and goes with it.
	Own bool
}

// RowType stands for the row type of a table where a column would.
const RowType = "*"

// HangingOn lists what depends on a column.
func (d *Details) HangingOn(column string) []Hanging {
	var all []Hanging
	for _, h := range d.Hangs {
		if h.Column == column && !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}

// Comment is that of a constraint; "" = none, or not known.
func (d *Details) Comment(constraint string) string {
	if d == nil {
		return ""
	}
	return d.Constraints[constraint]
}

// RowColumn is a column of another table that holds rows of this one, as
// pg_identify_object prints it; "" = none is known.
func (r *Relation) RowColumn() string {
	if r == nil || r.Details == nil {
		return ""
	}
	for _, h := range r.Details.HangingOn(RowType) {
		if h.Kind == "table column" {
			return h.Name
		}
	}
	return ""
}
