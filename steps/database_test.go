package steps

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Whatever a database answers, the person who reads it is told what to do.
func TestDatabaseErrorsHaveAHint(t *testing.T) {
	for _, err := range []error{
		&pgconn.PgError{Code: "XX000", Message: "cache lookup failed"}, &pgconn.PgError{Code: "42501"},
		&pgconn.PgError{Code: "57014"},
		&pgconn.PgError{Code: "42P01"}, io.ErrUnexpectedEOF, context.DeadlineExceeded,
	} {
		got := Database("the catalog", err)
		if HintOf(got) == "" || got.Error() == "the catalog: " {
			t.Errorf("%v: %q, hint %q", err, got, HintOf(got))
		}
	}
	if Database("x", nil) != nil || !errors.Is(Database("x", context.Canceled), context.Canceled) {
		t.Error("nil, or a cancelled context, is no answer of a database")
	}
}
