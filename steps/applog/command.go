package applog

import (
	"context"
	"fmt"
	"time"

	"belay/steps/command"
)

// again is how long it takes until a command that ended is started once more.
const again = 5 * time.Second

// command runs the source's command for as long as ctx lives. One that ends is
// started again, and until then the log is not read.
func (l *Log) command(ctx context.Context) {
	for {
		r, err := command.Follow(ctx, l.source.Dir, l.source.Argv, l.line)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			l.trouble("not started: " + err.Error())
		default:
			l.trouble(
				fmt.Sprintf("the command ended (exit %d): give one that goes on, such as tail -F or journalctl -f",
					r.Exit),
			)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
		if err == nil {
			l.trouble("")
		}
	}
}
