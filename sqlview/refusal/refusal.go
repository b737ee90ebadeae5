// Package refusal decides whether the server would refuse a statement as the
// catalog is: with which SQLSTATE, and why. It follows the order in which the
// server looks. What the snapshot does not know is never a reason: the zero
// Failure means "not known to fail".
package refusal

import (
	"fmt"
	"reflect"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Failure is an error that the server answers with.
type Failure struct {
	// Code is the SQLSTATE; "" = the statement does not fail, as far as is known.
	Code string
	// Message says in one sentence why, lower case.
	Message string
	// IfRows is true where it fails only when the table has rows, or rows that
	// do not fit.
	IfRows bool
}

// found reports whether there is a failure at all.
func (f Failure) found() bool { return f.Code != "" }

func fail(code, format string, args ...any) Failure {
	return Failure{Code: code, Message: fmt.Sprintf(format, args...)}
}

var none Failure

// The versions that stand for an unknown server.
const oldest, newest = 12, 18

// Of judges one statement that meets snap on a server of that major version.
// Version 0 = unknown: only what every version of 12 to 18 refuses counts.
func Of(s parse.Statement, snap *catalog.Snapshot, version int) Failure {
	if s.Node == nil || s.Node.Node == nil {
		return none
	}
	if version != 0 {
		return of(s, snap, version)
	}
	f := of(s, snap, oldest)
	for v := oldest + 1; v <= newest && f.found(); v++ {
		f = of(s, snap, v)
	}
	return f
}

func of(s parse.Statement, snap *catalog.Snapshot, version int) Failure {
	c := &check{st: s, cat: snap, version: version}
	if f := c.syntax(); f.found() {
		return f
	}
	if snap == nil || snap.Undone {
		return none
	}
	if f := checks[reflect.TypeOf(s.Node.Node)]; f != nil {
		return f(c, s.Node)
	}
	return none
}

// check is one statement that is held against a catalog.
type check struct {
	st      parse.Statement
	cat     *catalog.Snapshot
	version int
}

// checks finds the check of a statement by its node; each file adds its own.
var checks = map[reflect.Type]func(*check, *pg.Node) Failure{}

func register(node any, f func(*check, *pg.Node) Failure) bool {
	checks[reflect.TypeOf(node)] = f
	return true
}

// first is the first failure of several looks, in the server's order.
func first(looks ...func() Failure) Failure {
	for _, look := range looks {
		if f := look(); f.found() {
			return f
		}
	}
	return none
}

// each is the first failure among the elements of a list.
func each[T any](all []T, look func(T) Failure) Failure {
	for _, v := range all {
		if f := look(v); f.found() {
			return f
		}
	}
	return none
}

// statement is the statement of a check with another tree.
func statement(c *check, n *pg.Node) parse.Statement {
	st := c.st
	st.Node = n
	return st
}
