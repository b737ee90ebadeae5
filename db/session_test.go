package db_test

import (
	"strings"
	"testing"

	"belay/db"
)

func TestApplicationName(t *testing.T) {
	for want, s := range map[string]db.Session{
		"belay/7f3c9a21/run":      {Kind: db.Executor, Run: "7f3c9a21", Step: "run"},
		"belay/7f3c9a21/+monitor": {Kind: db.Monitor, Run: "7f3c9a21", Step: "run"},
		"belay/7f3c9a21/+escape":  {Kind: db.Escape, Run: "7f3c9a21"},
		"belay/look/+monitor":     {Kind: db.Monitor},
		"belay/7f3c9a21/plus":     {Kind: db.Executor, Run: "7f3c9a21", Step: "+plus"},
	} {
		if got := s.ApplicationName(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	long := db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: strings.Repeat("ü", 60)}.ApplicationName()
	if len(long) > 63 || !strings.HasSuffix(long, "ü") {
		t.Errorf("got %q", long)
	}
}
