package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "reserved-name", Severity: lint.Notice, Kind: "style",
	Summary: "reserved word or mixed case as a name",
	Run:     reservedName,
	Doc: `
## Advice
Lower case, words joined by underscores, no reserved words.

## In practice
A reserved word or a capital letter must be quoted by everybody, always, in every tool. Without the quotes "User" is user,
which is the name of the role that is logged in: a query that runs and answers something else.

## Measured
Documented for 10 to 18: SELECT * FROM user reads the name of the current role.

## Instead
    CREATE TABLE app_user (…);
`,
})

func reservedName(p *lint.Pass) {
	for s, n := range p.NewNames() {
		why := ""
		switch {
		case lint.Reserved(n.Name):
			why = "It is a word that PostgreSQL reserves."
		case strings.ToLower(n.Name) != n.Name:
			why = "It has capital letters, which an unquoted name loses."
		default:
			continue
		}
		s.Report(lint.Hazard{
			Relation: n.Relation, Object: n.Name, At: n.At,
			Message: fmt.Sprintf("%q must be quoted by everybody, always.", n.Name), Why: why,
		})
	}
}
