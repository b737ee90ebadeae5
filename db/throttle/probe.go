package throttle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Probe times a query of the application's against its own baseline.
var Probe = add(Signal{
	Name: "probe",
	Doc: "The 95th percentile of the last 20 timings of a query, against the same of its first 10, which are taken " +
		"before " +
		"the first batch where they can be. Over three times as slow, and over 5 ms, asks for smaller batches. The " +
		"limit is the query: one indexed read " +
		"that the application makes often, such as SELECT 1 FROM orders WHERE id = 1.",
	Over:   Halve,
	Check:  isQuery,
	Sample: sampleProbe,
})

const (
	probeRing     = 20
	probeBaseline = 10
	probeFactor   = 3
	// probeFloor keeps noise on a fast query from counting.
	probeFloor = 5.0 // ms
)

func isQuery(text string) error {
	if !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), "SELECT") {
		return fmt.Errorf("%q is no SELECT", text)
	}
	return nil
}

func sampleProbe(ctx context.Context, in Input) (Reading, error) {
	m := in.Memory
	// The first sample takes the baseline at once: batches begin after it.
	for n := max(1, probeBaseline-len(m.Values)); n > 0; n-- {
		ms, err := timeQuery(ctx, in)
		if err != nil {
			return Reading{}, err
		}
		m.push(ms, probeRing)
	}
	if m.Baseline == 0 {
		m.Baseline = p95(m.Values)
	}
	now, limit := p95(m.Values), max(probeFactor*m.Baseline, probeFloor)
	return Reading{What: "probe p95", Value: inMS(now), Limit: inMS(limit), Over: now > limit,
		Note: "idle " + inMS(m.Baseline)}, nil
}

func timeQuery(ctx context.Context, in Input) (ms float64, err error) {
	err = in.asTeam(ctx, func(q Querier) error {
		begun := time.Now()
		rows, err := q.Query(ctx, in.Limit)
		if err != nil {
			return err
		}
		rows.Close()
		ms = float64(time.Since(begun).Microseconds()) / 1000
		return rows.Err()
	})
	return ms, err
}

// push keeps the last size values.
func (m *Memory) push(v float64, size int) {
	if len(m.Values) < size {
		m.Values = append(m.Values, v)
		return
	}
	m.Values[m.Next%size] = v
	m.Next++
}

func p95(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*95+99)/100-1]
}
