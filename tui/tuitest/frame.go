package tuitest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Frame is what must be seen after some keys: a section of a story named
//
//	frame WIDTHxHEIGHT [after=DURATION] [colour] [keys…]
//	inbox WIDTHxHEIGHT [after=DURATION] [keys…]
//
// A key is a name of the key table, TEXT:letters, or WAIT:duration. after is
// counted from the story's last event. frame's text is the screen, inbox's the
// messages that were sent, one a line.
type Frame struct {
	Section       int
	Inbox, Colour bool
	Width, Height int
	After         time.Duration
	Keys          []string
}

// Frames lists the expectations of a story.
func (s *Story) Frames() ([]Frame, error) {
	var out []Frame
	for i, f := range s.Archive.Files {
		words := strings.Fields(f.Name)
		if len(words) < 2 || (words[0] != "frame" && words[0] != "inbox") {
			continue
		}
		fr := Frame{Section: i, Inbox: words[0] == "inbox", After: 400 * time.Millisecond}
		w, h, ok := strings.Cut(words[1], "x")
		var err, err2 error
		fr.Width, err = strconv.Atoi(w)
		fr.Height, err2 = strconv.Atoi(h)
		if !ok || err != nil || err2 != nil {
			return nil, fmt.Errorf("%s: %q has no size", s.Path, f.Name)
		}
		for _, word := range words[2:] {
			if d, ok := strings.CutPrefix(word, "after="); ok {
				if fr.After, err = time.ParseDuration(d); err != nil {
					return nil, fmt.Errorf("%s: %q: %w", s.Path, f.Name, err)
				}
			} else if word == "colour" {
				fr.Colour = true
			} else {
				fr.Keys = append(fr.Keys, word)
			}
		}
		out = append(out, fr)
	}
	return out, nil
}
