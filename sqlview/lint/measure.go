package lint

import (
	"fmt"

	"belay/sqlview/catalog"
)

// Measure says how large a relation is, such as "about 1,200,000 rows, 340 MB";
// "" where nobody could be asked.
func Measure(r *catalog.Relation) string {
	if r == nil || r.Size == nil {
		return ""
	}
	bytes := byteText(r.Size.Bytes)
	if r.Size.Rows < 0 {
		return bytes + ", never analyzed"
	}
	return fmt.Sprintf("about %s rows, %s", grouped(int64(r.Size.Rows)), bytes)
}

func byteText(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	if v < 10 && u > 0 {
		return fmt.Sprintf("%.1f %s", v, units[u])
	}
	return fmt.Sprintf("%.0f %s", v, units[u])
}

func grouped(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// Count writes a number with its noun: "1 relation", "2 relations".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", grouped(int64(n)), noun)
}
