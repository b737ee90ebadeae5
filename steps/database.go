package steps

import (
	"context"
	"errors"

	"belay/db"
)

// Database is a database's error with the name of what was asked for, and always
// with what to do now; nil stays nil, and a cancelled context as it is.
func Database(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	message, hint := db.Explain(err)
	return &Refused{Problem: what + ": " + message, Advice: hint, Fatal: true, Code: db.SQLState(err)}
}
