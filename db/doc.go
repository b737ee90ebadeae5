// Package db is belay's way to a PostgreSQL server: connection settings that
// never print a password, three named connections whose safety settings are
// read back, what an error means, who holds an advisory lock, and which
// database this is. It needs pgx and nothing else; database/sql is never used,
// because its pool runs a statement again that may have been committed.
//
// Three outcomes, never two: an error says that the server refused a statement,
// or it says nothing of what became of it. [Decided] tells them apart.
package db
