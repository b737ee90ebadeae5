package ways

import (
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
)

var _ = add(rewrite.Way{
	ID:      "check-not-valid",
	Summary: "ADD CHECK becomes NOT VALID, then VALIDATE in a file of its own",
	Lifts:   []string{"check-no-notvalid"},
	Doc: `
## Files
Two. The first adds the CHECK NOT VALID: from there on new and changed rows are held to it. The second validates the rows that
were there, while reads and writes go on. The way back of the first drops the constraint.

## In practice
The condition stays as it was written, NO INHERIT too. A CHECK without a name gets the one that the server would have chosen.
An UPDATE of any column of an old row that breaks it fails from the first file on: count those rows before.

## Left alone
Nothing.
`,
	Run: checkNotValid,
})

func checkNotValid(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	k := p.NewConstraint(a.Table)
	if !ok || k == nil {
		return rewrite.Refuse("a constraint of that name is there already")
	}
	return rewrite.Rewritten{Phases: []rewrite.Phase{
		notValid(p, a, k.Name, "new and changed rows are held to it from here on"), validate(a, k.Name),
	}}, nil
}

// notValid is the phase that adds the constraint of the statement as it is
// written, with its name and NOT VALID.
func notValid(p *rewrite.Piece, a rewrite.Alteration, name, why string) rewrite.Phase {
	k := a.Def.GetConstraint()
	sql := a.Head + " " + a.Part + " NOT VALID"
	if k.Conname == "" {
		sql = a.Head + " ADD CONSTRAINT " + lint.Ident(name) + " " + p.SQL[k.Location:a.Offset+len(a.Part)] +
			" NOT VALID"
	}
	return rewrite.Phase{
		Title: title(a.Table, name, "not valid"), SQL: []string{sql}, Down: dropConstraint(a.Head, name),
		Why: why + "; the rows that are there are not read yet",
	}
}
