package backfill

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// The bounds and defaults of a backfill's pace.
const (
	DefaultBatchTime = 50 * time.Millisecond
	MinBatchTime     = 10 * time.Millisecond
	MaxBatchTime     = time.Second

	DefaultMaxRows = 20_000
	// StartRows is the size of the first batch: until one was measured nobody knows
	// how long a row takes and stays locked.
	StartRows = 1
)

// Spec is what to fill. The zero value of everything but Relation and Set is a
// good choice.
type Spec struct {
	// Relation is the table as SQL writes it, such as public.orders.
	Relation string `json:"relation"`
	// Set is the SET list without the word, such as "status = 'active'".
	Set string `json:"set"`
	// Where is the guard: the rows to change. "" = every row.
	Where string `json:"where,omitempty"`
	// Key names the columns to walk by. Empty = chosen.
	Key []string `json:"key,omitempty"`
	// BatchTime is how long one batch should take: 10 ms to 1 s, 0 = 50 ms.
	BatchTime time.Duration `json:"batch_time,omitempty"`
	// Nice is the pause after a batch as a multiple of its time; 0 = none.
	Nice float64 `json:"nice,omitempty"`
	// Vacuum allows a VACUUM of ours after every tenth of the rows.
	Vacuum bool `json:"vacuum,omitempty"`
	// MaxRows bounds a batch: 1 to 20,000, 0 = 20,000.
	MaxRows int `json:"max_rows,omitempty"`
	// Role is what the rows are read and changed as; the ledger's rows stay the
	// session's own. "" = the session's own role.
	Role string `json:"role,omitempty"`
	// DualWrite says that the application itself fills new and changed rows.
	DualWrite bool `json:"dual_write,omitempty"`
}

// SpecError is a Spec that cannot be carried out, before anything was asked of
// the database or changed in it.
type SpecError struct {
	// Field is the flag's name, such as "set" or "where"; Problem the reason.
	Field, Problem string
	// Advice is what to write instead.
	Advice string
}

// Error is one line.
func (e *SpecError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Problem) }

// Hint is what to do now.
func (e *SpecError) Hint() string { return e.Advice }

// Check reads what was given, without a database. Errors: *SpecError for what cannot be
// carried out as written, and that the parser could not be asked.
func (s Spec) Check(ctx context.Context) error {
	if _, err := s.filled(); err != nil {
		return err
	}
	_, err := readStatement(ctx, s.Set, s.Where)
	return err
}

// filled is the Spec with its defaults, every number within its bounds.
func (s Spec) filled() (Spec, error) {
	if strings.TrimSpace(s.Relation) == "" {
		return s, &SpecError{"table", "no table given", "name it as schema.table"}
	}
	if strings.TrimSpace(s.Set) == "" {
		return s, &SpecError{"set", "nothing to set", `write it as "column = expression"`}
	}
	s.BatchTime = clampBatchTime(s.BatchTime)
	if s.MaxRows == 0 {
		s.MaxRows = DefaultMaxRows
	}
	s.MaxRows = min(max(s.MaxRows, 1), DefaultMaxRows)
	s.Nice = max(s.Nice, 0)
	return s, nil
}

func clampBatchTime(d time.Duration) time.Duration {
	if d == 0 {
		return DefaultBatchTime
	}
	return min(max(d, MinBatchTime), MaxBatchTime)
}
