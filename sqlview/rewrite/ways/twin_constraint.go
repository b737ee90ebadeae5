package ways

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"
)

// twinConstraint is a CHECK or a foreign key over a column, made again over the
// column's twin.
type twinConstraint struct {
	catalog.Constraint
	// table is whose it is, "schema.name", head "ALTER TABLE" and its name.
	table, head string
	// build is the name that it is made under, definition what it says of the twin.
	build, definition string
	comment           string
}

// readConstraints finds the CHECKs and foreign keys over the column, those of
// other tables that refer to it included.
func (t *twin) readConstraints(p *rewrite.Piece) string {
	for _, k := range t.relation.Constraints {
		if why := t.readConstraint(p, k); why != "" {
			return why
		}
	}
	tables := slices.Clone(t.relation.ReferencedBy)
	if !slices.Contains(tables, t.table) {
		tables = append(tables, t.table)
	}
	for _, child := range tables {
		r := p.Before.Relation(child)
		if r == nil {
			return "the foreign keys of " + child + " are not known"
		}
		for _, k := range r.Constraints {
			if k.Type != catalog.ForeignKey || k.References != t.table || !slices.Contains(k.RefColumns, t.old) {
				continue
			}
			if why := t.readReferring(p, r, k); why != "" {
				return why
			}
		}
	}
	return ""
}

func (t *twin) readConstraint(p *rewrite.Piece, k catalog.Constraint) string {
	if !k.Names(t.old) {
		return ""
	}
	made := twinConstraint{Constraint: k, table: t.table, head: t.head, build: t.freeConstraint(p, t.table, k.Name)}
	st, known := p.Read(rewrite.ConstraintText(k))
	var ok bool
	switch k.Type {
	case catalog.Check:
		if known {
			made.definition, ok = checkOver(st, t.old, t.fresh)
		}
		t.checks = append(t.checks, made)
	case catalog.ForeignKey:
		if known {
			made.definition, ok = keyOver(st, "KEY", t.old, t.fresh), true
		}
		t.keys = append(t.keys, made)
	case catalog.Exclude:
		return "exclusion constraint " + k.Name + " cannot be built while rows are written"
	case catalog.PrimaryKey, catalog.Unique:
		if k.Deferrable {
			return "constraint " + k.Name + " is DEFERRABLE: " + notDeferred
		}
		return ""
	default:
		return ""
	}
	if !ok {
		return "how constraint " + k.Name + " was made is not known, or not understood"
	}
	return ""
}

// readReferring takes in the foreign key of a table that refers to the column.
func (t *twin) readReferring(p *rewrite.Piece, r *catalog.Relation, k catalog.Constraint) string {
	st, known := p.Read(rewrite.ConstraintText(k))
	switch {
	case !known:
		return "how foreign key " + k.Name + " of " + r.Name + " was made is not known"
	case refuseParts(r) != "":
		return "foreign key " + k.Name + " refers to it from " + r.Name + ": " + refuseParts(r)
	}
	made := twinConstraint{
		Constraint: k, table: r.Name, head: "ALTER TABLE " + t.other(r.Name),
		build:      t.freeConstraint(p, r.Name, k.Name),
		definition: keyOver(st, "REFERENCES", t.old, t.fresh), comment: r.Details.Comment(k.Name),
	}
	if r.Name == t.table {
		made.head = t.head
		t.keys = slices.DeleteFunc(t.keys, func(o twinConstraint) bool { return o.Name == k.Name })
		if k.Names(t.old) {
			return "foreign key " + k.Name + " refers from the column to itself"
		}
	}
	t.referring = append(t.referring, made)
	return ""
}

// other writes the name of another table as the source writes this one's: with its
// schema, or without where both are found without.
func (t *twin) other(table string) string {
	if t.as.GetSchemaname() == "" && catalog.Schema(table) == catalog.Schema(t.table) {
		return lint.Ident(catalog.Base(table))
	}
	return lint.Quote(table)
}

func (t *twin) freeConstraint(p *rewrite.Piece, table, name string) string {
	for label := t.label; ; label += "_" + t.label {
		free := catalog.ObjectName(name, "", label)
		if p.Before.Seen(table).Constraint(free) == nil {
			return free
		}
	}
}

const definitionHead = "ALTER TABLE t ADD "

// checkOver is the definition of a CHECK over another column.
func checkOver(st parse.Statement, old, fresh string) (string, bool) {
	edits, ok := columnEdits(st.SQL, st.Node, old, fresh)
	return strings.TrimPrefix(edited(st.SQL, edits), definitionHead), ok
}

// keyOver is the definition of a foreign key with another column in the list
// behind a word, and in those of SET NULL and SET DEFAULT for its own side.
func keyOver(st parse.Statement, word, old, fresh string) string {
	tokens := tokensOf(st.SQL)
	var edits []edit
	for i, t := range tokens {
		switch {
		case is(st.SQL, t, word) && word == "KEY":
			edits = append(edits, listEdits(st.SQL, tokens, i, old, fresh)...)
		case is(st.SQL, t, "SET") && word == "KEY" && i+2 < len(tokens) && is(st.SQL, tokens[i+2], "("):
			edits = append(edits, listEdits(st.SQL, tokens, i+1, old, fresh)...)
		case is(st.SQL, t, word):
			for j := i; j < len(tokens); j++ {
				if is(st.SQL, tokens[j], "(") {
					edits = append(edits, listEdits(st.SQL, tokens, j-1, old, fresh)...)
					break
				}
			}
		}
	}
	return strings.TrimPrefix(edited(st.SQL, edits), definitionHead)
}

// phases make the constraints over the twin, NOT VALID and then VALIDATE.
func constraintPhases(all []twinConstraint, why string) []rewrite.Phase {
	var phases []rewrite.Phase
	for _, k := range all {
		name := lint.Ident(k.build)
		phases = append(phases, rewrite.Phase{
			Title: title(k.table, k.build, "not valid"),
			SQL:   []string{k.head + " ADD CONSTRAINT " + name + " " + unread(k.definition)},
			Final: true, Down: dropConstraint(k.head, k.build), Why: why +
				"; the rows that are there are not read yet",
		})
		if k.Valid {
			phases = append(phases, rewrite.Phase{
				Title: title(k.table, k.build, "validate"), SQL: []string{k.head + " VALIDATE CONSTRAINT " + name},
				Why: "the rows that were there before are read now, while reads and writes go on; a bad row ends " +
					"it and changes nothing",
				Nothing: "nothing to take back: the file before drops the constraint",
			})
		}
	}
	return phases
}
