package screen

// far is a stride past either end of any list.
const far = 1 << 30

// Stride is how far a key moves in a list or a text of a screen so many lines high, down
// above 0; ok is false for a key that does not.
func Stride(key string, height int) (by int, ok bool) {
	switch key {
	case "j", "down":
		return 1, true
	case "k", "up":
		return -1, true
	case "pgdown":
		return height / 2, true
	case "pgup":
		return -height / 2, true
	case "g", "home":
		return -far, true
	case "G", "end":
		return far, true
	}
	return 0, false
}
