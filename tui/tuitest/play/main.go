// Command play shows a story on this terminal, as the guide would show the run
// it was taken from. It is for looking at screens; it runs nothing.
//
//	go run ./tui/tuitest/play STORY.txtar
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"belay/tui"
	"belay/tui/tuitest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "play: one story, please")
		os.Exit(2)
	}
	if err := play(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "play:", err)
		os.Exit(1)
	}
}

func play(path string) error {
	story, err := tuitest.Load(path)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "belay-play-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	engine, err := tuitest.NewEngine(folder)
	if err != nil {
		return err
	}
	defer engine.Close()
	for _, e := range story.Entries {
		if err := engine.Write(e); err != nil {
			return err
		}
	}
	// The clock is the story's own, a moment after its end, so that ages fit.
	began := time.Now()
	left, err := tui.Run(context.Background(), tui.Config{
		Folder: folder, Color: os.Getenv("NO_COLOR") == "",
		Now: func() time.Time {
			return tuitest.Epoch.Add(story.End() + 400*time.Millisecond + time.Since(began)/speed()).In(tuitest.Zone)
		},
	})
	fmt.Println("left:", left.How)
	return err
}

// speed slows the clock down for pictures: PLAY_FROZEN=1.
func speed() time.Duration {
	if os.Getenv("PLAY_FROZEN") != "" {
		return 1 << 20
	}
	return 1
}
