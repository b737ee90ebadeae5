package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-schema", Severity: lint.Stop, Kind: "breaks",
	Summary: "SET SCHEMA",
	Run:     setSchema,
	Doc: `
## Advice
Moving a table to another schema is a rename: do not do it under running code.

## In practice
Every query that finds the object by its old schema fails at once. Where the new schema is on everybody's search_path
and nobody qualifies, nothing breaks; that is for you to know, the statement does not say it.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the table for a moment, no rewrite. Documented: its indexes and owned
sequences move with it.

## Instead
    BEGIN;
    ALTER TABLE old.t SET SCHEMA new;
    CREATE VIEW old.t AS SELECT * FROM new.t;   -- old code goes on
    COMMIT;
`,
})

func setSchema(p *lint.Pass) {
	for s, a := range lint.Each(p, (*pg.Node).GetAlterObjectSchemaStmt) {
		name := s.Name(a.Relation)
		if name == "" {
			name = s.NameOf(objectParts(a.Object))
		}
		if !s.Existed(name) {
			continue
		}
		instead := ""
		if a.Relation != nil {
			instead = fmt.Sprintf("BEGIN;\n%s;\nCREATE VIEW %s AS SELECT * FROM %s;  -- old code goes on\nCOMMIT;",
				s.SQL, lint.Quote(name), lint.Quote(a.Newschema+"."+catalog.Base(name)))
		}
		h := lint.Hazard{
			Relation: name,
			Message:  fmt.Sprintf("Whatever finds %s by its schema fails from this moment on.", name),
			Why:      fmt.Sprintf("The object is %s.%s for all sessions at once.", a.Newschema, catalog.Base(name)),
			Instead:  instead,
		}
		if viewFollows(s, name) {
			h.Severity, h.Instead = lint.Notice, ""
			h.Message = fmt.Sprintf("Queries that name %s go on through the view that takes its place.", name)
		}
		s.Report(h)
	}
}

// objectParts are the name parts of an object that is no relation.
func objectParts(n *pg.Node) []*pg.Node {
	switch {
	case n.GetList() != nil:
		return n.GetList().Items
	case n.GetObjectWithArgs() != nil:
		return n.GetObjectWithArgs().Objname
	case n.GetTypeName() != nil:
		return n.GetTypeName().Names
	}
	return nil
}
