package apply

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// halfway is the ending of a CALL or DO that failed and may have committed before
// that. How much stands nobody can know but who knows what it does; so it is never
// tried again by itself, and nothing says "nothing changed".
func (l *lone) halfway(a answer, e ending) ending {
	s := l.statement
	if neverBegan(a.err) {
		return e
	}
	e.class = serverError
	e.left = append(e.left, fmt.Sprintf("what %s committed by itself before it ended (line %d)", s.Kind, s.Line))
	switch e.reason {
	case Canceled, CanceledByOther, QueueLimit:
	case HoldExceeded:
		e.reason = Halfway
		e.err = fmt.Errorf("%s:%d: %s ran past the accepted %s and was ended", l.u.Path, s.Line, s.Kind,
			l.lim.hold(l.u))
	default:
		e.reason = Halfway
	}
	return e
}

// neverBegan reports an error in the text of the statement itself: the server
// found it before it ran anything, for it names no place inside.
func neverBegan(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Position > 0 && pg.Where == ""
}
