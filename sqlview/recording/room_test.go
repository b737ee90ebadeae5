package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"
)

// TestRoomForMoments: each line names one more table, so each moment has one more than the
// one before. That a small file comes to more than there is room for ends the reading.
func TestRoomForMoments(t *testing.T) {
	const line = `{"t":0,"n":[{"w":"public.t"}],"w":[[0,16384,1,0,0,0]]}` + "\n"
	for _, c := range []struct {
		name, begins, line string
		lines, room        int
		fits               bool
	}{
		{name: "fits", line: line, lines: 10, room: 65, fits: true}, // 10 named, 55 tables of moments
		{name: "one too many", line: line, lines: 10, room: 64},
		{
			name: "the same lock again", begins: `{"n":[{"l":{"pid":7}}]}` + "\n",
			line: `{"l":[` + strings.Repeat("0,", 99) + "0]}\n", lines: 10, room: 1000,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var file bytes.Buffer
			zip := gzip.NewWriter(&file)
			_, err := zip.Write([]byte(`{"belay_samples":1,"database":"shop"}` + "\n" + c.begins +
				strings.Repeat(c.line, c.lines)))
			if err = errors.Join(err, zip.Close()); err != nil {
				t.Fatal(err)
			}
			got, err := read(&file, c.room)
			if c.fits && (err != nil || len(got.Moments) != c.lines) || !c.fits && !errors.Is(err, errParts) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
