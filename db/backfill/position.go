package backfill

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"belay/db/throttle"

	"github.com/jackc/pgx/v5"
)

// position is where a key stands among the rows of its leaf, by the server's
// statistics of the leading column.
type position struct {
	// below is the share of the rows with a smaller leading value; equal that of
	// its own value where that is a common one.
	below, equal float64
}

// stats is one row of pg_stats seen from a key.
type stats struct {
	below, equal, common, nulls float64
	bucket, bounds              int
	// value, low and high are the key and its bucket's ends as numbers; last and
	// before the two highest bounds. They are nil for what is no number.
	value, low, high, before, last *float64
}

// statsSQL takes the key, the schema-qualified leaf's oid and the column. Its
// verbs: the number of a key, five times, type, collation, and two operators.
const statsSQL = `
SELECT coalesce((SELECT pg_catalog.sum(f) FROM ROWS FROM (pg_catalog.unnest(x.mcv), pg_catalog.unnest(x.mcf)) m(v, f) WHERE v %[8]s x.k), 0)::float8,
  coalesce((SELECT pg_catalog.sum(f) FROM ROWS FROM (pg_catalog.unnest(x.mcv), pg_catalog.unnest(x.mcf)) m(v, f) WHERE v %[9]s x.k), 0)::float8,
  coalesce((SELECT pg_catalog.sum(f) FROM pg_catalog.unnest(x.mcf) f), 0)::float8, x.null_frac::float8,
  coalesce(x.b, 0), coalesce(pg_catalog.cardinality(x.hb), 0),
  %[1]s, %[2]s, %[3]s, %[4]s, %[5]s
FROM (SELECT y.*, pg_catalog.width_bucket(y.k, y.hb) AS b, pg_catalog.cardinality(y.hb) AS n
  FROM (SELECT $1::text::%[6]s%[7]s AS k, s.null_frac, s.most_common_vals::text::%[6]s[] AS mcv, s.most_common_freqs AS mcf,
      s.histogram_bounds::text::%[6]s[] AS hb
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited
    WHERE c.oid = $2::bigint::oid AND s.attname = $3) y) x`

// number is how a value of a numeric key type is read as one; "" = it is none.
func number(typeName, expression string) string {
	switch strings.TrimPrefix(typeName, "pg_catalog.") {
	case "int2", "int4", "int8", "numeric", "float4", "float8":
		return "(" + expression + ")::float8"
	case "date", "timestamp", "timestamptz":
		return "extract(epoch FROM " + expression + ")::float8"
	}
	return "NULL::float8"
}

func positionSQL(k Key, column int) string {
	t := k.Types[column]
	collate := ""
	if k.Collations[column] != "" {
		collate = " COLLATE " + k.Collations[column]
	}
	return fmt.Sprintf(statsSQL, number(t, "x.k"), number(t, "x.hb[x.b]"), number(t, "x.hb[x.b + 1]"),
		number(t, "x.hb[x.n - 1]"), number(t, "x.hb[x.n]"), t, collate, k.operator(column, "<"),
		k.operator(column, "="))
}

// positionOf asks where a value of the key's column stands; ok is false where
// the server has no statistics of it, or the role may not read them.
func positionOf(ctx context.Context, q throttle.Querier, l Leaf, column int,
	value string) (p position, ok bool, err error) {
	if !strings.HasPrefix(l.Key.Types[column], "pg_catalog.") {
		return p, false, nil // its values come out of pg_stats by casts, which may be anybody's
	}
	var s stats
	err = q.QueryRow(ctx, positionSQL(l.Key, column), value, int64(l.OID), l.Key.Columns[column]).Scan(
		&s.below, &s.equal, &s.common, &s.nulls, &s.bucket, &s.bounds, &s.value, &s.low, &s.high, &s.before, &s.last)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("backfill: position in %s: %w", l.Name, err)
	}
	if s.bounds < 2 && s.common == 0 {
		return p, false, nil
	}
	p.below, p.equal = s.below+max(1-s.common-s.nulls, 0)*s.rank(l.Grown), s.equal
	return p, true, nil
}

// rank is the share of the histogram below the key. Beyond its end a number is
// taken to go on as dense as the last bucket, as far as the table has grown.
func (s stats) rank(grown float64) float64 {
	if s.bounds < 2 || s.bucket == 0 {
		return 0
	}
	buckets := float64(s.bounds - 1)
	if s.bucket >= s.bounds {
		return 1 + min(s.tail()/buckets, grown)
	}
	inside := 0.5
	if s.value != nil && s.low != nil && s.high != nil && *s.high > *s.low {
		inside = (*s.value - *s.low) / (*s.high - *s.low)
	}
	return (float64(s.bucket-1) + inside) / buckets
}

func (s stats) tail() float64 {
	if s.value == nil || s.before == nil || s.last == nil || *s.last <= *s.before {
		return 0
	}
	return (*s.value - *s.last) / (*s.last - *s.before)
}
