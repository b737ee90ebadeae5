package dsn

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
)

// schemes are the ones that name a PostgreSQL server: libpq's, and those that
// golang-migrate v4.20.1 registers for its drivers (database/pgx, database/pgx/v5).
var schemes = []string{"postgres", "postgresql", "pgx", "pgx4", "pgx5"}

// knownSchemes may be named when they are refused: no password looks like them.
var knownSchemes = []string{
	"jdbc:postgresql", "jdbc", "cockroach", "cockroachdb", "crdb-postgres", "redshift", "yugabyte", "yugabytedb",
	"ysql", "pg", "psql",
	"postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg", "postgres+ssl", "postgis", "prisma+postgres",
	"prisma", "pgbouncer",
	"mysql", "mariadb", "sqlite", "sqlite3", "sqlserver", "mssql", "mongodb", "mongodb+srv", "clickhouse", "redis",
	"http", "https", "tcp", "unix", "file", "ecto", "pq", "r2dbc:postgresql",
}

func readURL(scheme, rest string) (d DSN, err error) {
	if err := checkScheme(scheme); err != nil {
		return d, err
	}
	if err := checkBytes(rest); err != nil {
		return d, err
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, hasPath := strings.Cut(rest, "/")
	if strings.Contains(path, "@") || strings.Contains(query, "@") && !strings.Contains(authority, "@") {
		return d,
			&Error{
				"the DSN has an @ after the host",
				`in user and password write / as %2F, ? as %3F, # as %23; in a database or a parameter write @ as %40`,
			}
	}
	if err := d.readAuthority(authority); err != nil {
		return d, err
	}
	if hasPath {
		if err := d.readPath(path); err != nil {
			return d, err
		}
	}
	return d, d.readQuery(query)
}

func checkScheme(s string) error {
	if slices.Contains(schemes, s) {
		return nil
	}
	low := strings.ToLower(strings.TrimSpace(s))
	switch {
	case s != strings.TrimSpace(s) && slices.Contains(schemes, strings.TrimSpace(s)):
		return &Error{"the DSN begins with a blank or a line break", "take it away"}
	case slices.Contains(schemes, low), slices.Contains(knownSchemes, low), Edits(low, "postgres") <= 2,
		Edits(low, "postgresql") <= 2:
		return &Error{"unknown scheme " + strings.TrimSpace(s) + "://", "write postgres://" + jdbc(low)}
	}
	return &Error{"unknown scheme of the DSN", "write postgres:// before the rest"}
}

func jdbc(scheme string) string {
	if strings.Contains(scheme, "jdbc:") {
		return "user:password@host:5432/database: what stands after the ? of such a URL is the driver's own"
	}
	return ""
}

// checkBytes refuses what a URL cannot hold as it is. A # ends the URL for Go's
// parser and not for libpq.
func checkBytes(s string) error {
	for i, r := range s {
		switch {
		case (r == '\n' || r == '\r' || r == ' ' || r == '\t') && strings.TrimSpace(s[i:]) == "":
			return &Error{"the DSN ends with a blank or a line break", "take it away"}
		case r == ' ' || r == '\t':
			return &Error{"the DSN holds a blank", "write it as %20"}
		case r < ' ' || r == 0x7f:
			return &Error{"the DSN holds a control character", "write it as % and two digits"}
		case r == '#':
			return &Error{"the DSN holds a #", "write it as %23: tools take the rest for a fragment"}
		case isQuote(byte(r)) && r < 0x80 && i == len(s)-1:
			return &Error{
				"the DSN ends with a quotation mark",
				"take the quotation marks around it away: they are the shell's or the file's, not the DSN's",
			}
		}
	}
	return nil
}

func (d *DSN) readAuthority(s string) error {
	user, hosts, has := strings.Cut(s, "@")
	if !has {
		user, hosts = "", s
	}
	switch {
	case has && strings.Trim(user, ":") == "" && !strings.HasPrefix(user, "::"):
		return &Error{
			"the DSN has an @ and neither user nor password before it",
			"a variable that it was made of may be empty; without user leave the @ out",
		}
	case strings.Contains(hosts, "@"):
		return &Error{"the DSN has two @ before the database", "in user and password write @ as %40"}
	}
	user, password, hasPassword := strings.Cut(user, ":")
	if err := d.decoded("user", user, "user"); err != nil {
		return err
	}
	if hasPassword {
		if err := d.decoded("password", password, "password"); err != nil {
			return err
		}
	}
	return d.readHosts(hosts)
}

// readHosts reads host:port,host:port into the lists that libpq makes of it.
func (d *DSN) readHosts(s string) error {
	if s == "" {
		return nil
	}
	var hosts, ports []string
	for _, one := range strings.Split(s, ",") {
		host, port, err := splitHost(one)
		if err != nil {
			return err
		}
		hosts, ports = append(hosts, host), append(ports, port)
	}
	if err := d.decoded("host", strings.Join(hosts, ","), "host"); err != nil {
		return err
	}
	if strings.Join(ports, "") == "" {
		return nil
	}
	return d.set("port", strings.Join(ports, ","))
}

// splitHost parts host and port; the brackets of an IPv6 address are left out.
func splitHost(s string) (host, port string, err error) {
	bad := &Error{
		"the host of the DSN cannot be read",
		"in user and password write : as %3A, / as %2F, ? as %3F, @ as %40; an IPv6 address stands in [ ]",
	}
	if inside, ok := strings.CutPrefix(s, "["); ok {
		address, after, closed := strings.Cut(inside, "]")
		number, isPort := strings.CutPrefix(after, ":")
		zoneless, _, _ := strings.Cut(address, "%")
		if !closed || after != "" && !isPort || net.ParseIP(zoneless) == nil {
			return "", "", bad
		}
		return address, number, nil
	}
	host, port, _ = strings.Cut(s, ":")
	if strings.ContainsAny(host, "[]\\^`{}|<>\"") || strings.Contains(port, ":") {
		return "", "", bad
	}
	return host, port, nil
}

func (d *DSN) readPath(path string) error {
	if err := d.decoded("dbname", path, "database"); err != nil {
		return err
	}
	decoded, err := decode(path)
	d.Path = "/" + decoded
	return err
}

func (d *DSN) readQuery(query string) error {
	if query == "" {
		return nil
	}
	seen := map[string]bool{}
	for _, pair := range strings.Split(query, "&") {
		key, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok || key == "":
			return &Error{
				"a parameter after the ? of the DSN is not NAME=VALUE",
				"check the & and = there; within a value write & as %26 and = as %3D",
			}
		case strings.ContainsAny(pair, "+"):
			return &Error{
				"a parameter of the DSN holds a +",
				"write %20 for a blank and %2B for a plus: tools differ on what + is",
			}
		case strings.Contains(pair, ";"):
			return &Error{"a parameter of the DSN holds a ;", "write it as %3B"}
		}
		name, err := decode(key)
		if err != nil {
			return percent("the name of a parameter", err)
		}
		if name, value = alias(name, value); seen[name] {
			return &Error{"a parameter stands twice in the DSN", "keep one of them: tools differ on which counts"}
		}
		seen[name] = true
		if err := d.decoded(name, value, "a parameter"); err != nil {
			return err
		}
	}
	return nil
}

// alias is JDBC's ssl=true, which libpq takes in a URL.
func alias(name, value string) (string, string) {
	if name == "ssl" && value == "true" {
		return "sslmode", "require"
	}
	return name, value
}

func (d *DSN) decoded(name, raw, what string) error {
	value, err := decode(raw)
	if err != nil {
		return percent(what, err)
	}
	if value == "" && !isRuntime(name) {
		return nil // for libpq the same as not given
	}
	return d.set(name, value)
}

var errNUL = errors.New("%00")

// decode takes the percent signs away.
func decode(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", strconv.ErrSyntax
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", strconv.ErrSyntax
		}
		if n == 0 {
			return "", errNUL
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String(), nil
}

func percent(what string, err error) error {
	if errors.Is(err, errNUL) {
		return &Error{"the DSN holds %00 in its " + what, "no name or password has a NUL byte"}
	}
	return &Error{
		"a % in the DSN's " + what + " is not followed by two hexadecimal digits", "write a % that means itself as %25",
	}
}
