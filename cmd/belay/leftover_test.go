package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// storyMark is in the environment of every process of a story.
const storyMark = "BELAY_STORY"

// nothingLeft fails a story that leaves a process or a look behind. What is
// left is ended, by its number.
func nothingLeft(t *testing.T, mark, runs string) {
	dbtest.Poll(dbtest.Timeout/2, func() bool { return len(marked(mark)) == 0 })
	for _, pid := range marked(mark) {
		args, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		t.Errorf("process %d is still alive: %s", pid, bytes.ReplaceAll(args, []byte{0}, []byte{' '}))
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
	}
	entries, _ := os.ReadDir(runs)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("a look was left behind: %s", e.Name())
		}
	}
}

// marked are the processes with a mark in their environment. Only Linux shows
// them.
func marked(mark string) []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		b, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		for _, kv := range bytes.Split(b, []byte{0}) {
			if string(kv) == mark {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
