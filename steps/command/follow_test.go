package command

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestFollowGivesLines(t *testing.T) {
	var got []string
	r, err := Follow(context.Background(), t.TempDir(),
		[]string{"sh", "-c", "echo one; echo; echo two >&2; printf three; exit 4"}, func(b []byte) {
			got = append(got, string(b))
		})
	if err != nil || r.Exit != 4 || !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("%q, %+v, %v", got, r, err)
	}
	if _, err := Follow(context.Background(), "", []string{"/no/such/program"}, func([]byte) {}); err == nil {
		t.Error("a program that is not there was followed")
	}
}

// A line without an end does not grow.
func TestFollowBoundsALine(t *testing.T) {
	var got []int
	_, err := Follow(context.Background(), "",
		[]string{"sh", "-c", "yes 0123456789 | tr -d '\\n' | head -c 1000000; echo; echo short"}, func(b []byte) {
			got = append(got, len(b))
		})
	if err != nil || !slices.Equal(got, []int{MaxLine, 5}) {
		t.Errorf("%v, %v", got, err)
	}
}

// It ends with its context, and what it started ends too.
func TestFollowEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	child := ""
	r, err := Follow(ctx, "", []string{"sh", "-c", "sleep 600 & echo $!; wait"}, func(b []byte) {
		child = string(b)
		cancel()
	})
	if err != nil || r.Exit != -1 {
		t.Errorf("%+v, %v", r, err)
	}
	ended(t, strings.TrimSpace(child))
}
