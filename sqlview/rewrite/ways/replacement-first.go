package ways

import (
	"belay/sqlview/rewrite"
)

var _ = add(rewrite.Way{
	ID: "replacement-first",
	Summary: "an index or a constraint that is dropped and made anew is made first, takes the old one's place in one " +
		"moment, and the old one goes last",
	Lifts: []string{
		"index-replaced", "index-nonconcurrent", "drop-index-nonconcurrent", "check-no-notvalid", "fk-no-notvalid",
		"fk-missing-index",
		"unique-no-index", "pk-no-index", "long-tx-after-ae", "statement-after-ae",
	},
	Doc: `
## Files
First the new ones, as if they had been added by themselves, under a name of their own where the old one still has it: an index
CONCURRENTLY, a CHECK or a foreign key NOT VALID and then VALIDATE, a UNIQUE or PRIMARY KEY as the index that it will take over.
Then one transaction, all of it changes in the catalog: the old constraints go, the new ones take their names. Old indexes are
dropped last, CONCURRENTLY.

## In practice
At no moment is there neither of the two. While both are there a row has to satisfy both, as it would before and after. The
index of a new UNIQUE is unique from its build on. While two unique indexes hold the same column, INSERT … ON CONFLICT of two
sessions at once can fail on the second one, as during a REINDEX CONCURRENTLY.

## Left alone
What stands between the two and is neither, such as rows that are changed while no constraint holds them; two tables in turn; CASCADE; DEFERRABLE keys, whose
index would not be deferred until it is taken over; tables with partitions or children; a key that a foreign key needs.
`,
	Together: replacementFirst,
})

// replacement is what becomes of one table's indexes and constraints.
type replacement struct {
	first *rewrite.Piece
	olds  []outgoing
	fresh []incoming
	// table is that of the constraints, head is "ALTER TABLE t"; "" = there are none.
	table, head string
}

func replacementFirst(pieces []*rewrite.Piece) (rewrite.Rewritten, error) {
	if pieces[0].Today == "" {
		return rewrite.Refuse("the date is not known")
	}
	r := replacement{first: pieces[0]}
	for _, p := range pieces {
		if err := r.read(p); err != nil {
			return rewrite.Rewritten{}, err
		}
	}
	var out rewrite.Rewritten
	for i := range r.fresh {
		phases, err := r.build(&r.fresh[i])
		if err != nil {
			return rewrite.Rewritten{}, err
		}
		out.Phases = append(out.Phases, phases...)
	}
	if s := r.swap(); len(s.SQL) > 0 {
		out.Phases = append(out.Phases, s)
	}
	for _, o := range r.olds {
		if o.table == "" {
			out.Phases = append(out.Phases, o.dropIndex())
		}
	}
	return out, nil
}
