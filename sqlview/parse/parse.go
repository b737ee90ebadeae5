package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"

	"belay/sqlview/parse/child"
)

// Parse reads sources with a child process of its own, which has ended when it
// returns. There is one File for each source, in order. See Parser.Parse.
func Parse(ctx context.Context, srcs ...[]byte) ([]File, error) {
	var p Parser
	files, err := p.Parse(ctx, srcs...)
	_ = p.Close()
	return files, err
}

// Parse splits and analyses sources. What cannot be analysed carries a Problem:
// a syntax error, SQL too deep or too large, or ctx having ended. The error is
// set only where the child process cannot be started at all.
func (p *Parser) Parse(ctx context.Context, srcs ...[]byte) ([]File, error) {
	files := make([]File, len(srcs))
	var warming sync.WaitGroup
	warming.Go(warm)
	defer warming.Wait()
	var w work
	for i, src := range srcs {
		files[i] = Split(src)
		w.add(&files[i], src)
	}
	replies, err := p.ask(ctx, child.Parse, w.texts)
	if err != nil {
		return files, err
	}
	var again rewritten
	for i, it := range w.items {
		it.settle(w.texts[i], replies[i])
		if replies[i].Failed {
			again.add(it, w.texts[i])
		}
	}
	err = again.settle(ctx, p)
	for i, src := range srcs {
		files[i] = files[i].InSession(src, false)
	}
	return files, err
}

// warm lets protobuf work out the tree's types. That takes as long as parsing a
// hundred statements, and is done while the child starts.
var warm = sync.OnceFunc(func() {
	tree, err := proto.Marshal(&pg.ParseResult{Stmts: []*pg.RawStmt{{Stmt: &pg.Node{}}}})
	if err == nil {
		_ = proto.Unmarshal(tree, new(pg.ParseResult))
	}
})

// work is the statements of all files that go to the parser.
type work struct {
	items []item
	texts []string
}

// item is one statement and the source it stands in.
type item struct {
	*Statement
	src []byte
}

func (w *work) add(f *File, src []byte) {
	for i := range f.Statements {
		st := &f.Statements[i]
		if st.Problem != nil {
			continue
		}
		w.items = append(w.items, item{st, src})
		w.texts = append(w.texts, st.SQL)
	}
}

// settle gives the statement its tree, or says why it has none.
func (it item) settle(text string, r reply) {
	node, off, message := read(text, r)
	if message != "" {
		if name := psqlVariable(text[off:]); name != "" {
			message = "psql variable " + name + ": its value is not in this file"
		}
		it.Problem = it.problem(off, message)
		return
	}
	it.Node, it.Kind = node, CommandTag(node)
}

// problem stands at byte off of the statement. It counts from the statement's
// line, so that many of them in a long file stay cheap.
func (it item) problem(off int, message string) *Problem {
	at := it.Start + off
	lineStart := 1 + bytes.LastIndexByte(it.src[:at], '\n')
	_, column := Position(it.src[lineStart:], at-lineStart)
	line := it.Line + bytes.Count(it.src[it.Start:at], []byte("\n"))
	return &Problem{Line: line, Column: column, Message: message}
}

// read turns a reply into a tree, or into a message and its place in text.
func read(text string, r reply) (node *pg.Node, off int, message string) {
	switch {
	case errors.Is(r.err, errTooDeep):
		return nil, 0, tooDeep
	case r.err != nil:
		return nil, 0, fmt.Sprintf("not analysed: %v", r.err)
	case r.Failed:
		return nil, ByteOffset(text, r.Cursor), serverMessage(string(r.Data))
	}
	var result pg.ParseResult
	if err := proto.Unmarshal(r.Data, &result); err != nil {
		return nil, 0, tooDeep
	}
	if len(result.Stmts) != 1 {
		return nil, 0, fmt.Sprintf("read as %d statements", len(result.Stmts))
	}
	node = result.Stmts[0].Stmt
	switch columns, all := width(node); {
	case columns > mostColumns:
		return nil, 0, fmt.Sprintf("%d columns: a table has at most %d, every server refuses more (54011)", columns,
			mostColumns)
	case all > mostElements:
		return nil, 0, tooDeep
	}
	return node, 0, ""
}

// mostColumns is how many columns a table may have: MaxHeapAttributeNumber, 12 to 18.
// Of mostElements a text is no migration; what judges it looks at each beside each.
const (
	mostColumns  = 1600
	mostElements = 5000
)

// width is how many columns a statement gives a table, and how many parts it has in all.
func width(n *pg.Node) (columns, all int) {
	create := n.GetCreateStmt()
	if f := n.GetCreateForeignTableStmt(); f != nil {
		create = f.GetBaseStmt()
	}
	for _, e := range create.GetTableElts() {
		if d := e.GetColumnDef(); d != nil {
			columns, all = columns+1, all+len(d.Constraints)
		}
	}
	for _, query := range []*pg.Node{n.GetCreateTableAsStmt().GetQuery(), n.GetViewStmt().GetQuery()} {
		q := query.GetSelectStmt()
		for q.GetLarg() != nil { // a UNION has the columns of its first query
			q = q.Larg
		}
		columns += len(q.GetTargetList())
	}
	alter := n.GetAlterTableStmt().GetCmds()
	for _, c := range alter {
		if c.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddColumn {
			columns++
		}
	}
	return columns, all + len(create.GetTableElts()) + len(alter)
}

// serverMessage says it the same way where the parser's own stack was too small.
func serverMessage(message string) string {
	if strings.HasPrefix(message, "memory exhausted") {
		return tooDeep
	}
	return message
}
