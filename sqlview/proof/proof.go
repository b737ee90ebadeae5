// Package proof holds what a database shows after a run against what the statements of
// the run say that they do. The server's word for a statement is not enough: an event
// trigger may take back what it made, IF NOT EXISTS may have met another's table, and
// code at COMMIT comes after every answer.
package proof

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// File is what ran, with its statements in order.
type File struct {
	Path       string
	Statements []parse.Statement
}

// Place names a statement.
type Place struct {
	Path string
	// Line counts from 1, Statement from 0 within the file.
	Line, Statement int
	Kind            string // PostgreSQL's command tag; "" = not analysed
}

// Finding is what the catalog answers otherwise than the statement says.
type Finding struct {
	Place
	// Text says what is there instead, such as "column public.t.note is not there".
	Text string
	// Doubt is true where that may be right all the same: IF NOT EXISTS met something,
	// or code that nobody reads ran later.
	Doubt bool
}

// Result is the answer for all files of a run.
type Result struct {
	Findings []Finding
	// Unasked are the statements whose effect no catalog shows, such as an UPDATE.
	Unasked []Place
	// Asked counts the claims that were held against the catalog.
	Asked int
	// Each are all statements, in order, with what became of their claims.
	Each []Standing
}

// Standing is what the catalog shows of one statement.
type Standing struct {
	Place
	// Asked counts its claims; a later statement may have taken some of them over.
	Asked int
	// Wrong are the claims that the catalog answers otherwise.
	Wrong []string
	// Unasked is true where something of it shows in no catalog.
	Unasked bool
}

// Of asks the catalog, as it was read after the run, for what the files say. Role is who
// the statements ran as; "" = not known. A later statement takes the word of an earlier
// one: what a file makes and drops is asked for as gone.
func Of(after *catalog.Snapshot, role string, files []File) Result {
	b := book{scope: after.Clone(), role: role, on: map[string][]*claim{}, indexes: map[string][]*claim{}}
	for _, f := range files {
		b.deaf = false
		for _, st := range f.Statements {
			b.place = Place{Path: f.Path, Line: st.Line, Statement: st.Index, Kind: st.Kind}
			b.all = append(b.all, b.place)
			b.read(st)
		}
	}
	return b.held(after)
}

// held is the answer of the catalog to the claims that still count.
func (b *book) held(after *catalog.Snapshot) Result {
	r := Result{Unasked: b.unasked, Each: make([]Standing, len(b.all))}
	each := make(map[Place]*Standing, len(b.all))
	for i, p := range b.all {
		r.Each[i] = Standing{Place: p}
		each[p] = &r.Each[i]
	}
	for _, p := range b.unasked {
		each[p].Unasked = true
	}
	for _, c := range b.claims {
		if c.gone {
			continue
		}
		r.Asked++
		s, text := each[c.place], c.wrong(after)
		if text == moot {
			continue
		}
		s.Asked++
		if text != "" {
			r.Findings = append(r.Findings, Finding{Place: c.place, Text: text, Doubt: c.doubt})
			s.Wrong = append(s.Wrong, text)
		}
	}
	return r
}

// moot is the answer to a claim about something that is not there: that is said once, by
// the claim of the thing itself.
const moot = "moot"

// claim is one thing that a statement says of the catalog.
type claim struct {
	place Place
	// on is the relation, or the object itself; part what of it is meant: "" = that it
	// is there at all, else such as "column note" or "column note type".
	on, part string
	// columns are those that the part stands or falls with.
	columns []string
	doubt   bool
	gone    bool // another took its place, or what it is about was dropped
	// check says what the catalog shows instead, of the object under its name of now;
	// "" = the claim holds.
	check func(after *catalog.Snapshot, on string) string
}

func (c *claim) wrong(after *catalog.Snapshot) string { return c.check(after, c.on) }

// book is the claims so far, while the statements are read in order.
type book struct {
	// scope resolves names as the statement in hand does.
	scope *catalog.Snapshot
	role  string
	place Place
	all   []Place
	// claims are all that were put down, in order; on has those that still count, by
	// their object, and indexes those of them that name an index as a part, by it.
	claims  []*claim
	on      map[string][]*claim
	indexes map[string][]*claim
	// softened is how many of the claims are in doubt because of code that nobody reads.
	softened int
	unasked  []Place
	// deaf is true where the file asked the server not to say what IF NOT EXISTS met.
	deaf bool
}

// add puts down a claim in place of an earlier one about the same.
func (b *book) add(on, part string, check func(*catalog.Snapshot, string) string) *claim {
	b.forget(on, func(c *claim) bool { return c.part == part })
	c := &claim{place: b.place, on: on, part: part, check: check}
	b.claims = append(b.claims, c)
	b.on[on] = append(b.on[on], c)
	if strings.HasPrefix(part, indexPart) {
		b.indexes[part] = append(b.indexes[part], c)
	}
	return c
}

