package view

// sparks are the steps of a small graph, lowest first.
var sparks = []rune("▁▂▃▄▅▆▇█")

// Spark is a graph of values on one line, a column each, from 0 to their
// highest. What is unknown, a negative value, is a space.
func Spark(values []float64) string {
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	out := make([]rune, len(values))
	for i, v := range values {
		switch {
		case v < 0:
			out[i] = ' '
		case top == 0:
			out[i] = sparks[0]
		default:
			out[i] = sparks[min(int(v/top*float64(len(sparks)-1)+0.5), len(sparks)-1)]
		}
	}
	return string(out)
}
