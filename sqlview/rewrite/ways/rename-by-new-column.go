package ways

import (
	"cmp"
	"fmt"
	"regexp"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "rename-by-new-column",
	Summary: "RENAME COLUMN becomes the first half of expand and contract: a new column kept in step both ways",
	Lifts:   []string{"rename-column"},
	Doc: `
## Files
The new column with the same type and collation; a trigger that keeps both in step, whichever of them is written; a backfill; NOT NULL,
proven, where the old column is. The second half is not written: when no code names the old column any more, a later
migration drops the trigger and then the column.

## In practice
Old and new code work side by side from the second file on, in any order of deploys. New code that writes NULL into the new column
of a new row gets what the old column has. The new column stands last in the table.

## Left alone
A column in an index, a constraint or a view, of a partitioned table, with a sequence, an identity or an expression: what hangs
on it would stay behind. Columns of views and types. A table of which nothing is known.
`,
	Run: renameByNewColumn,
})

// typeName is a type as format_type prints it that means the same when it is
// written into a statement.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?( [a-z]+)*(\([0-9, ]+\))?( [a-z]+)*(\[\])*$`)

func renameByNewColumn(p *rewrite.Piece) (rewrite.Rewritten, error) {
	n := p.Node.GetRenameStmt()
	if n.GetRenameType() != pg.ObjectType_OBJECT_COLUMN || n.RelationType != pg.ObjectType_OBJECT_TABLE || n.MissingOk {
		return rewrite.Refuse("only the column of a table that is there is renamed so")
	}
	table := p.Name(n.Relation)
	head := "ALTER TABLE " + rewrite.Written(n.Relation)
	t := newTwin(table, rewrite.Written(n.Relation), head, p.Before.Relation(table), n.Subname, catalog.Truncate(n.Newname))
	if why := cmp.Or(t.refuse(p), t.refuseType()); why != "" {
		return rewrite.Refuse(why)
	}
	old, fresh := lint.Ident(t.old), lint.Ident(t.fresh)
	definition := fresh + " " + t.column().Type
	if c := t.column().Collation; c != "" {
		definition += ` COLLATE "` + c + `"`
	}
	phases := []rewrite.Phase{
		{
			Title: title(table, "add", t.fresh), SQL: []string{head + " ADD COLUMN " + definition},
			Down: []string{head + " DROP COLUMN " + fresh}, Why: "the column under its new name, beside the old one",
		},
		t.sync(bothWays(old, fresh), false, "whoever writes one of the two columns writes both from here on"),
		t.fill(old, fresh+" IS DISTINCT FROM "+old),
	}
	return rewrite.Rewritten{
		Phases: append(phases, t.notNull()...),
		Kept: append(firing(t.relation),
			fmt.Sprintf("column %s.%s and trigger %s stay: when no code names %s any more, drop the trigger, its function and then the column", table, t.old, t.trigger, t.old),
			t.fresh+" stands last in the table: look at INSERT without a list of columns and at SELECT *",
			"the default of "+t.old+" stays with it: the trigger hands it on"),
	}, nil
}

func (t twin) refuseType() string {
	c := t.column()
	if !typeName.MatchString(c.Type) || c.Collation != "" && !regexp.MustCompile(`^[A-Za-z0-9_.-]+$`).MatchString(c.Collation) {
		return "the type " + c.Type + " is known for reading only"
	}
	return ""
}

// bothWays hands a value on, from the column that was written to the other.
func bothWays(old, fresh string) string {
	return fmt.Sprintf(`  IF TG_OP = 'INSERT' THEN
    IF NEW.%[2]s IS NULL THEN NEW.%[2]s := NEW.%[1]s; ELSE NEW.%[1]s := NEW.%[2]s; END IF;
  ELSIF NEW.%[2]s IS DISTINCT FROM OLD.%[2]s THEN NEW.%[1]s := NEW.%[2]s;
  ELSIF NEW.%[1]s IS DISTINCT FROM OLD.%[1]s THEN NEW.%[2]s := NEW.%[1]s;
  END IF;
`, old, fresh)
}
