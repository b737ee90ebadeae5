package view

import (
	"fmt"
)

// Block is a piece of a screen's body. Blocks are drawn in their order; where
// the screen is too low, those of the highest Give lose lines first.
type Block struct {
	Lines []Line
	// Give is how willingly the block gives up lines; 0 = never.
	Give int
	// Min is how many lines stay while lines of others as willing can go.
	Min int
	// Fill is true for the one block that is followed by all the spare room.
	Fill bool
	// From is the first line that must stay visible, for a block with a cursor.
	From int
	// Quiet leaves out the count of hidden lines.
	Quiet bool
}

// Fit makes the blocks exactly h lines high.
func Fit(blocks []Block, h int) []Line {
	keep := make([]int, len(blocks))
	total := 0
	for i, b := range blocks {
		keep[i] = len(b.Lines)
		total += keep[i]
	}
	for give := highest(blocks); give > 0 && total > h; give-- {
		total = shrink(blocks, keep, give, total, h, true)
		total = shrink(blocks, keep, give, total, h, false)
	}
	return lay(blocks, keep, h, total)
}

func highest(blocks []Block) int {
	n := 0
	for _, b := range blocks {
		n = max(n, b.Give)
	}
	return n
}

// shrink takes lines from the blocks of one willingness: first down to their
// minimum, then as many as must be.
func shrink(blocks []Block, keep []int, give, total, h int, down bool) int {
	for i := len(blocks) - 1; i >= 0 && total > h; i-- {
		b := blocks[i]
		if b.Give != give || keep[i] == 0 {
			continue
		}
		least := 0
		if down {
			least = b.Min
		}
		to := min(keep[i], max(least, keep[i]-(total-h)))
		total -= keep[i] - to
		keep[i] = to
	}
	return total
}

func lay(blocks []Block, keep []int, h, total int) []Line {
	out := make([]Line, 0, h)
	spare, filled := h-total, false
	for i, b := range blocks {
		out = append(out, window(b, keep[i])...)
		if b.Fill && spare > 0 {
			out = append(out, make([]Line, spare)...)
			filled = true
		}
	}
	if !filled && spare > 0 {
		out = append(out, make([]Line, spare)...)
	}
	return out[:h]
}

// window is the part of a block that is shown in n lines.
func window(b Block, n int) []Line {
	if n >= len(b.Lines) {
		return b.Lines
	}
	if n <= 0 {
		return nil
	}
	from := min(max(0, b.From-n/2), len(b.Lines)-n)
	lines := b.Lines[from : from+n]
	if hidden := len(b.Lines) - n + 1; !b.Quiet && n > 1 && from == 0 {
		return append(append([]Line{}, lines[:n-1]...), Text(fmt.Sprintf(" … %d more lines", hidden)))
	}
	return lines
}

// Window cuts rows to n lines around the cursor.
func Window(rows []Line, cursor, n int) []Line {
	return window(Block{Lines: rows, From: cursor, Quiet: true}, n)
}

// Gap is an empty line that goes first.
func Gap() Block { return Block{Lines: make([]Line, 1), Give: 9} }
