package mend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/draft"
	"belay/steps/fact"
	"belay/steps/judge"
	"belay/steps/menu"
)

// Missing says why an entry cannot be made on the database at hand; "" = it can.
type Missing func(context.Context, menu.Own) (string, error)

// Next is what the start menu was asked for: the next migrations, in the style of the
// tool, with their ways back where they are certain. missing looks for the tables; nil =
// no database is at hand.
func (p Place) Next(ctx context.Context, w steps.Wish, missing Missing) (*steps.Mend, error) {
	entry, ok := menu.Find(w.Entry)
	if !ok {
		return nil, fmt.Errorf("no entry of the start menu is called %s", w.Entry)
	}
	own, err := entry.Read(w.Words)
	if err != nil {
		return refused(fact.NewQuestion, &steps.Refused{Problem: err.Error(), Advice: "write it once more"})
	}
	if missing != nil {
		why, err := missing(ctx, own)
		if err != nil {
			return nil, err
		}
		if why != "" {
			return refused(fact.NewQuestion, &steps.Refused{Problem: why, Advice: "write it once more"})
		}
	}
	m := &steps.Mend{Mend: fact.Mend{Question: fact.NewQuestion, Next: own.Next, Begins: own.Begins}}
	if own.Says != "" {
		m.Says = append(m.Says, own.Says)
	}
	if len(own.Files) == 0 {
		return seal(m), nil
	}
	drafts, err := p.compose(ctx, own.Files)
	if err != nil {
		return refused(fact.NewQuestion, err)
	}
	unsure := 0
	for _, d := range drafts {
		m.Files = append(m.Files, p.files(d.Migration)...)
		if !d.BackKnown {
			unsure++
		}
	}
	if unsure > 0 {
		m.Says = append(m.Says, "no way back is certain for "+measure.Plural(unsure, "file")+": it waits there for you")
	}
	m.Asks = "write " + measure.Plural(len(m.Files), "file") + "?"
	m.Says = append(m.Says, "nothing is overwritten, run or committed; belay reviews what it wrote")
	m.Do = func(context.Context) ([]string, error) {
		written, err := p.write(drafts)
		return p.wrote(written), err
	}
	return seal(m), nil
}

// compose makes the migrations one after the other: each stands behind the one before.
func (p Place) compose(ctx context.Context, files []menu.File) (all []draft.Draft, err error) {
	s := p.Standing
	for _, f := range files {
		d, err := draft.Compose(ctx, s, draft.Request{Title: f.Title, SQL: f.SQL, Now: p.Now})
		if err != nil {
			return nil, err
		}
		all, s = append(all, d), behind(s, d.Migration)
	}
	return all, nil
}

// write writes them all, or none.
func (p Place) write(drafts []draft.Draft) (written []string, err error) {
	s := p.Standing
	for _, d := range drafts {
		paths, err := draft.Write(p.Dir, s, d)
		if err != nil {
			for _, name := range written {
				err = errors.Join(err, os.Remove(filepath.Join(p.Dir, filepath.FromSlash(name))))
			}
			return nil, err
		}
		written, s = append(written, paths...), behind(s, d.Migration)
	}
	return slices.Compact(written), nil
}

// behind is the folder with one more migration.
func behind(s judge.Standing, m migration.Migration) judge.Standing {
	s.Folder.Migrations = append(slices.Clone(s.Folder.Migrations), m)
	return s
}

// Plain is a name as the catalog has it: folded, without quotes, schema "" where none is
// said.
func Plain(name string) (schema, last string) {
	parts := []string{""}
	quoted := false
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '"' && quoted && strings.HasPrefix(name[i+1:], `"`):
			parts[len(parts)-1] += `"`
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, "")
		case quoted:
			parts[len(parts)-1] += string(c)
		default:
			parts[len(parts)-1] += strings.ToLower(string(c))
		}
	}
	if len(parts) > 1 {
		schema = parts[0]
	}
	return schema, parts[len(parts)-1]
}
