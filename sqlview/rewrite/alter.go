package rewrite

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// splitAlter takes the text of an ALTER TABLE apart: what comes before its
// commands, and each command. at is the byte offset of the first; 0 where the
// text is no ALTER TABLE.
func splitAlter(sql string) (head string, parts []string, at int) {
	src := []byte(sql)
	tokens := slices.DeleteFunc(parse.Tokens(src), func(t parse.Token) bool { return t.Kind == parse.TokenComment })
	first := commandsAt(src, tokens)
	if first <= 0 || first >= len(tokens) {
		return "", nil, 0
	}
	depth, from := 0, first
	for i := first; i < len(tokens); i++ {
		switch symbol(src, tokens[i]) {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, sql[tokens[from].Start:tokens[i-1].End])
				from = i + 1
			}
		}
	}
	last := tokens[len(tokens)-1]
	return sql[:tokens[first-1].End], append(parts, sql[tokens[from].Start:last.End]), tokens[first].Start
}

// commandsAt is the token behind ALTER TABLE [IF EXISTS] [ONLY] name [*].
func commandsAt(src []byte, tokens []parse.Token) int {
	i := 0
	take := func(words ...string) bool {
		for n, w := range words {
			if i+n >= len(tokens) || !strings.EqualFold(word(src, tokens[i+n]), w) {
				return false
			}
		}
		i += len(words)
		return true
	}
	if !take("ALTER", "TABLE") {
		return 0
	}
	take("IF", "EXISTS")
	paren := take("ONLY") && take("(")
	for i++; i+1 < len(tokens) && symbol(src, tokens[i]) == '.'; {
		i += 2
	}
	if paren {
		take(")")
	}
	take("*")
	return i
}

func word(src []byte, t parse.Token) string { return string(src[t.Start:t.End]) }

func symbol(src []byte, t parse.Token) byte {
	if t.Kind != parse.TokenSymbol {
		return 0
	}
	return src[t.Start]
}

// cut takes an ALTER TABLE of several commands apart into statements of one
// command each. It leaves one whole whose commands the server runs in another
// order than they are written in, where that could matter.
func cut(s step, group int) []step {
	alter := s.statements[0].Node.GetAlterTableStmt()
	if alter == nil || len(alter.Cmds) < 2 || alter.Objtype != pg.ObjectType_OBJECT_TABLE || !inOrder(alter.Cmds) {
		return nil
	}
	head, parts, _ := splitAlter(s.SQL[0])
	if len(parts) != len(alter.Cmds) {
		return nil
	}
	var all []step
	for i, part := range parts {
		n := s
		n.SQL, n.statements, n.group, n.head, n.part = []string{head + " " + part}, nil, group, head, part
		if i > 0 {
			n.lead = ""
		}
		all = append(all, n)
	}
	return all
}

// cutPairs cuts the ALTER TABLEs that both drop a constraint and add one: what
// belongs together is found between statements.
func cutPairs(steps []step) []step {
	var all []step
	for i, s := range steps {
		cmds := s.tree().GetAlterTableStmt().GetCmds()
		has := func(t pg.AlterTableType) bool {
			return slices.ContainsFunc(cmds, func(n *pg.Node) bool { return n.GetAlterTableCmd().GetSubtype() == t })
		}
		if has(pg.AlterTableType_AT_DropConstraint) && has(pg.AlterTableType_AT_AddConstraint) {
			if parts := cut(s, -i-1); len(parts) > 1 {
				all = append(all, parts...)
				continue
			}
		}
		all = append(all, s)
	}
	return all
}

// inOrder reports whether each command may run right after the one before it:
// the server sorts them into passes, and two that it turns round must have no
// name in common.
func inOrder(cmds []*pg.Node) bool {
	for i, n := range cmds {
		later := n.GetAlterTableCmd()
		for _, m := range cmds[:i] {
			earlier := m.GetAlterTableCmd()
			apart := later.Subtype != earlier.Subtype && !defines(later) && !defines(earlier)
			if pass(later) < pass(earlier) && !apart && shareName(m, n) {
				return false
			}
		}
	}
	return true
}

// pass is the server's AT_PASS of a command, in the order of its numbers.
// Source: ATPrepCmd in tablecmds.c of 12 to 18.
func pass(c *pg.AlterTableCmd) int {
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_DropConstraint, pg.AlterTableType_AT_DropNotNull,
		pg.AlterTableType_AT_DropExpression, pg.AlterTableType_AT_DropIdentity:
		return 0
	case pg.AlterTableType_AT_ColumnDefault:
		if c.Def == nil {
			return 0
		}
		return 6
	case pg.AlterTableType_AT_AlterColumnType:
		return 1
	case pg.AlterTableType_AT_AddColumn:
		return 2
	case pg.AlterTableType_AT_AddConstraint:
		return 3
	case pg.AlterTableType_AT_SetNotNull:
		return 4
	}
	return 7
}

// defines reports whether a command makes, changes or takes away what another may
// name, so that their order could matter.
func defines(c *pg.AlterTableCmd) bool {
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn, pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_AlterColumnType,
		pg.AlterTableType_AT_DropConstraint, pg.AlterTableType_AT_DropNotNull:
		return true
	}
	return false
}

func shareName(a, b *pg.Node) bool {
	names := namesIn(a)
	return slices.ContainsFunc(namesIn(b), func(n string) bool { return slices.Contains(names, n) })
}

// namesIn are the names that a command says of columns and constraints.
func namesIn(n *pg.Node) []string {
	var names []string
	catalog.Walk(n, func(m any) bool {
		switch m := m.(type) {
		case *pg.AlterTableCmd:
			names = append(names, m.Name)
		case *pg.ColumnDef:
			names = append(names, m.Colname)
		case *pg.Constraint:
			names = append(names, m.Conname)
			names = append(names, catalog.Strings(slices.Concat(m.Keys, m.FkAttrs))...)
		case *pg.ColumnRef:
			names = append(names, catalog.Strings(m.Fields)...)
		}
		return true
	})
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}
