//go:build !linux

package child

import "runtime/debug"

// limit asks the collector to keep memory low; there is no limit of the kernel
// here that would count what matters.
func limit() { debug.SetMemoryLimit(1 << 30) }
