package db_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestTold: what a library says of a line is put into words once, and nothing else is.
func TestTold(t *testing.T) {
	t.Parallel()
	refused := &pgconn.PgError{Code: "55P03", Message: "no"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("timeout: %w", context.DeadlineExceeded), "the server did not answer in time"},
		{fmt.Errorf("set up: %w", db.Explained(context.DeadlineExceeded)), "set up: the server did not answer in time"},
		{db.Explained(fmt.Errorf("set up: %w", db.Explained(io.ErrUnexpectedEOF))), "set up: the connection broke"},
		{context.Canceled, "it was stopped while it waited for the server"},
		{fmt.Errorf("wrapped: %w", refused), "wrapped: " + refused.Error()},
		{errors.New("disk full"), "disk full"},
		{
			fmt.Errorf("asked: %w", &db.SilentError{For: 6 * time.Second}),
			"asked: the server was asked and says nothing for 6.0 s",
		},
	} {
		if got := db.Explained(c.err); got.Error() != c.want || !errors.Is(got, c.err) {
			t.Errorf("%v: %v, want %s", c.err, got, c.want)
		}
	}
}
