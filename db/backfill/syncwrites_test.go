package backfill_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/jackc/pgx/v5"
)

// appWrite is one transaction of the application. {T} stands for the table, {I} for the
// one that rows are inserted into.
type appWrite struct {
	sql []string
	// copied are rows of a COPY into columns.
	columns []string
	copied  [][]any
	// self is true where the value written is made of the one that is there.
	self bool
}

// writer makes the application's writes.
type writer struct {
	rng *rand.Rand
	// next is the next new id, above all others.
	next          int
	keyed, merges bool
	// into is where rows are inserted, besides the table itself.
	into []string
}

// shape is one form of a write: {id} and {id2} are rows that are there, {new} is
// none, {n} a number and {v} a value.
type shape struct {
	sql         string
	self        bool
	keyed, late bool // it needs a unique key; a server from 15 on
}

var shapes = []shape{
	{sql: `INSERT INTO {I} (id, a, note, status) VALUES ({new}, {n}, 'n{n}', {v})`},
	{sql: `INSERT INTO {I} (id, a, note) VALUES ({new}, {n}, 'n{n}')`},
	{sql: `INSERT INTO {I} (id, a, status, tag) VALUES ({new}, {n}, DEFAULT, {v})`},
	{sql: `INSERT INTO {I} (id, a, note, status, tag) VALUES ({new}, {n}, NULL, NULL, NULL)`},
	{
		sql: `INSERT INTO {I} (id, a, note, status) VALUES ({new}, {n}, 'm', {v}), ({new} + 1, 3, 'm', NULL), ({new} + 2, {n}, NULL, DEFAULT)`,
	},
	{sql: `INSERT INTO {I} (id, a, tag) SELECT {new} + i, i, {v} FROM generate_series(0, 2) i`},
	{sql: `COPY`}, {sql: `COPY status`},
	{
		sql: `INSERT INTO {T} (id, a, status) VALUES ({id}, {n}, {v}) ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status`, keyed: true,
	},
	{
		sql:   `INSERT INTO {T} (id, a) VALUES ({id}, {n}), ({new}, 4) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a`,
		keyed: true,
	},
	{
		sql: `INSERT INTO {T} AS old (id, a, status) VALUES ({id}, {n}, NULL) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a, status = COALESCE(EXCLUDED.status, old.status)`, keyed: true, self: true,
	},
	{
		sql: `INSERT INTO {T} AS old (id, a, note) VALUES ({id}, {n}, 'up') ON CONFLICT (id) DO UPDATE SET note = EXCLUDED.note WHERE old.a > 3`, keyed: true,
	},
	{sql: `INSERT INTO {T} (id, a, status) VALUES ({id}, {n}, {v}) ON CONFLICT DO NOTHING`, keyed: true},
	{sql: `MERGE INTO {T} m USING (VALUES ({id}, {n}, {v}::text), ({new}, 2, NULL)) AS v (id, a, s) ON m.id = v.id
		WHEN MATCHED THEN UPDATE SET status = v.s WHEN NOT MATCHED THEN INSERT (id, a, note) VALUES (v.id, v.a, 'g')`, late: true},
	{sql: `UPDATE {T} SET status = {v} WHERE id IN ({id}, {id2})`},
	{sql: `UPDATE {T} SET status = {v}, tag = {v} WHERE id = {id}`},
	{sql: `UPDATE {T} SET tag = {v} WHERE id = {id}`},
	{sql: `UPDATE {T} SET a = {n} WHERE id IN ({id}, {id2})`},
	{sql: `UPDATE {T} SET a = {n}, status = {v} WHERE id = {id}`},
	{sql: `UPDATE {T} SET note = CASE WHEN a > 4 THEN 'late' END WHERE id IN ({id}, {id2})`},
	{sql: `UPDATE {T} SET status = NULL WHERE id = {id}`},
	{sql: `UPDATE {T} SET status = DEFAULT WHERE id = {id}`},
	{sql: `UPDATE {T} SET a = {n}, status = status, tag = tag, note = 'orm' WHERE id = {id}`, self: true},
	{
		sql: `UPDATE {T} AS u SET a = v.a, note = 'j' FROM (VALUES ({id}, {n}), ({id2}, 1)) AS v (id, a) WHERE u.id = v.id`,
	},
	{sql: `UPDATE {T} SET id = {new} WHERE id = {id}`},
	{sql: `UPDATE {T} SET id = -{new}, a = {n} WHERE id = {id}`},
	{sql: `DELETE FROM {T} WHERE id = {id}`},
	{sql: `DELETE FROM {T} WHERE id = {id}; INSERT INTO {I} (id, a, status) VALUES ({id}, {n}, {v})`},
	{sql: `DELETE FROM {T} WHERE id = {id}; INSERT INTO {I} (id, a) VALUES ({id}, {n})`},
	{
		sql: `WITH d AS (DELETE FROM {T} WHERE id = {id} RETURNING id, a) INSERT INTO {I} (id, a, note) SELECT id, a, 'again' FROM d`,
	},
	{
		sql: `SAVEPOINT s; UPDATE {T} SET status = 'undone' WHERE id = {id}; ROLLBACK TO s; UPDATE {T} SET note = 'kept' WHERE id = {id}`,
	},
}

