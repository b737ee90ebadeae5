package db

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"belay/db/dsn"

	"github.com/jackc/pgx/v5/pgconn"
)

// Endpoint is where a server is reached, as the DSN names it. The zero value is nowhere.
type Endpoint struct {
	// Host is a name, an address or a socket's folder.
	Host string
	Port int
}

// String is host:port.
func (p Endpoint) String() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// Endpoints are those that may be tried, in their order, each once.
func (c Config) Endpoints() []Endpoint {
	if c.pgx == nil {
		return nil
	}
	all := []Endpoint{{c.pgx.Host, int(c.pgx.Port)}}
	for _, f := range c.pgx.Fallbacks {
		if p := (Endpoint{f.Host, int(f.Port)}); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// At is the same database at one of its places alone.
func (c Config) At(p Endpoint) Config {
	all := c.Endpoints()
	if len(all) < 2 || !slices.Contains(all, p) {
		return c
	}
	c.pgx = c.pgx.Copy()
	var kept []*pgconn.FallbackConfig
	for _, f := range append([]*pgconn.FallbackConfig{c.first()}, c.pgx.Fallbacks...) {
		if f.Host == p.Host && int(f.Port) == p.Port {
			kept = append(kept, f)
		}
	}
	c.pgx.Host, c.pgx.Port, c.pgx.TLSConfig, c.pgx.Fallbacks = kept[0].Host, kept[0].Port, kept[0].TLSConfig, kept[1:]
	one := map[string]string{"host": p.Host, "port": strconv.Itoa(p.Port)}
	if to := split(c.read.Params["hostaddr"]); len(to) > 0 {
		one["hostaddr"] = to[slices.Index(all, p)%len(to)]
	}
	c.read.Params, c.read.From = maps.Clone(c.read.Params), maps.Clone(c.read.From)
	for name, value := range one {
		c.read.Params[name], c.read.From[name] = value, dsn.FromText
	}
	return c
}

func (c Config) first() *pgconn.FallbackConfig {
	return &pgconn.FallbackConfig{Host: c.pgx.Host, Port: c.pgx.Port, TLSConfig: c.pgx.TLSConfig}
}

// Answering is the same database at the one place that answers now. A program that is
// given several looks for itself, later, and may find another server. was is the database
// that it has to be; "" = any. An error is of connecting, or an *OtherError.
func (c Config) Answering(ctx context.Context, was Whose) (Config, error) {
	if len(c.Endpoints()) < 2 {
		return c, nil
	}
	s, err := Connect(ctx, c, Session{Kind: Monitor})
	if err != nil {
		return c, err
	}
	defer s.Close()
	if is := s.Whose(); !was.Same(is) {
		return c, &OtherError{Was: was, Is: is}
	}
	return c.At(s.Endpoint), nil
}

// lookups keeps which addresses the names had that a connection was opened by.
type lookups struct {
	mu    sync.Mutex
	found map[string][]string
}

func (l *lookups) keep(look pgconn.LookupFunc) pgconn.LookupFunc {
	return func(ctx context.Context, host string) ([]string, error) {
		all, err := look(ctx, host)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.found == nil {
			l.found = map[string][]string{}
		}
		l.found[host] = append(l.found[host], all...)
		return all, err
	}
}

// of is the place that a line leads to: the first that is not known to be elsewhere.
func (l *lookups) of(c Config, line net.Conn) Endpoint {
	if encrypted, is := line.(*tls.Conn); is {
		line = encrypted.NetConn()
	}
	all := c.Endpoints()
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(all, func(p Endpoint) bool { return l.leadsTo(p, line.RemoteAddr()) })
	return all[max(i, 0)]
}

func (l *lookups) leadsTo(p Endpoint, far net.Addr) bool {
	if isSocket(p.Host) {
		_, path := pgconn.NetworkAddress(p.Host, uint16(p.Port))
		return far.Network() == "unix" && far.String() == path
	}
	is, err := netip.ParseAddrPort(far.String())
	if err != nil {
		return false
	}
	return slices.ContainsFunc(l.found[p.Host], func(a string) bool {
		ip, err := netip.ParseAddr(a)
		return err == nil && int(is.Port()) == p.Port && ip.Unmap().WithZone("") == is.Addr().Unmap().WithZone("")
	})
}
