package synctrigger

import "strings"

// body is the text of a function.
type body struct {
	strings.Builder
	declared bool
}

func (b *body) line(indent int, text string) {
	b.WriteString(strings.Repeat("  ", indent) + text + "\n")
}

// declare adds variables where they are needed.
func (b *body) declare(needed bool, variables ...string) {
	if !needed {
		return
	}
	if !b.declared {
		b.declared = true
		b.line(0, "DECLARE")
	}
	for _, v := range variables {
		b.line(1, v)
	}
}
