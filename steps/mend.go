package steps

import (
	"context"

	"belay/steps/fact"
)

// Mend is a change of the folder's files that waits for a yes.
type Mend struct {
	fact.Mend
	// Do makes it, all or nothing, and says what was done, a line each. It is nil where
	// nothing can be done.
	Do func(context.Context) ([]string, error)
}

// Wish is what a person asked the start menu for.
type Wish struct {
	// Entry is the entry's name, Words what was typed there.
	Entry, Words string
}
