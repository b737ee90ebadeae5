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
