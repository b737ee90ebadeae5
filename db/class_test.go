package db_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"belay/db"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestClassify(t *testing.T) {
	for code, want := range map[string]db.Class{
		"55P03": db.LockTimeout, "57014": db.StatementCanceled, "40P01": db.Deadlock, "40001": db.Serialization,
		"08006": db.ConnectionLost, "08007": db.Unknown, "40003": db.Unknown,
		"57P01": db.AdminShutdown, "57P02": db.AdminShutdown, "57P03": db.AdminShutdown,
		"25P03": db.SessionTimeout, "25P04": db.SessionTimeout,
		"53300": db.TooManyConnections, "53100": db.DiskFull, "53200": db.Resources,
		"42501": db.Privilege, "42P01": db.Syntax, "42601": db.Syntax, "28P01": db.Authentication,
		"28000": db.Authentication,
		"3D000": db.NoDatabase, "22012": db.Data, "23505": db.Data, "25006": db.ReadOnly, "25001": db.ActiveTransaction,
		"25P02": db.FailedTransaction, "XX000": db.Other, "P0001": db.Other,
	} {
		if got := db.Classify(fmt.Errorf("unit 1: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
	if got := db.Classify(nil); got != "" {
		t.Errorf("no error: got %q", got)
	}
	for _, err := range []error{
		io.ErrUnexpectedEOF, context.DeadlineExceeded, errors.New("conn closed"), pgconn.ErrConnClosed,
	} {
		if got := db.Classify(err); got != db.Unknown {
			t.Errorf("%v: got %q", err, got)
		}
	}
}

func TestDecided(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&pgconn.PgError{Code: "23505", Severity: "FEHLER", SeverityUnlocalized: "ERROR"}, true},
		{&pgconn.PgError{Code: "57P01", Severity: "FATAL", SeverityUnlocalized: "FATAL"}, false},
		{&pgconn.PgError{Code: "40003", Severity: "ERROR", SeverityUnlocalized: "ERROR"}, false},
		{&pgconn.PgError{Code: "08006", Severity: "ERROR", SeverityUnlocalized: "ERROR"}, false},
		{io.ErrUnexpectedEOF, false},
		{nil, false},
	} {
		if got := db.Decided(c.err); got != c.want {
			t.Errorf("%v: got %v", c.err, got)
		}
	}
}
