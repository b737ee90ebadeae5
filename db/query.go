package db

import (
	"belay/sqlview/secret"
	"belay/sqlview/visible"
)

// hiddenQuery is what the server shows of a query to a role that may not see it.
const hiddenQuery = "<insufficient privilege>"

// ShownQuery is the text of another session's query as it may be shown: without
// its secrets, "" where the role may not see it.
func ShownQuery(query string) string {
	if query == hiddenQuery {
		return ""
	}
	return secret.SQL(query)
}

// mostOfMessage is what is kept of a text of a server's error, in bytes.
const mostOfMessage = 4 << 10

// ShownMessage is a text of a server's error as it may be shown: cut, for the
// server may put a statement of any length into it and has the whole in its log,
// and without the secrets of the statement that it is about.
func ShownMessage(text, statement string) string {
	return secret.Text(visible.Cut(text, mostOfMessage), secret.Values(statement))
}
