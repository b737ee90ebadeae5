package dump

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"belay/db"
)

// secretKeys are parameters that must not be seen in a process list;
// foreignKeys are the driver's own, which libpq would refuse.
var (
	secretKeys  = []string{"password", "passfile", "sslpassword"}
	foreignKeys = []string{
		"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity", "pool_max_conns",
		"pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time", "pool_health_check_period",
	}
)

func handedOn(key string) bool {
	key = strings.ToLower(key)
	return !slices.Contains(secretKeys, key) && !slices.Contains(foreignKeys, key)
}

// conninfo is the DSN as libpq may see it in its arguments: without secrets. ""
// = the environment names the server.
func conninfo(cfg db.Config) (string, error) {
	dsn := cfg.DSN.Reveal()
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return keywords(dsn), nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		// The parser's own words would quote the password.
		return "", fmt.Errorf("%s: the DSN cannot be handed to pg_dump", cfg.Source)
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for key := range query {
		if !handedOn(key) {
			query.Del(key)
		}
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

var keyword = regexp.MustCompile(`(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)`)

func keywords(dsn string) string {
	var kept []string
	for _, m := range keyword.FindAllStringSubmatch(dsn, -1) {
		if handedOn(m[1]) {
			kept = append(kept, m[1]+"="+m[2])
		}
	}
	return strings.Join(kept, " ")
}

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
		if key == "DATABASE_URL" || key == "PGPASSWORD" || strings.HasPrefix(key, "LC_") || key == "LANGUAGE" {
			continue
		}
		env = append(env, kv)
	}
	env = append(env, "LC_ALL=C", "PGAPPNAME="+name)
	if passfile != "" {
		env = append(env, "PGPASSFILE="+passfile)
	}
	if major >= 14 && !strings.Contains(cfg.DSN.Reveal(), "options=") {
		env = append(env, strings.TrimSpace("PGOPTIONS="+os.Getenv("PGOPTIONS")+" -c client_connection_check_interval=1000"))
	}
	return env
}
