package throttle

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Windows waits outside the hours in which the backfill may work.
var Windows = add(Signal{
	Name: "windows",
	Doc: "The hours in which the backfill may work, by the server's clock and time zone: \"22:00-06:00\", or several " +
		"with " +
		"commas. Outside of them it waits.",
	Over:   Wait,
	Check:  func(limit string) error { _, err := parseWindows(limit); return err },
	Sample: sampleWindows,
})

// window is from one minute of the day up to another; it may pass midnight.
type window struct{ from, to int }

func parseWindows(text string) ([]window, error) {
	var all []window
	for _, part := range strings.Split(text, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		a, errA := time.Parse("15:04", strings.TrimSpace(from))
		b, errB := time.Parse("15:04", strings.TrimSpace(to))
		if !ok || errA != nil || errB != nil {
			return nil, fmt.Errorf("%q is no window such as 22:00-06:00", part)
		}
		all = append(all, window{a.Hour()*60 + a.Minute(), b.Hour()*60 + b.Minute()})
	}
	return all, nil
}

func (w window) holds(minute int) bool {
	if w.from <= w.to {
		return minute >= w.from && minute < w.to
	}
	return minute >= w.from || minute < w.to
}

func sampleWindows(ctx context.Context, in Input) (Reading, error) {
	all, err := parseWindows(in.Limit)
	if err != nil {
		return Reading{}, err
	}
	var hour, minute int
	var zone string
	err = in.DB.QueryRow(ctx,
		`SELECT extract(hour FROM n)::int, extract(minute FROM n)::int, pg_catalog.current_setting('TimeZone')
		FROM (SELECT pg_catalog.clock_timestamp() AS n) t`).Scan(&hour, &minute, &zone)
	if err != nil {
		return Reading{}, err
	}
	r := Reading{
		What: "outside the window", Value: fmt.Sprintf("%02d:%02d", hour, minute), Limit: in.Limit, Over: true,
		Note: zone,
	}
	for _, w := range all {
		if w.holds(hour*60 + minute) {
			r.Over, r.What = false, "within the window"
		}
	}
	return r, nil
}
