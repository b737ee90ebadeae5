package throttle

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// File waits while a file is there.
var File = add(Signal{
	Name: "file",
	Doc: "While this file is on belay's own machine the backfill waits: the simplest brake for a script or a " +
		"colleague.",
	Over:   Wait,
	Check:  func(string) error { return nil },
	Sample: sampleFile,
})

func sampleFile(_ context.Context, in Input) (Reading, error) {
	_, err := os.Stat(in.Limit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Reading{What: "file " + in.Limit, Value: "not there"}, nil
	case err != nil:
		return Reading{}, err
	}
	return Reading{What: "file " + in.Limit, Value: "is there", Over: true}, nil
}
