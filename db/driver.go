package db

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db/dsn"
	"belay/sqlview/pattern"
)

// notForDriver are parameters that the driver has no name for.
var notForDriver = []string{"hostaddr", "ssl_min_protocol_version", "ssl_max_protocol_version", "requiressl"}

// driverConfig is the driver's configuration of a DSN that was resolved. The
// driver reads the environment too, and finds there what is in r already.
func driverConfig(r dsn.Resolved) (*pgx.ConnConfig, error) {
	p := maps.Clone(r.Params)
	hosts, addresses := split(p["host"]), split(p["hostaddr"])
	if len(addresses) > 0 {
		if len(hosts) == 0 {
			hosts = slices.Clone(addresses)
		}
		if len(hosts) != len(addresses) {
			return nil, errors.New("host and hostaddr differ in number")
		}
		p["host"] = strings.Join(hosts, ",")
	}
	if p["requiressl"] == "1" && p["sslmode"] == "" {
		p["sslmode"] = "require"
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if dsn.UseOf(name) == dsn.Connect && !slices.Contains(notForDriver, name) {
			text.WriteString(dsn.Keyword(name, p[name]) + " ")
		}
	}
	c, err := pgx.ParseConfig(text.String())
	if err != nil {
		return nil, err
	}
	c.RuntimeParams = runtimeParams(r)
	if len(addresses) > 0 {
		c.LookupFunc = lookup(hosts, addresses, c.LookupFunc)
	}
	limitTLS(c, tlsVersions[p["ssl_min_protocol_version"]], tlsVersions[p["ssl_max_protocol_version"]])
	return c, nil
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// runtimeParams are what the server is asked for at the start of a session.
func runtimeParams(r dsn.Resolved) map[string]string {
	all := map[string]string{}
	for name, value := range r.Params {
		if dsn.UseOf(name) == dsn.Server {
			all[name] = value
		}
	}
	return all
}

// lookup gives each host the address that hostaddr has for it.
func lookup(hosts, addresses []string,
	other func(context.Context, string) ([]string, error)) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, host string) ([]string, error) {
		var all []string
		for i, h := range hosts {
			if h == host && addresses[i] != "" {
				all = append(all, addresses[i])
			}
		}
		if len(all) == 0 {
			return other(ctx, host)
		}
		return all, nil
	}
}

var tlsVersions = map[string]uint16{
	"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

// limitTLS sets the bounds of the TLS version; 0 = the usual one.
func limitTLS(c *pgx.ConnConfig, least, most uint16) {
	configs := []*tls.Config{c.TLSConfig}
	for _, f := range c.Fallbacks {
		configs = append(configs, f.TLSConfig)
	}
	for _, t := range configs {
		if t != nil {
			t.MinVersion, t.MaxVersion = least, most
		}
	}
}

// plainAuth is what a server may ask for on an unencrypted line to another host,
// as require_auth says it, where the user does not: never the password itself, and
// where nobody asked for such a line no hash of it either. SCRAM sends neither.
func plainAuth(r dsn.Resolved) string {
	switch {
	case r.Params["require_auth"] != "":
		return r.Params["require_auth"]
	case r.Params["sslmode"] == "disable":
		return "!password"
	}
	return "!password,!md5"
}

// isElsewhereAddr reports the far end of a line that leaves this machine.
func isElsewhereAddr(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}

// notForPrograms are parameters that must not stand in a process list, that libpq
// does not know, or that a program sets itself.
var notForPrograms = []string{
	"password", "passfile", "sslpassword", "krbspn", "servicefile", "application_name", "fallback_application_name",
	"client_encoding",
}

// Conninfo is what the DSN itself says, as the arguments of PostgreSQL's own
// programs may have it: without secrets and without what [Config.Options] has. "" =
// the environment names the server.
func (c Config) Conninfo() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.read.From)) {
		if c.read.From[name] != dsn.FromText || dsn.UseOf(name) == dsn.Server ||
			slices.Contains(notForPrograms, name) || dsn.IsDrivers(name) {
			continue
		}
		all = append(all, dsn.Keyword(name, c.read.Params[name]))
	}
	return strings.Join(all, " ")
}

// givenLimit finds the limits of time in a text of PGOPTIONS: -c NAME=VALUE, or
// --NAME=VALUE, where the server takes a dash for an underscore.
var givenLimit = pattern.New(
	`(?:^|[^a-z_])((?:statement|lock|idle[_-]in[_-]transaction[_-]session|idle[_-]session|transaction)[_-]timeout)=`,
)

// Options are the run-time parameters that a session is begun with, as PGOPTIONS
// says them; "" = none.
func (c Config) Options() string {
	params := runtimeParams(c.read)
	all := []string{params["options"]}
	delete(params, "options")
	for _, name := range slices.Sorted(maps.Keys(params)) {
		value := strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(params[name])
		all = append(all, "-c "+name+"="+value)
	}
	// A program of PostgreSQL's sets its own limits once it is connected: one that was
	// given a millisecond would end before.
	for _, found := range givenLimit.FindAllStringSubmatch(strings.Join(all, " "), -1) {
		all = append(all, "-c "+strings.ReplaceAll(found[1], "-", "_")+"=0")
	}
	return strings.TrimSpace(strings.Join(all, " "))
}
