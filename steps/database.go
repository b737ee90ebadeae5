package steps

import (
	"context"
	"errors"

	"belay/db"
)

// Database is a database's error with the name of what was asked for, and always
// with what to do now; nil stays nil, and a cancelled context as it is. Where the
// error has a hint of its own, that counts.
func Database(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	message, hint := db.Explain(err)
	switch {
	case hint != "":
	case db.SQLState(err) == "":
		hint = "the connection was lost: check that the server and the way to it are up, then look again"
	default:
		hint = "the server refused what belay asked: its log at this moment says more; nothing was changed by the question"
	}
	return &Refused{Problem: what + ": " + message, Advice: hint, Fatal: true}
}
