package parse

import (
	"context"

	"belay/sqlview/parse/child"
)

// rewritten is the statements that the parser refused and that hold syntax of
// PostgreSQL 18, with the text that stands for each.
type rewritten struct {
	items []item
	shims []*shim
	texts []string
}

func (r *rewritten) add(it item, text string) {
	s, ok := newShim(text)
	if !ok {
		return
	}
	r.items = append(r.items, it)
	r.shims = append(r.shims, s)
	r.texts = append(r.texts, s.text())
}

// settle parses the rewritten texts. A second refusal replaces the first: the
// first stands at syntax that was understood since.
func (r *rewritten) settle(ctx context.Context, p *Parser) error {
	if len(r.items) == 0 {
		return nil
	}
	replies, err := p.ask(ctx, child.Parse, r.texts)
	if err != nil {
		return err
	}
	for i, it := range r.items {
		s := r.shims[i]
		node, off, message := read(r.texts[i], replies[i])
		if message != "" {
			it.Problem = it.problem(s.original(off), message)
			continue
		}
		s.restore(node)
		it.Node, it.Kind, it.Problem, it.Features = node, CommandTag(node), nil, s.features
	}
	return nil
}
