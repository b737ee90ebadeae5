package db

import "github.com/jackc/pgx/v5/pgconn"

// existedKey is where a connection keeps that IF NOT EXISTS met something.
const existedKey = "belay met"

// hearMet keeps the server's word that IF NOT EXISTS met a relation or a column of that
// name and made nothing. The text of it is in the server's language, the code is not.
func hearMet(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.Code == "42P07" || n.Code == "42701" {
		c.CustomData()[existedKey] = true
	}
}

// Existed reports whether, since it was asked last, the server said that IF NOT EXISTS met a
// relation or a column that was there. A session whose client_min_messages is above
// notice hears nothing of it.
func Existed(c *pgconn.PgConn) bool {
	met := c.CustomData()[existedKey] != nil
	delete(c.CustomData(), existedKey)
	return met
}
