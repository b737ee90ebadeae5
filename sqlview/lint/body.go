package lint

import (
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Body is what can be read from the text of a DO block.
type Body struct {
	Text string
	// DDL names the data definition that stands in the text, such as
	// "CREATE INDEX", each once; statements in a literal EXECUTE included.
	DDL []string
	// Dynamic is true where EXECUTE takes its text from an expression.
	Dynamic bool
}

// Body reads the text of a DO block; nil for every other statement.
func (s Stmt) Body() *Body {
	do := s.Node.GetDoStmt()
	if do == nil {
		return nil
	}
	bodies := s.pass.facts.bodies
	if bodies[s.Index] == nil {
		bodies[s.Index] = bodyOf(do)
	}
	return bodies[s.Index]
}

func bodyOf(do *pg.DoStmt) *Body {
	b := &Body{}
	for _, n := range do.Args {
		if d := n.GetDefElem(); d != nil && d.Defname == "as" {
			b.Text = d.Arg.GetString_().GetSval()
		}
	}
	code, literals := splitLiterals(b.Text)
	b.DDL = ddlIn(code + "\n;" + strings.Join(literals, "\n;"))
	b.Dynamic = dynamic(b.Text)
	return b
}

// ddlWords finds data definition where a statement can start.
var ddlWords = pattern.New(`(?i)(?:^|;|\bTHEN\b|\bELSE\b|\bLOOP\b|\bBEGIN\b)\s*` +
	`((?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+|MATERIALIZED\s+|OR\s+REPLACE\s+|UNLOGGED\s+)?` +
	`(?:TABLE|INDEX|VIEW|TYPE|DOMAIN|SCHEMA|SEQUENCE|TRIGGER|FUNCTION|PROCEDURE|POLICY|RULE|EXTENSION|PUBLICATION)|TRUNCATE|VACUUM|CLUSTER|REINDEX)\b`)

func ddlIn(code string) []string {
	var found []string
	seen := map[string]bool{}
	for _, m := range ddlWords.FindAllStringSubmatch(code, -1) {
		word := strings.ToUpper(strings.Join(strings.Fields(m[1]), " "))
		if !seen[word] {
			seen[word] = true
			found = append(found, word)
		}
	}
	return found
}

var executeLiteral = pattern.New(`(?i)\bEXECUTE\s*$`)

// executeReach is how far in bytes before a literal its EXECUTE is looked for.
const executeReach = 200

// splitLiterals takes comments and quoted text out of code, and gives the
// quoted texts that EXECUTE runs as they stand.
func splitLiterals(text string) (code string, executed []string) {
	var b strings.Builder
	for i := 0; i < len(text); {
		n := quoted(text[i:])
		if n == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		if text[i] == '\'' && n > 1 && executeLiteral.MatchString(b.String()[max(0, b.Len()-executeReach):]) {
			executed = append(executed, strings.ReplaceAll(text[i+1:i+n-1], "''", "'"))
		}
		b.WriteByte(' ')
		i += n
	}
	return b.String(), executed
}

var execute = pattern.New(`(?i)\bEXECUTE\b\s*`)

// dynamic reports whether an EXECUTE is followed by more than one literal.
func dynamic(text string) bool {
	marked := markLiterals(text)
	for _, at := range execute.FindAllStringIndex(marked, -1) {
		rest := strings.TrimSpace(marked[at[1]:])
		after := strings.TrimSpace(strings.TrimPrefix(rest, "\x00"))
		if len(after) == len(rest) || after != "" && after[0] != ';' && !intoOrUsing.MatchString(after) {
			return true
		}
	}
	return false
}

var intoOrUsing = pattern.New(`(?i)^(INTO|USING)\b`)

// markLiterals writes one NUL for each string literal and drops comments.
func markLiterals(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		n := quoted(text[i:])
		if n == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		if text[i] == '\'' || text[i] == '$' {
			b.WriteByte(0)
		}
		i += n
	}
	return b.String()
}

// FunctionsIn lists the functions that an expression calls, as they are
// written: "now", "app.next_code".
func FunctionsIn(tree *pg.Node) []string {
	var names []string
	catalog.Walk(tree, func(m any) bool {
		if f, ok := m.(*pg.FuncCall); ok {
			words := catalog.Strings(f.Funcname)
			if len(words) > 1 && words[0] == "pg_catalog" {
				words = words[1:]
			}
			names = append(names, strings.Join(words, "."))
		}
		return true
	})
	return names
}
