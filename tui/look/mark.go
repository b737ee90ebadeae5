package look

// Marks are the signs of a state, one column each in Unicode. Its word always stands
// near it.
type Marks struct {
	Done, Look, Running, Todo, Failed, Asking, Waived, Stale, Paused string
	// Cursor stands before the row that enter acts on; Bar at a line with a hazard.
	Cursor, NoCursor, Bar string
	// Dot separates what stands on one line; Live says that something runs.
	Dot, Live, Ellipsis, Under string
}

var unicodeMarks = Marks{
	Done: "✓", Look: "!", Running: "▶", Todo: "·", Failed: "✗", Asking: "?", Waived: "–", Stale: "~", Paused: "‖",
	Cursor: "▌", NoCursor: " ", Bar: "▎", Dot: "·", Live: "●", Ellipsis: "…", Under: "▔",
}

var asciiMarks = Marks{
	Done: "[x]", Look: "[!]", Running: "[>]", Todo: "[ ]", Failed: "[X]", Asking: "[?]", Waived: "[-]", Stale: "[~]",
	Paused: "[=]",
	Cursor: ">", NoCursor: " ", Bar: "|", Dot: "-", Live: "*", Ellipsis: "~", Under: "~",
}
