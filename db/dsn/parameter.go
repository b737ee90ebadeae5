package dsn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Use is what belay does with a parameter.
type Use int

// The uses.
const (
	// Connect: it says where, as whom, how protected.
	Connect Use = iota
	// Server is a run-time parameter: the server is asked for it at the start.
	Server
	// Own: belay has its own instead, always.
	Own
	// Without: its values that are allowed say what belay does anyway.
	Without
)

// parameter is one name that a DSN may have.
type parameter struct {
	use Use
	// words are the values that are taken; nil = all.
	words []string
	// valid is a further check; nil = none.
	valid func(string) bool
	// wants says in words what valid wants, or why a value is refused.
	wants string
}

var (
	onOff   = []string{"0", "1"}
	number  = parameter{use: Own, valid: isNumber, wants: "it is a whole number"}
	anyText = parameter{}
	refused = func(why string) parameter { return parameter{words: []string{}, wants: why} }
	version = []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
)

// parameters are libpq's of PostgreSQL 18 (libpq-connect.html#LIBPQ-PARAMKEYWORDS)
// and the driver's own, which pgxpool's users have in their DSN.
var parameters = map[string]parameter{
	"host": anyText, "hostaddr": {valid: areAddresses, wants: "it is an IP address, or several with commas"},
	"port": {
		valid: arePorts,
		wants: "a port is a number from 1 to 65535; in user and password write : as %3A, / as %2F, ? as %3F, @ as %40",
	}, "dbname": {valid: isDatabase, wants: "it is the name alone; what has a password in it is a DSN of its own"},
	"user": anyText, "password": anyText, "passfile": anyText,
	"service": anyText, "servicefile": anyText,
	"connect_timeout":           {valid: isNumber, wants: "it is a number of seconds"},
	"options":                   {use: Server},
	"application_name":          {use: Own},
	"fallback_application_name": {use: Own},
	"client_encoding":           {use: Own},
	"target_session_attrs": {
		words: []string{"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
	},
	"load_balance_hosts": {use: Without, words: []string{"disable", "random"}},
	"channel_binding":    {words: []string{"disable", "prefer", "require"}},
	"require_auth": {
		valid: areMethods,
		wants: "it lists password, md5, gss, sspi, scram-sha-256, oauth, none, each with ! or none with !",
	},

	"sslmode":        {words: []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
	"requiressl":     {use: Without, words: onOff},
	"sslnegotiation": {words: []string{"postgres", "direct"}},
	"sslcompression": {use: Without, words: onOff},
	"sslcert":        anyText, "sslkey": anyText, "sslpassword": anyText, "sslrootcert": anyText,
	"sslcertmode":              {words: []string{"disable", "allow", "require"}},
	"sslsni":                   {words: onOff},
	"ssl_min_protocol_version": {words: version}, "ssl_max_protocol_version": {words: version},
	"min_protocol_version": {words: []string{"3.0", "3.2", "latest"}},
	"max_protocol_version": {words: []string{"3.0", "3.2", "latest"}},
	"krbsrvname":           anyText, "krbspn": anyText,
	"gsslib": {use: Without}, "authtype": {use: Without}, "tty": {use: Without},
	"gssencmode": {
		use: Without, words: []string{"disable", "prefer"}, wants: "belay encrypts by TLS and not by GSSAPI",
	},
	"gssdelegation": {use: Without, words: []string{"0"}, wants: "belay hands no Kerberos credentials on"},
	"replication": {
		use: Without, words: []string{"false", "off", "no", "0"}, wants: "belay works on ordinary connections",
	},
	"sslcrl": refused("belay does not read revocation lists, and going without would check less than you " +
		"asked for"),
	"sslcrldir": refused("belay does not read revocation lists, and going without would check less than you " +
		"asked for"),
	"requirepeer": refused("belay does not ask who listens on a socket, and going without would check less than " +
		"you asked for"),
	"sslkeylogfile":    refused("belay writes no session keys to a file"),
	"scram_client_key": refused("belay logs in by a password, not by its keys"),
	"scram_server_key": refused("belay logs in by a password, not by its keys"),
	"oauth_issuer":     refused("belay has no OAuth"), "oauth_client_id": refused("belay has no OAuth"),
	"oauth_client_secret": refused("belay has no OAuth"), "oauth_scope": refused("belay has no OAuth"),

	"keepalives": {use: Own, words: onOff}, "keepalives_idle": number, "keepalives_interval": number,
	"keepalives_count": number, "tcp_user_timeout": number,
	"default_query_exec_mode": {use: Own}, "statement_cache_capacity": number, "description_cache_capacity": number,
	"pool_max_conns": number, "pool_min_conns": number, "pool_min_idle_conns": number,
	"pool_max_conn_lifetime": {use: Own}, "pool_max_conn_idle_time": {use: Own}, "pool_health_check_period": {use: Own},
	"pool_max_conn_lifetime_jitter": {use: Own},
}

// foreignParams are those of other drivers and tools, with what to write instead.
var foreignParams = map[string]string{
	"schema":           "that is Prisma's: write search_path instead",
	"currentschema":    "that is JDBC's: write search_path instead",
	"pgbouncer":        "that is Prisma's: leave it out, and give the server's own address",
	"connection_limit": "that is Prisma's: leave it out", "pool_timeout": "that is Prisma's: leave it out",
	"socket_timeout": "that is Prisma's: leave it out",
	"sslaccept":      "that is Prisma's: write sslmode instead",
	"sslidentity":    "that is Prisma's: write sslcert and sslkey instead",
	"ssl":            "write sslmode instead", "sslfactory": "that is JDBC's: write sslmode instead",
	"pool_size": "leave it out",
}

var aliases = map[string]string{"database": "dbname"}

// find gives the name as it is known and what may be done with it. Names of
// libpq are in lower case; the server takes its own in any.
func find(name string) (known string, p parameter, ok bool) {
	if a, is := aliases[name]; is {
		name = a
	}
	if p, ok := parameters[name]; ok {
		return name, p, true
	}
	if isRuntime(name) {
		return strings.ToLower(name), parameter{use: Server}, true
	}
	return "", parameter{}, false
}

// UseOf says what belay does with a parameter of a DSN.
func UseOf(name string) Use {
	_, p, _ := find(name)
	return p.use
}

// check refuses a value that the parameter cannot have. The value is not told.
func (p parameter) check(name, value string) error {
	switch {
	case p.words != nil && !slices.Contains(p.words, value):
		advice := p.wants
		if len(p.words) > 0 {
			advice = "it may be " + strings.Join(p.words, ", ")
			if p.wants != "" {
				advice = p.wants + "; " + advice
			}
		}
		if len(p.words) == 0 {
			return &Error{
				"belay cannot do what " + name + " in the DSN asks for", advice + "; leave " + name + " out if you can",
			}
		}
		return &Error{name + " of the DSN has a value that belay does not take", advice}
	case p.valid != nil && !p.valid(value):
		return &Error{fmt.Sprintf("%s of the DSN cannot be read", name), p.wants}
	}
	return nil
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return err == nil && n > -1<<31 && n < 1<<31
}

// isDatabase refuses a whole DSN in the place of a database's name.
func isDatabase(s string) bool {
	return !strings.Contains(s, "://") && !strings.Contains(s, "=")
}

func arePorts(s string) bool {
	for p := range strings.SplitSeq(s, ",") {
		if n, err := strconv.Atoi(p); p != "" && (err != nil || n < 1 || n > 65535) {
			return false
		}
	}
	return true
}
