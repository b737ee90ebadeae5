package dsn

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgservicefile"
)

// Origin is where a parameter comes from.
type Origin string

// The origins. Those of the environment are the variable's name with its $.
const (
	FromText    Origin = "the DSN"
	FromService Origin = "the service file"
)

// Resolved is a DSN with what the environment and the service file add to it, by
// libpq's order: the DSN, then the service, then the variable.
type Resolved struct {
	DSN
	From map[string]Origin
}

// variables are libpq's (libpq-envars.html) that name a parameter.
var variables = map[string]string{
	"PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGPORT": "port", "PGDATABASE": "dbname", "PGUSER": "user",
	"PGPASSWORD": "password", "PGPASSFILE": "passfile", "PGSERVICE": "service", "PGSERVICEFILE": "servicefile",
	"PGOPTIONS": "options", "PGAPPNAME": "application_name", "PGCONNECT_TIMEOUT": "connect_timeout",
	"PGCLIENTENCODING":     "client_encoding",
	"PGTARGETSESSIONATTRS": "target_session_attrs", "PGLOADBALANCEHOSTS": "load_balance_hosts",
	"PGREQUIREAUTH": "require_auth", "PGCHANNELBINDING": "channel_binding",
	"PGSSLMODE": "sslmode", "PGREQUIRESSL": "requiressl", "PGSSLCOMPRESSION": "sslcompression",
	"PGSSLNEGOTIATION": "sslnegotiation",
	"PGSSLCERT":        "sslcert", "PGSSLKEY": "sslkey", "PGSSLPASSWORD": "sslpassword", "PGSSLCERTMODE": "sslcertmode",
	"PGSSLROOTCERT": "sslrootcert",
	"PGSSLCRL":      "sslcrl", "PGSSLCRLDIR": "sslcrldir", "PGSSLSNI": "sslsni", "PGREQUIREPEER": "requirepeer",
	"PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version", "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
	"PGMINPROTOCOLVERSION": "min_protocol_version", "PGMAXPROTOCOLVERSION": "max_protocol_version",
	"PGGSSENCMODE": "gssencmode", "PGKRBSRVNAME": "krbsrvname", "PGGSSLIB": "gsslib",
	"PGGSSDELEGATION": "gssdelegation",
	"PGTZ":            "timezone", "PGDATESTYLE": "datestyle", "PGGEQO": "geqo",
}

// Resolve adds the environment and the service file to a DSN. The error is an
// *Error.
func Resolve(text string) (Resolved, error) {
	d, err := Read(text)
	if err != nil {
		return Resolved{}, err
	}
	r := Resolved{DSN: d, From: map[string]Origin{}}
	r.Params = maps.Clone(d.Params)
	if r.Params == nil {
		r.Params = map[string]string{}
	}
	for name := range r.Params {
		r.From[name] = FromText
	}
	if err := r.addService(); err != nil {
		return Resolved{}, err
	}
	return r, r.addEnvironment()
}

// add sets what is not set yet.
func (r *Resolved) add(name, value string, from Origin) error {
	known, p, ok := find(name)
	if !ok {
		return &Error{
			fmt.Sprintf("%s has a parameter that is neither libpq's nor the server's", from), "check the names there",
		}
	}
	if _, set := r.Params[known]; set || value == "" && !isRuntime(known) {
		return nil
	}
	// libpq's own words of a DSN would blame the wrong place.
	if err := p.check(known, value); err != nil {
		var e *Error
		if errors.As(err, &e) {
			return &Error{strings.Replace(e.Problem, "the DSN", string(from), 1), e.Advice}
		}
		return err
	}
	r.Params[known], r.From[known] = value, from
	return nil
}

func (r *Resolved) addEnvironment() error {
	for _, variable := range slices.Sorted(maps.Keys(variables)) {
		value := os.Getenv(variable)
		if value == "" {
			continue
		}
		if err := r.add(variables[variable], value, Origin("$"+variable)); err != nil {
			return err
		}
	}
	return nil
}

// addService reads the service that the DSN or PGSERVICE names.
func (r *Resolved) addService() error {
	name := or(r.Params["service"], os.Getenv("PGSERVICE"))
	if name == "" {
		return nil
	}
	files := serviceFiles(or(r.Params["servicefile"], os.Getenv("PGSERVICEFILE")))
	for _, file := range files {
		services, err := pgservicefile.ReadServicefile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return &Error{
				"the service file " + file + " cannot be read",
				"fix the file, or give host, port and database in the DSN",
			}
		}
		service, err := services.GetService(name)
		if err != nil {
			continue
		}
		for key, value := range service.Settings {
			if err := r.add(key, value, FromService); err != nil {
				return err
			}
		}
		// The driver reads it again: the same file.
		r.Params["service"], r.Params["servicefile"] = name, file
		return nil
	}
	return &Error{
		fmt.Sprintf("no service %q stands in %s", name, strings.Join(files, ", ")),
		"write it there under [NAME], or give host, port and database in the DSN",
	}
}

// systemFolders are where libpq was built to look: PGDG's packages for Debian and
// for Red Hat.
var systemFolders = []string{"/etc/postgresql-common", "/etc/sysconfig/pgsql"}

func serviceFiles(named string) []string {
	var files []string
	if named != "" {
		files = append(files, named)
	} else if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".pg_service.conf"))
	}
	folders := systemFolders
	if dir := os.Getenv("PGSYSCONFDIR"); dir != "" {
		folders = []string{dir}
	}
	for _, dir := range folders {
		files = append(files, filepath.Join(dir, "pg_service.conf"))
	}
	return files
}

// Named lists the parameters of the DSN's own text, not of the environment, that
// belay uses like this, sorted.
func (r Resolved) Named(u Use) []string {
	var all []string
	for name, from := range r.From {
		if from == FromText && UseOf(name) == u {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
