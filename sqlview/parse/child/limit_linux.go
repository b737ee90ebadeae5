package child

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

const (
	// maxMemory is what the child may allocate beyond what it starts with.
	maxMemory = 1 << 30
	// maxStack ends the child at about the depth at which the parent could not
	// read its answer anyway; a deeper stack only takes longer to get there.
	maxStack = 4 << 20
)

// limit bounds memory and stack, so that no input brings the machine down.
// A limit that cannot be set is no reason not to parse.
func limit() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	lower(syscall.RLIMIT_STACK, maxStack)
	lower(syscall.RLIMIT_DATA, dataSize()+maxMemory)
}

func lower(resource int, to uint64) {
	var now syscall.Rlimit
	if syscall.Getrlimit(resource, &now) != nil || now.Cur < to {
		return
	}
	_ = syscall.Setrlimit(resource, &syscall.Rlimit{Cur: to, Max: now.Max})
}

// dataSize is the size in bytes that RLIMIT_DATA counts against: the sixth
// number of statm, in pages. A race-detector build starts with terabytes.
func dataSize() uint64 {
	statm, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm)
	if err != nil || len(fields) < 6 {
		return maxMemory
	}
	pages, _ := strconv.ParseUint(string(fields[5]), 10, 64)
	return pages * uint64(os.Getpagesize())
}
