package rehearsal

import "strings"

// widest is how many lines on each side are compared one by one; a schema that
// differs in more is compared without order.
const widest = 3000

// Diff lists the lines that are in only one of two texts, in order: "- " is
// missing in after, "+ " is new there.
func Diff(before, after string) []string {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > widest || len(b) > widest {
		return unordered(a, b)
	}
	return ordered(a, b)
}

// ordered walks the longest common subsequence.
func ordered(a, b []string) []string {
	rest := make([][]int, len(a)+1)
	for i := range rest {
		rest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				rest[i][j] = rest[i+1][j+1] + 1
			} else {
				rest[i][j] = max(rest[i+1][j], rest[i][j+1])
			}
		}
	}
	var out []string
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || (i < len(a) && rest[i+1][j] >= rest[i][j+1]):
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	return out
}

func unordered(a, b []string) []string {
	count := map[string]int{}
	for _, l := range b {
		count[l]++
	}
	var out []string
	for _, l := range a {
		if count[l]--; count[l] < 0 {
			out = append(out, "- "+l)
		}
	}
	for _, l := range b {
		if count[l] > 0 {
			count[l]--
			out = append(out, "+ "+l)
		}
	}
	return out
}
