package db

import (
	"context"
	"slices"

	"belay/db/dsn"
)

// ChildLine is how a program of PostgreSQL's may connect with the password of a Config.
// The zero value holds nothing back.
type ChildLine struct {
	// SSLMode is what the line must have beyond what the DSN says; "" = nothing.
	SSLMode string
	// RequireAuth is what the server may ask for on a plain line; "" = anything.
	RequireAuth string
}

// ChildLine looks at the line as a session of ours gets it, before a program has a
// password to send over it. A server may treat the program otherwise than the session,
// so what was seen is what the program is held to.
func (c Config) ChildLine(ctx context.Context) (ChildLine, error) {
	if c.pgx == nil || c.pgx.Password == "" || !slices.ContainsFunc(c.hosts(), isElsewhere) {
		return ChildLine{}, nil
	}
	if slices.Contains([]string{"require", "verify-ca", "verify-full"}, c.read.Params["sslmode"]) {
		return ChildLine{}, nil
	}
	s, err := Connect(ctx, c, Session{Kind: Monitor})
	if err != nil {
		return ChildLine{}, err
	}
	defer s.Close()
	return c.childLine(s.Unencrypted()), nil
}

func (c Config) childLine(plain bool) ChildLine {
	if plain {
		return ChildLine{RequireAuth: c.plain}
	}
	return ChildLine{SSLMode: "require"}
}

// HasRequireAuth reports whether the DSN itself says what a server may ask for, which
// libpq knows from 16 on.
func (c Config) HasRequireAuth() bool { return c.read.From["require_auth"] == dsn.FromText }
