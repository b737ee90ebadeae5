package db

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db/dsn"
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
	// team is what the team's tool sets itself.
	team []Setting
	read dsn.Resolved
	// plain is what a server may ask for on an unencrypted line to another host.
	plain string
	// elsewhere overrides what counts as another host; nil but in tests.
	elsewhere func(net.Addr) bool
}

// ParseConfig reads a DSN, the libpq environment, the service file and the
// password file as libpq does; package dsn says what a DSN may be. A password file
// that others may read is an error, as libpq would ignore it. The error is a
// *ConfigError, and no text of it holds a password.
func ParseConfig(text, source string) (Config, error) {
	r, err := dsn.Resolve(text)
	if err != nil {
		return Config{}, &ConfigError{Source: source, Problem: err.Error(), Advice: hintOf(err)}
	}
	c, err := driverConfig(r)
	if err != nil {
		problem, advice := driverProblem(err)
		return Config{}, &ConfigError{Source: source, Problem: problem, Advice: advice}
	}
	if err := checkPassfile(source, r, c); err != nil {
		return Config{}, err
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = DefaultConnectTimeout
	}
	// Without a prepared statement kept on the server nothing breaks behind a
	// pooler, after DISCARD ALL or after a DDL that changes a result.
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg := Config{DSN: Secret(text), Source: source, pgx: c, read: r, plain: plainAuth(r)}
	cfg.Warnings = cfg.warn()
	return cfg, nil
}

// warn lists what the user should know before the first byte is sent.
func (c Config) warn() []string {
	var all []string
	if c.Source == "--dsn" && c.read.From["password"] == dsn.FromText {
		all = append(all,
			"the password in --dsn can be read by everyone on this machine in the process list; use PGPASSFILE, a "+
				"service file or DATABASE_URL")
	}
	if mode := c.read.Params["sslmode"]; (mode == "disable" || mode == "allow") &&
		slices.ContainsFunc(c.hosts(), isElsewhere) {
		all = append(all,
			"the line to "+c.Address()+" is not encrypted (sslmode="+mode+
				"): who sits on it reads and changes what goes over it")
	}
	if own := c.read.Named(dsn.Own); len(own) > 0 {
		all = append(all, "belay has its own instead of what the DSN asks for: "+strings.Join(own, ", "))
	}
	return all
}

// ToolParams are the DSN's parameters of the migration tool, such as
// x-migrations-table, by name.
func (c Config) ToolParams() map[string]string { return c.read.Tool }

// URLPath is the path of a DSN that is a URL, from which golang-migrate makes its
// key; "" = none.
func (c Config) URLPath() string { return c.read.Path }

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

// asksForRole reports whether the DSN, a service file or PGOPTIONS asks for a session
// that begins as another role.
func (c Config) asksForRole() bool {
	return c.pgx != nil &&
		(c.pgx.RuntimeParams["role"] != "" ||
			strings.Contains(strings.ToLower(c.pgx.RuntimeParams["options"]), "role="))
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

// WithTeam is the same place for a team whose tool sets parameters itself when it
// connects, over what role, database and DSN give: see [Conn.Team].
func (c Config) WithTeam(own []Setting) Config {
	c.team = Override(c.team, own)
	return c
}

// Description is the target in a few words: "shop on db1.eu:5432". Several
// hosts are joined by commas.
func (c Config) Description() string {
	if c.pgx == nil {
		return "no database"
	}
	return c.Database() + " on " + c.Address()
}

// Address is every host:port that may be tried, with commas; where hostaddr sends
// the names elsewhere, that stands behind them.
func (c Config) Address() string {
	if c.pgx == nil {
		return ""
	}
	var all []string
	for _, p := range c.Endpoints() {
		all = append(all, p.String())
	}
	s := strings.Join(all, ",")
	if to := c.read.Params["hostaddr"]; to != "" && c.read.Params["host"] != "" && to != c.read.Params["host"] {
		s += " (" + to + ")"
	}
	return s
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

// isElsewhere reports a host that is reached over a network.
func isElsewhere(host string) bool { return !isSocket(host) && !isLoopback(host) }

// hosts are all hosts and socket folders that may be tried.
func (c Config) hosts() []string {
	if list := c.read.Params["hostaddr"]; list != "" {
		return split(list)
	}
	all := []string{c.pgx.Host}
	for _, f := range c.pgx.Fallbacks {
		all = append(all, f.Host)
	}
	return all
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