// indexPart begins the part of a claim that a relation has an index.
const indexPart = "index "

// forget takes back the claims of an object that are meant.
func (b *book) forget(on string, which func(*claim) bool) {
	b.on[on] = slices.DeleteFunc(b.on[on], func(c *claim) bool {
		c.gone = c.gone || which(c)
		return c.gone
	})
}

// forgetIndex takes back what was said of an index, on whatever relation.
func (b *book) forgetIndex(name string) {
	for _, c := range b.indexes[indexPart+name] {
		b.forget(c.on, func(other *claim) bool { return other == c })
	}
	delete(b.indexes, indexPart+name)
}

// dropped forgets what was said of an object with all its parts.
func (b *book) dropped(on string) {
	b.forget(on, func(*claim) bool { return true })
}

// droppedColumn forgets a column and what stands or falls with it.
func (b *book) droppedColumn(on, column string) {
	b.forget(on, func(c *claim) bool { return slices.Contains(c.columns, column) })
}

// moved follows an object to its new name.
func (b *book) moved(from, to string) {
	if from == to {
		return
	}
	for _, c := range b.on[from] {
		c.on = to
	}
	b.on[to] = append(b.on[to], b.on[from]...)
	delete(b.on, from)
}

// soften: code that nobody reads may have changed what was said so far.
func (b *book) soften() {
	for _, c := range b.claims[b.softened:] {
		c.doubt = true
	}
	b.softened = len(b.claims)
}

// skip notes that no catalog shows what the statement did.
func (b *book) skip() {
	if n := len(b.unasked); n > 0 && b.unasked[n-1] == b.place {
		return
	}
	b.unasked = append(b.unasked, b.place)
}

// there and gone claim that an object, or a part of one, is there or not.
func (b *book) there(kind, on string, find func(*catalog.Snapshot, string) bool) *claim {
	return b.add(on, "", func(after *catalog.Snapshot, on string) string {
		if find(after, on) {
			return ""
		}
		return fmt.Sprintf("%s %s is not there", kind, on)
	})
}

func (b *book) gone(kind, on string, find func(*catalog.Snapshot, string) bool) {
	b.dropped(on)
	b.add(on, "", func(after *catalog.Snapshot, on string) string {
		if !find(after, on) {
			return ""
		}
		return fmt.Sprintf("%s %s is still there", kind, on)
	})
}

// known reports a relation that is there now, or that a statement made or changed.
func (b *book) known(name string) bool {
	return isRelation(b.scope, name) || len(b.on[name]) > 0
}

// name resolves a relation that may be gone by now: what statements said of it counts.
func (b *book) name(r *pg.RangeVar) string {
	if r.GetSchemaname() == "" {
		for _, schema := range b.scope.Path() {
			if name := schema + "." + catalog.Truncate(r.GetRelname()); b.known(name) {
				return name
			}
		}
	}
	return b.scope.Name(r)
}

// of claims something of a relation that must be there for it.
func (b *book) of(on, part string, columns []string, check func(*catalog.Relation) string) *claim {
	known := b.known(on)
	c := b.add(on, part, func(after *catalog.Snapshot, on string) string {
		r := after.Relations.Get(on)
		if r == nil {
			return on + " is not there"
		}
		return check(r)
	})
	c.columns = columns
	// Where the table is in none of the schemas of the path, its schema is a guess.
	c.doubt = !known && len(b.scope.Path()) > 1
	return c
}

func isRelation(s *catalog.Snapshot, name string) bool { return s.Relations.Get(name) != nil }
func isType(s *catalog.Snapshot, name string) bool     { return s.Types.Get(name) != nil }
func isFunction(s *catalog.Snapshot, name string) bool { return s.Functions.Get(name) != nil }
func isSchema(s *catalog.Snapshot, name string) bool   { return s.Schemas[name] }

func hasPublication(s *catalog.Snapshot, name string) bool {
	return slices.ContainsFunc(s.Publications, func(p catalog.Publication) bool { return p.Name == name })
}

// sameType compares types as two texts spell them: without schema, quotes and the fields of
// an interval. "" on either side = nobody knows, and nothing is said.
func sameType(a, b string) bool {
	a, b = plainType(a), plainType(b)
	return a == "" || b == "" || a == b
}

func plainType(t string) string {
	t = strings.ToLower(strings.ReplaceAll(t, `"`, ""))
	t = strings.ReplaceAll(strings.ReplaceAll(t, " ", ""), "[][]", "[]")
	if strings.HasPrefix(t, "interval") {
		return "interval" + t[len(strings.TrimRight(t, "[]")):]
	}
	name, mods, _ := strings.Cut(t, "(")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return name + "(" + mods
}
