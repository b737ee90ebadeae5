package db

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// DefaultConnectTimeout bounds opening one connection where neither the DSN nor
// PGCONNECT_TIMEOUT says otherwise.
const DefaultConnectTimeout = 5 * time.Second

// Config is where to connect. Make it with [ParseConfig]; the zero value
// connects nowhere. Printing it gives its [Config.Description].
type Config struct {
	// DSN is what the user gave: a URL, keywords, or "" for the libpq environment.
	DSN Secret
	// Source names where the DSN came from: "--dsn", "$DATABASE_URL",
	// "belay.toml target NAME" or "libpq environment".
	Source string
	// Warnings are sentences to show to the user; they stop nothing.
	Warnings []string

	pgx *pgx.ConnConfig
}

// ParseConfig reads a DSN, the libpq environment, the service file and the
// password file as libpq does. A password file that others may read is an
// error, as libpq would ignore it. No text of an error holds a password.
func ParseConfig(dsn, source string) (Config, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return Config{}, &ConfigError{Source: source, Problem: parseProblem(err),
			Advice: "write it as postgres://user@host:5432/database or as \"host=… port=… dbname=… user=…\""}
	}
	if err := checkPassfile(dsn, source, c); err != nil {
		return Config{}, err
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = DefaultConnectTimeout
	}
	// Without a prepared statement kept on the server nothing breaks behind a
	// pooler, after DISCARD ALL or after a DDL that changes a result.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg := Config{DSN: Secret(dsn), Source: source, pgx: c}
	if source == "--dsn" && dsnPassword(dsn) {
		cfg.Warnings = append(cfg.Warnings,
			"the password in --dsn can be read by everyone on this machine in the process list; use PGPASSFILE, a service file or DATABASE_URL")
	}
	return cfg, nil
}

// Database is the name of the database asked for.
func (c Config) Database() string {
	if c.pgx == nil {
		return ""
	}
	if c.pgx.Database == "" {
		return c.pgx.User
	}
	return c.pgx.Database
}

// User is the login role asked for.
func (c Config) User() string {
	if c.pgx == nil {
		return ""
	}
	return c.pgx.User
}

// Host is the first host or socket folder; Port its port.
func (c Config) Host() string {
	if c.pgx == nil {
		return ""
	}
	return c.pgx.Host
}

// Port is the port of the first host.
func (c Config) Port() int {
	if c.pgx == nil {
		return 0
	}
	return int(c.pgx.Port)
}

// Password is what the DSN, the environment or the password file gave; "" =
// none. It is for handing on over a pipe, never for argv.
func (c Config) Password() Secret {
	if c.pgx == nil {
		return ""
	}
	return Secret(c.pgx.Password)
}

// WithPassword is the same place with another password, as typed by a person.
func (c Config) WithPassword(p Secret) Config {
	if c.pgx == nil {
		return c
	}
	c.pgx = c.pgx.Copy()
	c.pgx.Password = p.Reveal()
	return c
}

// Description is the target in a few words: "shop on db1.eu:5432". Several
// hosts are joined by commas.
func (c Config) Description() string {
	if c.pgx == nil {
		return "no database"
	}
	return c.Database() + " on " + strings.Join(c.addresses(), ",")
}

func (c Config) addresses() []string {
	out := []string{address(c.pgx.Host, c.pgx.Port)}
	for _, f := range c.pgx.Fallbacks {
		if a := address(f.Host, f.Port); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func address(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// String is the Description.
func (c Config) String() string { return c.Description() }

// Format prints the Description under every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.Description())) }

// MarshalText writes the Description.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.Description()), nil }

// OnSocket reports whether the first host is a Unix socket's folder.
func (c Config) OnSocket() bool { return isSocket(c.Host()) }

// Loopback reports whether the first host is this machine by socket or loopback
// address. It proves nothing about the server: a tunnel looks the same.
func (c Config) Loopback() bool {
	return isSocket(c.Host()) || isLoopback(c.Host())
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isSocket(host string) bool { return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") }

var keywordPassword = regexp.MustCompile(`(?i)(^|\s)password\s*=\s*\S`)

func dsnPassword(dsn string) bool {
	if !isURL(dsn) {
		return keywordPassword.MatchString(dsn)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return false
	}
	p, _ := u.User.Password()
	return p != "" || u.Query().Get("password") != ""
}

func isURL(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// EnvironmentDSN is the DSN that the environment offers: DATABASE_URL, else the
// libpq variables where at least PGHOST, PGSERVICE or PGDATABASE is set. ok is
// false where there is none.
func EnvironmentDSN() (dsn, source string, ok bool) {
	if d := os.Getenv("DATABASE_URL"); d != "" {
		return d, "$DATABASE_URL", true
	}
	for _, v := range []string{"PGHOST", "PGSERVICE", "PGDATABASE"} {
		if os.Getenv(v) != "" {
			return "", "libpq environment", true
		}
	}
	return "", "", false
}
