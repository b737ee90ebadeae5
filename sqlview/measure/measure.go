// Package measure writes numbers for people: every number with its unit, the
// same everywhere. Sizes count in 1024s as pg_size_pretty does.
package measure

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bytes writes a size as "48 GB", "1.5 MB" or "312 B"; a negative size is
// "unknown size". Below ten of a unit one decimal is shown.
func Bytes(n int64) string {
	if n < 0 {
		return "unknown size"
	}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		f /= 1024
		if f < 1023.5 {
			return short(f) + " " + unit
		}
	}
	return short(f/1024) + " TB"
}

// Growth writes a change of size with its sign, as "+5.1 GB" or "+0 B".
func Growth(n int64) string {
	if n < 0 {
		return "-" + Bytes(-n)
	}
	return "+" + Bytes(n)
}

// Count writes a number of rows or statements as "212 M", "31 k" or "310". It
// has no sign for an estimate; a negative count is "unknown".
func Count(f float64) string {
	switch {
	case f < 0:
		return "unknown"
	case f >= 999.5e6:
		return short(f/1e9) + " G"
	case f >= 999.5e3:
		return short(f/1e6) + " M"
	case f >= 9999.5:
		return short(f/1e3) + " k"
	}
	return Grouped(int64(f + 0.5))
}

// Grouped writes a whole number with a space between thousands: "2 310".
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}

// Rate writes events a second as Count does; a rate under ten keeps a decimal.
func Rate(f float64) string {
	if f > 0 && f < 9.95 {
		return short(f)
	}
	return Count(f)
}

func short(f float64) string {
	if f < 9.95 {
		s := strconv.FormatFloat(f, 'f', 1, 64)
		return strings.TrimSuffix(s, ".0")
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// Duration writes a span as "200 ms", "1.2 s", "12 s", "5 min" or "3 h 12 min", for
// limits and estimates. A negative span is written as none.
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	case d < 10*time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(float64(d.Milliseconds()/100)/10, 'f', 1, 64), ".0") + " s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return strings.TrimSuffix(strings.TrimSuffix(Elapsed(d), " 0 min"), " 0 h")
}

// MS is Duration of milliseconds.
func MS(ms int64) string { return Duration(time.Duration(ms) * time.Millisecond) }

// Elapsed writes a span that runs, to the second: 120 ms, 1.2 s, 46 s, 7 min 46 s,
// 3 h 12 min.
func Elapsed(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case d < 10*time.Second:
		return Duration(d)
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	}
	return fmt.Sprintf("%d d %d h", s/86400, s/3600%24)
}

// Age writes how long ago something was: "0.4 s ago", "3 min ago". Under ten
// seconds it shows tenths, because a lock's fate turns on them.
func Age(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	if d < 10*time.Second {
		return strconv.FormatFloat(float64(d.Milliseconds()/100)/10, 'f', 1, 64) + " s ago"
	}
	if d < time.Hour {
		return Duration(d) + " ago"
	}
	return Elapsed(d) + " ago"
}

// Plural writes a number with its noun: "1 statement", "3 statements", "3 tries", "3 indexes".
func Plural(n int, noun string) string { return Noun(strconv.Itoa(n), noun) }

// Noun writes a number that is text already, as Grouped and Count give it, with its
// noun: "1 row", "2 310 rows".
func Noun(number, noun string) string {
	if number == "1" {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "try"); ok {
		return number + " " + stem + "tries"
	}
	if strings.HasSuffix(noun, "x") || strings.HasSuffix(noun, "ch") {
		noun += "e"
	}
	return number + " " + noun + "s"
}

// Rows writes a number of rows to the row: "1 row", "2 310 rows".
func Rows(n int64) string { return Noun(Grouped(n), "row") }

// Verb is the word behind such a number: one for 1, "waits", and many for all others,
// "wait".
func Verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// ParseSpan reads a time span as people write it: 200ms, 40s, 10min. It is never
// negative. The error says how it is written.
func ParseSpan(text string) (time.Duration, error) {
	s := strings.TrimSpace(text)
	if n, ok := strings.CutSuffix(s, "min"); ok {
		s = n + "m"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time span; write it like 200ms, 1s or 10min", text)
	}
	return d, nil
}