var values = []string{"'sent'", "'x'", "'own1'", "'own2'", "'active'", "'dflt'", "''"}

func (w *writer) write(ids []int) appWrite {
	for {
		s := shapes[w.rng.IntN(len(shapes))]
		if s.keyed && !w.keyed || s.late && !w.merges {
			continue
		}
		w.next += 5
		if len(ids) == 0 {
			ids = []int{w.next}
		}
		at := w.rng.IntN(len(ids))
		id, other := ids[at], ids[(at+1+w.rng.IntN(len(ids)))%len(ids)]
		if other == id {
			other = -w.next - 1 // there is none
		}
		value := values[w.rng.IntN(len(values))]
		if strings.HasPrefix(s.sql, "COPY") {
			return w.copy(s.sql == "COPY status", value)
		}
		text := strings.NewReplacer("{id}", fmt.Sprint(id), "{id2}", fmt.Sprint(other), "{new}", fmt.Sprint(w.next),
			"{n}", fmt.Sprint(w.rng.IntN(10)), "{v}", value).Replace(s.sql)
		return appWrite{sql: strings.Split(text, "; "), self: s.self}
	}
}

func (w *writer) copy(status bool, value string) appWrite {
	out := appWrite{columns: []string{"id", "a", "note"}}
	if status {
		out.columns = append(out.columns, "status")
	}
	for i := range 3 {
		row := []any{int32(w.next + i), int32(w.rng.IntN(10)), "c"}
		if status {
			row = append(row, map[bool]any{true: nil, false: strings.Trim(value, "'")}[i == 1])
		}
		out.copied = append(out.copied, row)
	}
	return out
}

// do carries a write out on the table and on its shadow, in one transaction.
func (w *writer) do(ctx context.Context, c *pgx.Conn, a appWrite) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	into := "t"
	if len(w.into) > 0 && w.rng.IntN(2) == 0 {
		into = w.into[w.rng.IntN(len(w.into))]
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('test.self', $1, true)`, fmt.Sprint(a.self)); err != nil {
		return err
	}
	for _, of := range []struct{ table, into string }{{"t", into}, {"w", "w"}} {
		if a.copied != nil {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{of.into}, a.columns, pgx.CopyFromRows(a.copied)); err != nil {
				return err
			}
		}
		for _, sql := range a.sql {
			if _, err := tx.Exec(ctx, strings.NewReplacer("{T}", of.table, "{I}", of.into).Replace(sql)); err != nil {
				return err
			}
		}
	}
	return tx.Commit(ctx)
}
