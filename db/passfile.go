package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgpassfile"
	"github.com/jackc/pgx/v5"

	"belay/db/dsn"
)

// ConfigError says what is wrong with a DSN or its password file. It never
// holds the DSN.
type ConfigError struct {
	Source  string // where the DSN came from
	Problem string
	Advice  string
}

// Error is one line without the DSN.
func (e *ConfigError) Error() string { return e.Source + ": " + e.Problem }

// Hint is what to do now.
func (e *ConfigError) Hint() string { return e.Advice }

// driverProblem names a cause only where it cannot hold a part of the DSN.
func driverProblem(err error) (problem, advice string) {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Sprintf("cannot read %s: %v", path.Path, path.Err),
			"check that file and its rights; sslrootcert, sslcert and sslkey name such files, in the DSN or as $PGSSL…"
	}
	return "the DSN cannot be used",
		"write it as postgres://user@host:5432/database or as \"host=… port=… dbname=… user=…\""
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// checkPassfile refuses what libpq ignores and the driver accepts: a password file
// with rights for group or others. A file that gave no password is left alone. Of
// several hosts each must have the same one there: the driver sends the first's to
// all of them.
func checkPassfile(source string, r dsn.Resolved, c *pgx.ConnConfig) error {
	path := passfilePath(r)
	if path == "" || c.Password == "" || r.Params["password"] != "" {
		return nil
	}
	file, err := pgpassfile.ReadPassfile(path)
	if err != nil {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return &ConfigError{Source: source,
			Problem: fmt.Sprintf("password file %s has rights for group or others (%04o)", path, info.Mode().Perm()),
			Advice:  "chmod 0600 " + path}
	}
	for _, f := range c.Fallbacks {
		if file.FindPassword(passfileHost(f.Host), strconv.Itoa(int(f.Port)), c.Database, c.User) != c.Password {
			return &ConfigError{Source: source,
				Problem: fmt.Sprintf("password file %s has one password for %s and another or none for %s", path,
					Endpoint{c.Host, int(c.Port)}, Endpoint{f.Host, int(f.Port)}),
				Advice: "name one of the hosts, or give each a line with the same password there"}
		}
	}
	return nil
}

// passfileHost is the name under which a socket stands in a password file.
func passfileHost(host string) string {
	if isSocket(host) {
		return "localhost"
	}
	return host
}

func passfilePath(r dsn.Resolved) string {
	if p := r.Params["passfile"]; p != "" {
		return p
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".pgpass")
}
