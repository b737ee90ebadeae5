package dump

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"belay/db"
)

// passwordFile writes a password file that only this user can read, in a new
// folder of its own; remove deletes both. path is "" where there is no password.
func passwordFile(cfg db.Config) (path string, remove func(), err error) {
	password := cfg.Password().Reveal()
	if password == "" {
		return "", func() {}, nil
	}
	dir, err := os.MkdirTemp("", "belay-pass-")
	if err != nil {
		return "", nil, fmt.Errorf("password file: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	path = filepath.Join(dir, "pgpass")
	line := "*:*:*:*:" + strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(password) + "\n"
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		remove()
		return "", nil, fmt.Errorf("password file: %w", err)
	}
	return path, remove, nil
}

// environ is what a child gets: no password, the programs' messages in one
// language, a name on the server, and a server that notices when the child is
// gone.
func environ(cfg db.Config, major int, name, passfile string) []string {
	var env []string
	for _, kv := range os.Environ() {
		key, _, _ := strings.Cut(kv, "=")
		if key == "DATABASE_URL" || key == "PGPASSWORD" || key == "PGOPTIONS" || strings.HasPrefix(key, "LC_") ||
			key == "LANGUAGE" {
			continue
		}
		env = append(env, kv)
	}
	env = append(env, "LC_ALL=C", "PGAPPNAME="+name)
	if passfile != "" {
		env = append(env, "PGPASSFILE="+passfile)
	}
	options := cfg.Options()
	if major >= 14 {
		options = strings.TrimSpace(options + " -c client_connection_check_interval=1000")
	}
	return append(env, "PGOPTIONS="+options)
}

// requireAuth is the first version of libpq that knows require_auth.
const requireAuth = 16

// PlainLineError is a program that was not started: it would answer whatever the server
// asks for over a line that is not encrypted.
type PlainLineError struct{ Client string }

func (e *PlainLineError) Error() string {
	return "pg_dump " + e.Client +
		" would send the password as it is, if asked, over a line that is not encrypted"
}

// Hint says what to do now.
func (e *PlainLineError) Hint() string {
	return "sslmode=require in the DSN encrypts the line; pg_dump of PostgreSQL 16 or later, by --pg-bin, can be " +
		"held to what does not give the password away"
}

// hold is what a program's connection string needs beyond the DSN, so that the password
// goes over no line that a session of ours would not send it over: the last one counts.
func hold(c Client, cfg db.Config, line db.ChildLine) (string, error) {
	switch {
	case line.SSLMode != "":
		return " sslmode=" + line.SSLMode, nil
	case line.RequireAuth == "" || cfg.HasRequireAuth():
		return "", nil
	case c.Major < requireAuth:
		return "", &PlainLineError{Client: c.Version()}
	}
	return " require_auth=" + line.RequireAuth, nil
}
