package scratch

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// LogLinePrefix is the server's log_line_prefix: time, pid, then for client
// sessions database, application and a mark that ends the application's name.
const LogLinePrefix = `%m [%p] %q%d %a :: `

// writeSettings puts our settings behind those of initdb. The file, not the
// command line, so that ALTER SYSTEM works as it does elsewhere.
func (c *Cluster) writeSettings() error {
	set := map[string]string{
		"shared_buffers":  "32MB",
		"log_line_prefix": LogLinePrefix,
		"log_timezone":    "UTC",
		"timezone":        "UTC",
		"max_wal_size":    "256MB",
	}
	if !c.options.Durable {
		for _, name := range [...]string{"fsync", "full_page_writes", "synchronous_commit"} {
			set[name] = "off"
		}
	}
	maps.Copy(set, c.options.Settings)
	address := "127.0.0.1"
	if c.options.Private {
		address = ""
	}
	maps.Copy(set, map[string]string{
		"listen_addresses":        address,
		"port":                    strconv.Itoa(c.port),
		"unix_socket_directories": c.socket,
		"unix_socket_permissions": "0700",
		"logging_collector":       "off",
		"log_destination":         "stderr",
	})
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(set[name]))
	}
	if err := c.writeOwned(filepath.Join(c.data, "scratch.conf"), b.String()); err != nil {
		return err
	}
	return c.includeSettings()
}

// includeSettings names scratch.conf in postgresql.conf, once.
func (c *Cluster) includeSettings() error {
	const include = "\ninclude = 'scratch.conf'\n"
	path := filepath.Join(c.data, "postgresql.conf")
	text, err := os.ReadFile(path)
	if err != nil || strings.HasSuffix(string(text), include) {
		return err
	}
	return c.writeOwned(path, string(text)+include)
}
