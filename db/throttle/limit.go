package throttle

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// isDuration is the Check of a limit such as "10s".
func isDuration(limit string) error {
	_, err := positive(limit)
	return err
}

func positive(limit string) (time.Duration, error) {
	d, err := time.ParseDuration(limit)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration such as 10s", limit)
	}
	return d, nil
}

// isCount is the Check of a limit that is a number of things.
func isCount(limit string) error {
	if n, err := strconv.ParseInt(limit, 10, 64); err != nil || n < 1 {
		return fmt.Errorf("%q is no number above 0", limit)
	}
	return nil
}

func count(limit string) int64 {
	n, _ := strconv.ParseInt(limit, 10, 64)
	return n
}

// inMS shows milliseconds as "3.4 ms", "14 s" or "5 min".
func inMS(ms float64) string {
	switch {
	case ms < 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 1000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case ms < 10_000:
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	case ms < 600_000:
		return strconv.FormatFloat(ms/1000, 'f', 0, 64) + " s"
	}
	return strconv.FormatFloat(ms/60_000, 'f', 0, 64) + " min"
}

func shown(d time.Duration) string { return inMS(float64(d.Microseconds()) / 1000) }

// inBytes shows bytes as "5.1 GB".
func inBytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// parseBytes reads "5GB" or "512 MB", in powers of 1000.
func parseBytes(limit string) (int64, error) {
	s := strings.TrimSpace(strings.ToUpper(limit))
	scale := int64(1)
	for _, u := range []struct {
		suffix string
		scale  int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, scale = strings.TrimSpace(rest), u.scale
			break
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f <= 0 {
		return 0, fmt.Errorf("%q is no size such as 5GB", limit)
	}
	return int64(f * float64(scale)), nil
}
