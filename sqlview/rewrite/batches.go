package rewrite

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// batchesRule finds batches that one transaction makes one.
const batchesRule = "batches-in-one-transaction"

// batched puts neighbouring batches of one UPDATE together again where the file
// would run them as one transaction: one UPDATE can be run in real batches.
func batched(steps []step, found []lint.Hazard) []step {
	if !slices.ContainsFunc(found, func(h lint.Hazard) bool { return h.Rule == batchesRule && counts(h) }) {
		return steps
	}
	var all []step
	for i := 0; i < len(steps); {
		n := sameUpdates(steps[i:])
		if n < 2 {
			all, i = append(all, steps[i]), i+1
			continue
		}
		all, i = append(all, together(steps[i:i+n])), i+n
	}
	return all
}

// sameUpdates counts the steps that are the same UPDATE but for its condition.
func sameUpdates(steps []step) int {
	head, _, ok := updateParts(steps[0])
	if !ok {
		return 1
	}
	n := 1
	for n < len(steps) {
		other, _, ok := updateParts(steps[n])
		if !ok || other != head {
			break
		}
		n++
	}
	return n
}

// together is one UPDATE of the rows that any of the conditions meets. A row
// that two of them meet gets the same value once instead of twice.
func together(steps []step) step {
	s := steps[0]
	head, _, _ := updateParts(s)
	var conditions, leads []string
	for _, b := range steps {
		_, where, _ := updateParts(b)
		conditions = append(conditions, "("+where+")")
		leads = append(leads, b.lead)
	}
	s.SQL, s.statements = []string{head + " WHERE " + strings.Join(conditions, "\n   OR ")}, nil
	s.lead = strings.TrimSpace(strings.Join(leads, "\n"))
	return s
}

// updateParts takes a plain UPDATE apart before and behind its WHERE. ok is
// false for one whose rows or values hang on more than the row itself.
func updateParts(s step) (head, where string, ok bool) {
	u := s.statements[0].Node.GetUpdateStmt()
	if u == nil || u.WhereClause == nil || !plainUpdate(u) {
		return "", "", false
	}
	sql := s.SQL[0]
	at := topLevel(sql, "WHERE")
	if at < 0 ||
		slices.ContainsFunc(parse.Tokens([]byte(sql)), func(t parse.Token) bool {
			return t.Kind == parse.TokenComment
		}) {
		return "", "", false
	}
	return strings.Join(strings.Fields(sql[:at]), " "), strings.TrimSpace(sql[at+len("WHERE"):]), true
}

// plainUpdate is an UPDATE of one table that sets its columns from the row alone
// and not from themselves.
func plainUpdate(u *pg.UpdateStmt) bool {
	if len(u.FromClause) > 0 || len(u.ReturningList) > 0 || u.WithClause != nil {
		return false
	}
	for _, n := range u.TargetList {
		t := n.GetResTarget()
		if slices.Contains(catalog.Columns(t.GetVal()), t.GetName()) || hasQuery(t.GetVal()) {
			return false
		}
	}
	return !hasQuery(u.WhereClause)
}

func hasQuery(n *pg.Node) bool {
	found := false
	catalog.Walk(n, func(m any) bool {
		_, is := m.(*pg.SubLink)
		found = found || is
		return !found
	})
	return found
}

// topLevel is the byte offset of a word outside of parentheses; -1 = nowhere.
func topLevel(sql, want string) int {
	src, depth := []byte(sql), 0
	for _, t := range parse.Tokens(src) {
		switch symbol(src, t) {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 && t.Kind == parse.TokenWord && strings.EqualFold(word(src, t), want) {
			return t.Start
		}
	}
	return -1
}
