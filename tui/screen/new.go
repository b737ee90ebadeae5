package screen

import "belay/steps/fact"

// New is the next migration, as the start menu was asked for it.
var New = mendScreen("new", "the next migration", `Advice: what was forgotten is a new migration; an index is built CONCURRENTLY; a huge table gets its column in steps.
In practice: the files are named and written as your tool does it, with a version above everything in the folder and on the default branch. A way back stands beside the text where one undoes it for certain; else it waits for you. What is written is reviewed like any other pending file.
Measured: the statements of each entry were run on 10 to 18; the entry says what was seen.`,
	fact.NewQuestion, "write…")
