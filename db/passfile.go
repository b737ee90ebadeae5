package db

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/jackc/pgpassfile"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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

// parseProblem names a cause only where it cannot hold a part of the DSN: a
// malformed one is too ambiguous to mask.
func parseProblem(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Sprintf("cannot read %s: %v", path.Path, path.Err)
	}
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return "the DSN cannot be read"
	}
	return "the DSN cannot be used"
}

var keywordPassfile = regexp.MustCompile(`(?i)(?:^|\s)passfile\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))`)

// checkPassfile refuses what libpq ignores and pgx accepts: a password file
// with rights for group or others. A file that gave no password is left alone.
func checkPassfile(dsn, source string, c *pgx.ConnConfig) error {
	path := passfilePath(dsn)
	if path == "" || c.Password == "" || os.Getenv("PGPASSWORD") != "" || dsnPassword(dsn) {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	file, err := pgpassfile.ReadPassfile(path)
	if err != nil || file.FindPassword(passfileHost(c), strconv.Itoa(int(c.Port)), c.Database, c.User) != c.Password {
		return nil
	}
	return &ConfigError{Source: source,
		Problem: fmt.Sprintf("password file %s has rights for group or others (%04o)", path, info.Mode().Perm()),
		Advice:  "chmod 0600 " + path}
}

// passfileHost is the name under which a socket stands in a password file.
func passfileHost(c *pgx.ConnConfig) string {
	if isSocket(c.Host) {
		return "localhost"
	}
	return c.Host
}

func passfilePath(dsn string) string {
	if isURL(dsn) {
		if u, err := url.Parse(dsn); err == nil && u.Query().Get("passfile") != "" {
			return u.Query().Get("passfile")
		}
	} else if m := keywordPassfile.FindStringSubmatch(dsn); m != nil {
		return m[1] + m[2]
	}
	if p := os.Getenv("PGPASSFILE"); p != "" {
		return p
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".pgpass")
}
