package dbtest

import (
	"os"
	"runtime/debug"
	"strconv"
)

// MemoryVariable is read by glibc in each server that a test starts. Programs that a
// test starts without its environment need it too.
const MemoryVariable = "GLIBC_TUNABLES"

// largePages are glibc's own knobs: memory in large pages where the kernel gives them to
// who asks, and kept by the session that had it. A session lives for some dozens of
// questions here, and every page that it touches first is a fault: a sixth of the
// servers' time. Other C libraries read nothing of it.
const largePages = "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=4194304:glibc.malloc.trim_threshold=67108864:" +
	"glibc.malloc.mmap_threshold=33554432"

// collector is what GOGC is where nobody says: a test and the processes that it starts end
// before it is worth collecting what little they have.
const collector = 400

func init() {
	if os.Getenv(MemoryVariable) == "" {
		_ = os.Setenv(MemoryVariable, largePages)
	}
	if os.Getenv("GOGC") == "" {
		_ = os.Setenv("GOGC", strconv.Itoa(collector))
		debug.SetGCPercent(collector)
	}
}
