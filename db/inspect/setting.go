package inspect

import (
	"fmt"
	"strings"

	"belay/db"
	"belay/sqlview/parameter"

	"github.com/jackc/pgx/v5"
)

// Setting is a run-time parameter that a session of the team's has otherwise than
// by the server's default, where that changes what statements mean.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// By is who says so: "role migrator", "role migrator in database shop",
	// "database shop", "all roles", "the DSN or PGOPTIONS", "the server's
	// configuration".
	By string `json:"by"`
	// Undo is the SQL that takes it back; "" = none does.
	Undo string `json:"undo,omitempty"`
	Says string `json:"says"` // what it changes
	Stop bool   `json:"stop"` // see [parameter.Parameter]
}

// String is one line for a person.
func (s Setting) String() string {
	value := s.Value
	if value == "" {
		value = "''"
	}
	return fmt.Sprintf("%s = %s (%s): %s", s.Name, value, s.By, s.Says)
}

// Hint is what to do where it is not meant.
func (s Setting) Hint() string {
	switch {
	case s.Name == "client_encoding":
		return "nothing is to be done for belay; where the team uses psql, give it PGCLIENTENCODING=UTF8"
	case s.Undo != "":
		return "the statements run with it, as in your own tool; where it is not meant: " + s.Undo
	case s.By == byConnection:
		return "the statements run with it; where it is not meant, take it out of " + byConnection
	}
	return "the statements run with it, as in your own tool; where it is not meant, SET another value at the head of " +
		"the file"
}

const (
	byConnection = "the DSN or PGOPTIONS"
	byServer     = "the server's configuration"
)

// settings reads them on a connection whose own are pinned. What the team's tool
// itself sets is no word of anybody's.
func (f *Facts) settings(c *db.Conn) func(pgx.Rows) error {
	return func(r pgx.Rows) error {
		var s Setting
		var role, database string
		if err := r.Scan(&s.Name, &s.Value, &role, &database, &s.Undo); err != nil {
			return err
		}
		// What a connection asks for counts more than what is said of the role.
		switch asked := given(c.Config().RuntimeParams, s.Name); {
		case asked:
			s.By, s.Undo = byConnection, ""
		case s.Undo == "":
			s.By = byServer
		case role == "" && database == "":
			s.By = "all roles"
		case role != "" && database != "":
			s.By = role + " in " + database
		default:
			s.By = role + database
		}
		p, ok := parameter.Find(s.Name, s.Value, s.By == byServer)
		if !ok || c.ToolSets(s.Name) {
			return nil
		}
		s.Says, s.Stop = p.Says, p.Stop
		f.Settings = append(f.Settings, s)
		return nil
	}
}

// given reports whether a connection asks for a parameter when it begins.
func given(params map[string]string, name string) bool {
	for n, value := range params {
		if strings.EqualFold(n, name) || n == "options" &&
			strings.Contains(strings.ToLower(value), strings.ToLower(name)) {
			return true
		}
	}
	return false
}
