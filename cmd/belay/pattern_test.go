package main

import (
	"testing"

	"belay/sqlview/pattern"
)

// TestPatterns compiles each pattern of the program: they are compiled when they are used,
// and a wrong one would end it there.
func TestPatterns(t *testing.T) {
	if n := pattern.CompileAll(); n < 200 {
		t.Errorf("%d patterns: they are made elsewhere", n)
	}
}
